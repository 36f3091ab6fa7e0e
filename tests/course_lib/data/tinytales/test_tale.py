import dataclasses
import math
from collections import Counter

import pytest
import torch

from course_lib.data.tinytales import (
    VOCABULARY,
    Link,
    TaleError,
    continuations,
    floor,
    lexicon,
    log_prob,
    parse,
    references,
    sample_story,
    slots,
)
from course_lib.data.tinytales.slots import SLOTS
from course_lib.data.tinytales.tale import _story as story
from course_lib.data.tinytales.walk import Walk

N_TALES = 120
OPENING = (
    "once john and his friend sarah were in the park . john had a red book . sarah had a big hat ."
)
TALE = (
    f"{OPENING} john gave the book to sarah because she liked it . "
    "the cat sat on the mat because it was tired . "
    "the cat sat on the rug because it was soft and john touched it . "
    "at night sarah went home with the book ."
)


@pytest.fixture(scope="module")
def tales():
    generator = torch.Generator().manual_seed(0)
    return [sample_story(generator) for _ in range(N_TALES)]


class TestProbabilities:
    def test_continuations_sum_to_one_everywhere(self, tales):
        for tale in tales[:3]:
            for end in range(len(tale.words)):
                assert math.fsum(continuations(tale.words[:end]).values()) == pytest.approx(
                    1.0, abs=1e-12
                )

    def test_log_prob_is_the_product_along_the_continuations(self, tales):
        for tale in tales[:3]:
            product = sum(
                math.log(continuations(tale.words[:i])[word]) for i, word in enumerate(tale.words)
            )
            assert log_prob(tale.words) == pytest.approx(product, abs=1e-12)

    def test_hand_worked_opening(self):
        # 40 names; 39 others; 20 places; 12 then 12 adjectives... the sizes stand in the lexicon.
        n_names, n_objects = 40, len(lexicon.OBJECTS)
        expected = -math.log(n_names * (n_names - 1) * len(lexicon.PLACES))
        expected -= math.log(len(lexicon.ADJECTIVES) ** 2 * n_objects * (n_objects - 1))
        assert sum(parse(TALE).log_probs[: len(OPENING.split())]) == pytest.approx(
            expected, abs=1e-12
        )

    def test_hand_worked_gift(self):
        # "john" 3 of 3 + 3 + 3 + 4 (the last hero is Sarah: "she"). Then "gave" 8 of the deeds that
        # John can do with a book: gave 8, asked 4, hid 4, lost 2, found 3, was 4, and 2, read 5.
        # "she" 0.7, and one of three reasons.
        words = f"{OPENING} john gave the book to sarah because she liked it .".split()
        start = len(OPENING.split())
        expected = math.log(3 / 13) + math.log(8 / 32) + math.log(0.7) + math.log(1 / 3)
        assert sum(parse(TALE).log_probs[start : len(words)]) == pytest.approx(expected, abs=1e-12)

    def test_every_tale_of_a_small_lexicon_written_out(self, small_lexicon):
        # Follow the continuations to the end of every tale: no probability may be lost or counted
        # twice, and each tale's must be what `log_prob` says.
        shares = dict(all_tales())
        assert len(shares) > 200
        assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-12)
        for words, share in shares.items():
            assert log_prob(words) == pytest.approx(math.log(share), abs=1e-12)

    def test_events_are_told_as_often_as_they_are_likely(self, small_lexicon):
        # Events that are likely enough to be told 5 times, counted. A chi-square with k cells has
        # mean k and variance 2k: five standard deviations are allowed.
        n_told = 500
        expected = Counter()
        for words, share in all_tales():
            expected[event(words)] += n_told * share
        generator = torch.Generator().manual_seed(0)
        counts = Counter(event(sample_story(generator).words) for _ in range(n_told))
        assert counts.keys() <= expected.keys()
        often = [words for words, number in expected.items() if number >= 5]
        chi_square = sum((counts[w] - expected[w]) ** 2 / expected[w] for w in often)
        assert len(often) > 10
        assert chi_square < len(often) + 5 * math.sqrt(2 * len(often))


def event(words):
    """The first sentence after the opening."""
    start = [i for i, word in enumerate(words) if word == "."][2] + 1
    return words[start : words.index(".", start)]


@pytest.fixture
def small_lexicon(monkeypatch):
    """Leave a few words to each slot, and one event to each tale."""
    few = {
        "FIRST_NAME": ["john"],
        "SECOND_NAME": ["tom", "sarah"],
        "NEW_PLACE": ["park"],
        "ADJECTIVE": ["red"],
        "CONTAINER": ["box"],
        "ANIMAL": ["cat"],
        "THING": ["mat", "rug"],
        "STATE": ["tired", "hungry", "soft"],
        "FOOD": ["fish"],
        "DRINK": ["milk"],
    }
    for name, words in few.items():
        slot = dataclasses.replace(
            SLOTS[name], options=lambda world, use, words=words: dict.fromkeys(words, 1.0)
        )
        monkeypatch.setitem(SLOTS, name, slot)
    new_object = dataclasses.replace(SLOTS["NEW_OBJECT"], options=first_unknown_object)
    monkeypatch.setitem(SLOTS, "NEW_OBJECT", new_object)
    monkeypatch.setattr(slots, "CLOSING_WEIGHTS", (0.0,))


