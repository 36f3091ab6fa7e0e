from itertools import islice

import pytest
import torch

from course_lib.data import facts
from course_lib.data.village_facts import (
    PADDING,
    VILLAGES,
    VOCAB_SIZE,
    WORDS,
    all_questions,
    question_batches,
)

N_FACTS = len(facts.PEOPLE) * len(facts.RELATIONS)


def text(row):
    return " ".join(WORDS[token] for token in row.tolist() if token != PADDING)


class TestAllQuestions:
    def test_every_fact_of_every_village_is_asked_once(self):
        asked = all_questions(3)
        rows = [text(row) for row in asked.token_ids]
        assert len(rows) == len(set(rows)) == 3 * N_FACTS
        assert {row.split()[0] for row in rows} == set(VILLAGES[:3])

    def test_a_question_is_what_stands_before_the_value(self):
        asked = all_questions(1, seed=9)
        world = facts.make_world(torch.Generator().manual_seed(9))
        for at, fact in enumerate(world):
            said = text(asked.token_ids[at])
            assert said == f"{VILLAGES[0]} {fact.person} {fact.relation}"
            assert WORDS[asked.answers[at]] == fact.value
            assert asked.last[at] == len(said.split()) - 1

    def test_what_is_counted_are_words(self):
        asked = all_questions(2)
        assert asked.counted.sum(dim=1).tolist() == (asked.last + 1).tolist()
        assert asked.token_ids.max() < VOCAB_SIZE

    def test_villages_differ_and_repeat(self):
        asked = all_questions(2)
        first, second = asked.answers.split(N_FACTS)
        assert 0 < (first == second).float().mean() < 0.3
        assert torch.equal(all_questions(2).answers, asked.answers)
        assert not torch.equal(all_questions(2, seed=6).answers, asked.answers)

    @pytest.mark.parametrize("n_villages", [0, len(VILLAGES) + 1])
    def test_as_many_villages_as_there_are(self, n_villages):
        with pytest.raises(ValueError, match=f"villages, not {n_villages}"):
            all_questions(n_villages)


class TestQuestionBatches:
    def test_a_round_asks_nothing_twice_and_the_next_has_another_order(self):
        asked = all_questions(1)
        batches = question_batches(asked, 100, torch.Generator().manual_seed(1))
        rounds = [list(islice(batches, N_FACTS // 100)) for _ in range(2)]
        assert {len(batch.answers) for one in rounds for batch in one} == {100}
        first, second = ([text(r) for b in one for r in b.token_ids] for one in rounds)
        assert len(set(first)) == len(first) == N_FACTS // 100 * 100
        assert first != second

    def test_questions_keep_their_answers(self):
        asked = all_questions(1)
        due = dict(zip(map(text, asked.token_ids), asked.answers.tolist(), strict=True))
        batch = next(question_batches(asked, 37, torch.Generator().manual_seed(1)))
        for row, last, answer in zip(batch.token_ids, batch.last, batch.answers, strict=True):
            assert due[text(row)] == answer
            assert last == len(text(row).split()) - 1
