from collections import Counter

import pytest
import torch

from course_lib.data.reference_sentences import (
    ANIMAL_STATES,
    MEN,
    N_WORDS,
    THING_STATES,
    VOCABULARY,
    WOMEN,
    batches,
    gave_examples,
    held_out_examples,
    is_held_out,
    make_batch,
    same_gender_examples,
    sat_example,
    token_ids,
    train_examples,
)

EVERYTHING = (*train_examples(), *held_out_examples(), *same_gender_examples())


class TestTheTwoSentences:
    @pytest.mark.parametrize(("state", "target"), [("tired", "cat"), ("soft", "mat")])
    def test_the_state_decides_what_it_is(self, state, target):
        example = sat_example("cat", "mat", state)
        assert example.text == f"the cat sat on the mat because it was {state}"
        assert example.words[example.position] == "it"
        assert example.target == target

    def test_the_gift(self):
        person, thing = gave_examples("john", "sarah", "book", "liked")
        assert person.text == thing.text == "john gave the book to sarah because she liked it"
        assert (person.words[person.position], person.target) == ("she", "sarah")
        assert (thing.words[thing.position], thing.target) == ("it", "book")

    def test_who_gives_dislikes(self):
        person, _ = gave_examples("john", "sarah", "book", "hated")
        assert (person.words[person.position], person.target) == ("he", "john")

    def test_all_of_them_are_held_out(self):
        held_out = set(held_out_examples())
        assert sat_example("cat", "mat", "tired") in held_out
        assert sat_example("cat", "mat", "soft") in held_out
        assert held_out.issuperset(gave_examples("john", "sarah", "book", "liked"))


class TestSplit:
    def test_no_combination_is_both_trained_on_and_held_out(self):
        trained = {e.combination for e in train_examples()}
        held_out = {e.combination for e in held_out_examples()}
        assert not trained & held_out
        assert all(map(is_held_out, held_out))
        assert not any(map(is_held_out, trained))

    def test_no_held_out_sentence_is_trained_on(self):
        trained = {e.text for e in train_examples()}
        assert not trained & {e.text for e in (*held_out_examples(), *same_gender_examples())}

    def test_every_word_and_every_answer_is_trained_on(self):
        words = {word for e in train_examples() for word in e.words}
        assert words == set(VOCABULARY)
        answers = {e.target for e in train_examples()}
        assert {e.target for e in held_out_examples()} <= answers

    def test_every_pair_of_words_is_trained_on(self):
        # What is new in a held-out sentence is the combination of three, not of two.
        def pairs(examples):
            return {(a, b) for e in examples for a in e.combination for b in e.combination}

        assert pairs(held_out_examples()) <= pairs(train_examples())

    def test_about_one_combination_in_five_is_held_out(self):
        for pattern in ("sat", "gave"):
            trained = {e.combination for e in train_examples() if e.pattern == pattern}
            held_out = {e.combination for e in held_out_examples() if e.pattern == pattern}
            share = len(held_out) / (len(trained) + len(held_out))
            assert share == pytest.approx(0.2, abs=0.03)

    def test_no_question_stands_twice(self):
        assert len({(e.text, e.position) for e in EVERYTHING}) == len(EVERYTHING)


class TestNoShortCut:
    def test_the_animal_is_right_half_the_time(self):
        # So a head that always looks at the animal is right in about half the sentences.
        sat = [e for e in held_out_examples() if e.pattern == "sat"]
        share = sum(e.antecedent == 1 for e in sat) / len(sat)
        assert share == pytest.approx(0.5, abs=0.03)

    def test_neither_the_giver_nor_the_receiver_is_always_right(self):
        who = [e for e in held_out_examples() if e.words[e.position] in ("she", "he")]
        giver = sum(e.antecedent == 0 for e in who) / len(who)
        assert giver == pytest.approx(2 / 5, abs=0.03)  # 2 of 5 reasons are the giver's

    def test_the_pronoun_has_the_gender_of_its_antecedent(self):
        for e in EVERYTHING:
            pronoun = e.words[e.position]
            group = {"she": WOMEN, "he": MEN}.get(pronoun)
            assert (e.target in group) if group else (e.target not in WOMEN + MEN)

    def test_the_other_person_has_the_other_gender_where_it_is_trained_on(self):
        for e in (*train_examples(), *held_out_examples()):
            if e.words[e.position] in ("she", "he"):
                assert (e.words[e.rival] in WOMEN) != (e.target in WOMEN)

    def test_states_are_of_animals_or_of_things(self):
        assert not set(ANIMAL_STATES) & set(THING_STATES)


class TestSameGender:
    def test_giver_and_receiver_have_one_gender(self):
        for e in same_gender_examples():
            assert (e.words[0] in WOMEN) == (e.words[5] in WOMEN)

    def test_exchanging_the_two_keeps_the_words_and_changes_the_answer(self):
        # Why no model without word order can answer more than half of them.
        by_words = {}
        for e in same_gender_examples():
            by_words.setdefault(tuple(sorted(e.words)), []).append(e.target)
        assert all(len(targets) == len(set(targets)) == 2 for targets in by_words.values())


class TestTensors:
    def test_ids_name_the_words(self):
        ids = token_ids("the cat sat on the mat")
        assert [VOCABULARY[i] for i in ids] == ["the", "cat", "sat", "on", "the", "mat"]

    def test_an_unknown_word_is_named(self):
        with pytest.raises(ValueError, match=r"word 1 \('zebra'\) is not in the vocabulary"):
            token_ids("the zebra sat")

    def test_a_batch_holds_the_examples(self):
        examples = held_out_examples()[:3] + held_out_examples()[-2:]
        batch = make_batch(examples)
        assert batch.token_ids.shape == (5, N_WORDS)
        for row, e in enumerate(examples):
            assert tuple(VOCABULARY[i] for i in batch.token_ids[row]) == e.words
            assert VOCABULARY[batch.targets[row]] == e.target
            assert batch.token_ids[row, batch.antecedents[row]] == batch.targets[row]
            assert e.words[batch.positions[row]] in ("it", "she", "he")
            assert batch.rivals[row] == e.rival != e.antecedent

    def test_batches_repeat_with_the_seed_and_hold_both_patterns_alike(self):
        def draw(seed):
            return next(batches(train_examples(), 600, torch.Generator().manual_seed(seed)))

        first = draw(0)
        assert torch.equal(first.token_ids, draw(0).token_ids)
        assert not torch.equal(first.token_ids, draw(1).token_ids)
        # 600 draws: the standard error is 12; five of them are allowed.
        n_sat = Counter(VOCABULARY[i] for i in first.token_ids[:, 2])["sat"]
        assert n_sat == pytest.approx(300, abs=61)

    def test_batches_draw_only_from_what_they_are_given(self):
        few = train_examples()[:3] + train_examples()[-3:]
        batch = next(batches(few, 50, torch.Generator().manual_seed(0)))
        given = {tuple(row) for row in make_batch(few).token_ids.tolist()}
        assert {tuple(row) for row in batch.token_ids.tolist()} == given