def first_unknown_object(world, use):
    """Leave one choice: a book, then a hat, then a map."""
    return {next(o for o in ("book", "hat", "map") if o not in world.known_objects): 1.0}


class Listing(Walk):
    """Take the first word at each choice that is not given, and note the others for later."""

    def __init__(self, given):
        super().__init__()
        self.given = given
        self.others = []

    def _pick(self, options):
        position = len(self.words)
        if position < len(self.given):
            return self.given[position]
        first, *others = options
        self.others += [(*self.words, word) for word in others]
        return first


def all_tales():
    """Write out every tale of the small lexicon with its probability."""
    stack = [()]
    while stack:
        walk = Listing(stack.pop())
        told = story(walk)
        stack += walk.others
        yield told.words, math.exp(told.log_prob)


class TestReading:
    def test_a_told_tale_is_read_back_whole(self, tales):
        for tale in tales:
            assert parse(tale.words) == tale
            assert parse(tale.text) == tale

    def test_there_is_one_way_to_read_each_tale(self, small_lexicon):
        # Two ways through the grammar that say the same would be two entries here.
        tales = [words for words, _ in all_tales()]
        assert len(tales) == len(set(tales))

    def test_no_tale_is_the_beginning_of_another(self, tales):
        for tale in tales[:50]:
            assert continuations(tale.words) == {}

    @pytest.mark.parametrize(
        ("wrong", "position", "word"),
        [
            (TALE.replace("to sarah", "to john", 1), 28, "john"),  # nobody gives to oneself
            (TALE.replace("gave the book", "gave the hat", 1), 26, "hat"),  # it is not his
            (TALE.replace("she liked", "she hated", 1), 31, "hated"),  # she receives it
            (TALE.replace("cat sat on the rug", "dog sat on the rug"), 46, "dog"),  # one animal
            (TALE.replace("with the book", "with the map"), 67, "map"),
        ],
    )
    def test_a_fault_is_named_with_its_place(self, wrong, position, word):
        with pytest.raises(TaleError) as caught:
            parse(wrong)
        assert (caught.value.position, caught.value.word) == (position, word)
        assert caught.value.options

    def test_words_after_the_end_are_refused(self):
        with pytest.raises(TaleError, match="the tale is over after 69 words, but 'and' follows"):
            parse(TALE + " and")

    def test_a_tale_that_breaks_off_is_refused(self):
        with pytest.raises(TaleError, match=r"breaks off after 68 words: expected '\.'"):
            parse(TALE.removesuffix(" ."))

    def test_no_tale_begins_with_a_strange_word(self):
        with pytest.raises(TaleError, match=r"word 1 \('zeus'\)"):
            continuations("once zeus")


class TestRelations:
    def test_each_pronoun_has_its_antecedent(self):
        words = TALE.split()
        found = [(words[i], words[j]) for i, j in sorted(references(TALE).items())]
        assert found == [
            ("his", "john"),
            ("she", "sarah"),
            ("it", "book"),
            ("it", "cat"),
            ("it", "rug"),
            ("it", "rug"),
        ]

    def test_every_pronoun_is_resolved_to_an_earlier_word(self, tales):
        for tale in tales:
            pronouns = {
                i for i, w in enumerate(tale.words) if w in ("she", "he", "it", "her", "his")
            }
            assert tale.references.keys() == pronouns
            assert all(target < source for source, target in tale.references.items())

    def test_pronouns_agree_with_the_gender_of_what_they_stand_for(self, tales):
        for tale in tales:
            for source, target in tale.references.items():
                pronoun, antecedent = tale.words[source], tale.words[target]
                if pronoun == "it":
                    assert antecedent not in lexicon.PRONOUN
                else:
                    agreeing = (lexicon.PRONOUN[antecedent], lexicon.POSSESSIVE[antecedent])
                    assert pronoun in agreeing

    def test_both_famous_sentences_can_be_told(self):
        tale = parse(TALE)
        assert "john gave the book to sarah because she liked it ." in tale.text
        assert "the cat sat on the mat because it was tired ." in tale.text

    def test_other_relations(self):
        tale = parse(TALE)
        words = tale.words
        named = {(link.kind, words[link.source], words[link.target]) for link in tale.links}
        assert {
            ("subject", "gave", "john"),
            ("subject", "sat", "cat"),
            ("owner", "book", "john"),
            ("owner", "book", "sarah"),
            ("again", "book", "book"),
            ("again", "cat", "cat"),
        } <= named
        assert Link("owner", words.index("gave") + 2, words.index("gave") - 1) in tale.links


class TestTheWorldIsOneWorld:
    def test_nobody_does_anything_with_what_they_do_not_have(self, tales):
        # A second, plain reading of the same sentences: who has what, from the words alone.
        for tale in tales:
            owners, hidden, hero = {}, {}, ""
            for sentence in tale.text.removesuffix(" .").split(" . "):
                words = sentence.split()
                hero = words[0] if words[0] in lexicon.PRONOUN else hero
                follow(words, hero, owners, hidden)


def follow(words, hero, owners, hidden):
    """Check one sentence against who has what, and keep the account."""
    match words:
        case ["once", *_] | ["the", *_]:
            pass
        case [_, "had", "a", _, thing]:
            assert thing not in owners
            owners[thing] = hero
        case [_, "gave", "the", thing, "to", receiver, "because", *_]:
            assert owners[thing] == hero != receiver
            owners[thing] = receiver
        case [_, "asked", other, "for", "the", thing, "and", _, "said", answer]:
            assert owners[thing] == other != hero
            owners[thing] = hero if answer == "yes" else other
        case [_, "hid", "the", thing, "in", "the", container]:
            assert owners.pop(thing) == hero
            hidden[thing] = container
        case [_, "found", "the", thing, "in", "the", container]:
            assert hidden.pop(thing) == container
            owners[thing] = hero
        case [_, "found", "a", _, thing, "in", "the", _]:
            assert thing not in owners
            assert thing not in hidden
            owners[thing] = hero
        case [_, "lost", "the", thing, "in", "the", _]:
            assert owners.pop(thing) == hero
        case [_, "was", "happy", "because", _, "had", "the", thing]:
            assert owners[thing] == hero
        case [_, "was", "sad", "because", _, "lost", "the", thing]:
            assert thing not in owners
        case ["at", "night", who, "went", "home", "with", "the", thing]:
            assert owners[thing] == who
        case ["at", "night", who, "went", "home", "alone"]:
            assert who not in owners.values()
        case [_, verb, "the", thing]:
            assert owners[thing] == hero
            assert thing in lexicon.OBJECTS_BY_USE[verb]
        case [_, "was", "hungry" | "thirsty", *_] | [_, "and", _, "went", "to", "the", _]:
            pass
        case _:
            pytest.fail(f"an unknown sentence: {' '.join(words)}")


class TestFrequencies:
    def test_tales_are_told_as_often_as_they_are_likely(self, tales):
        # The second word is one of as many girls as boys; five standard deviations are allowed.
        n_girls = sum(tale.words[1] in lexicon.GIRLS for tale in tales)
        assert n_girls == pytest.approx(N_TALES / 2, abs=5 * math.sqrt(N_TALES / 4))

    def test_the_floor_is_the_entropy_on_average(self, tales):
        # −log p of a tale has the entropy as its mean; the entropy is also the mean, over the
        # same tales, of the entropies of the choices along the way. The difference is a sum of
        # martingale steps: its standard error is below 0.35 nats at 400 tales.
        rows = [tale.words for tale in tales[:8]]
        along = [
            -sum(p * math.log(p) for p in continuations(words[:i]).values())
            for words in rows
            for i in range(len(words))
        ]
        entropy = sum(along) / len(rows)
        assert floor(tales[:8]).nats_per_story == pytest.approx(entropy, abs=5 * 0.9)

    def test_long_range_relations_are_frequent_enough_to_be_learnt(self, tales):
        # Experience: what stands in under 0.3 % of the words is not learnt in two minutes.
        n_words = sum(len(tale.words) for tale in tales)
        counts = Counter(link.kind for tale in tales for link in tale.links)
        assert min(counts[k] / n_words for k in ("reference", "subject", "owner", "again")) > 0.02


class TestFloor:
    def test_hand_worked(self, tales):
        first, second = tales[0], tales[1]
        nats = -(first.log_prob + second.log_prob)
        found = floor(tales[:2])
        assert found.nats_per_story == pytest.approx(nats / 2, abs=1e-12)
        n_words = len(first.words) + len(second.words)
        assert found.nats_per_word == pytest.approx(nats / n_words, abs=1e-12)

    def test_of_nothing_is_refused(self):
        with pytest.raises(ValueError, match="at least one"):
            floor([])


class TestVocabulary:
    def test_about_three_hundred_words(self):
        assert 280 <= len(VOCABULARY) <= 320
        assert list(VOCABULARY) == sorted(set(VOCABULARY))

    def test_holds_every_word_that_is_told(self, tales):
        assert {word for tale in tales for word in tale.words} <= set(VOCABULARY)

    @pytest.mark.slow
    def test_holds_no_word_that_is_never_told(self):
        generator = torch.Generator().manual_seed(1)
        told = {word for _ in range(3000) for word in sample_story(generator).words}
        assert told == set(VOCABULARY)


def test_the_same_seed_tells_the_same_tales():
    first, second = (sample_story(torch.Generator().manual_seed(5)) for _ in range(2))
    assert first == second
    assert first != sample_story(torch.Generator().manual_seed(6))


def test_a_tale_takes_three_to_five_events(tales):
    for tale in tales:
        n_sentences = tale.words.count(".")
        assert 3 + 3 + 1 <= n_sentences <= 3 + 5 + 1
