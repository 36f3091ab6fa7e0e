from dataclasses import replace

import pytest
import torch

from course_lib.checkpoints import verifiers
from course_lib.checkpoints.sum_models import load_adder
from course_lib.checkpoints.verifiers import (
    MARKINGS,
    Tries,
    VerifierSettings,
    marks,
    train_verifier,
    training_tries,
    try_once,
)
from course_lib.data.arithmetic import Sum, characters

SHORT = VerifierSettings(n_sums=3, n_tries=2, n_steps=2, batch_size=3, n_warmup=1)
TRIED = Tries([Sum(3, 4), Sum(12, 9), Sum(5, 5)], ["=7;", "=2", "=11;"])


@pytest.fixture(scope="module")
def adder():
    return load_adder("scratchpad_early")


def seeded():
    return torch.Generator().manual_seed(0)


def test_the_try_is_the_answer():
    batch = TRIED.batch([1, 0])
    written = [
        characters(row[marked].tolist())
        for row, marked in zip(batch.token_ids, batch.is_answer, strict=True)
    ]
    assert written == ["=2", "=7;"]
    assert characters(batch.token_ids[0].tolist()) == "12+9==2"


def test_answers_of_tries():
    assert TRIED.answers == [7, None, 11]


class TestMarks:
    def test_by_answers(self):
        assert marks(Sum(3, 4), "340:08 =7;", "answers") == [True] * 10
        assert marks(Sum(3, 4), "340:07 =8;", "answers") == [False] * 10
        assert marks(Sum(3, 4), "340", "answers") == [False] * 3

    def test_by_steps(self):
        """The working is 340:07 =7; and the sixth character is the first slip."""
        found = marks(Sum(3, 4), "340:08 =7;", "steps")
        assert found == [True] * 5 + [False] * 5
        assert marks(Sum(3, 4), "340:07 =7;", "steps") == [True] * 10

    def test_what_goes_on_behind_the_working_is_wrong(self):
        assert marks(Sum(3, 4), "340:07 =7;7", "steps") == [True] * 10 + [False]

    def test_an_unknown_marking(self):
        with pytest.raises(ValueError, match="there is no marking 'taste'"):
            marks(Sum(3, 4), "=7;", "taste")


def test_tries_are_at_sums_of_the_training_and_each_is_tried_as_often(adder):
    tries = training_tries(adder, seeded(), SHORT)
    assert len(tries.totals) == len(tries.texts) == 6
    assert tries.totals[:3] == tries.totals[3:]
    assert not any(total.is_held_out for total in tries.totals)
    assert all(4 <= len(str(total.x)) <= 6 for total in tries.totals)


def test_many_sums_are_tried_in_pieces(adder, monkeypatch):
    totals = [Sum(n, 2 * n) for n in range(10, 15)]
    pieces = []

    def note(adder, totals, choose):
        pieces.append(len(totals))
        return ["=1;"] * len(totals)

    monkeypatch.setattr(verifiers, "solve", note)
    monkeypatch.setattr(verifiers, "_AT_ONCE", 2)
    tries = try_once(adder, totals, seeded())
    assert pieces == [2, 2, 1]
    assert tries == Tries(totals, ["=1;"] * 5)


@pytest.mark.parametrize("marking", MARKINGS)
class TestTrainVerifier:
    def test_it_is_a_changed_copy(self, adder, marking):
        before = adder.decoder.embedding.weight.clone()
        verifier = train_verifier(adder, TRIED, marking, seeded(), SHORT)
        assert torch.equal(adder.decoder.embedding.weight, before)
        assert not torch.equal(verifier.body.embedding.weight, before)
        assert not verifier.training

    def test_it_begins_without_an_opinion(self, adder, marking):
        cfg = replace(SHORT, learning_rate=0.0)
        verifier = train_verifier(adder, TRIED, marking, seeded(), cfg)
        assert not verifier(TRIED.batch([0, 1, 2])).any()

    def test_it_learns_the_marks(self, adder, marking):
        tries = Tries([Sum(3, 4), Sum(3, 4)], ["340:07 =7;", "340:08 =8;"])
        cfg = replace(SHORT, n_steps=60, batch_size=4, n_warmup=5)
        right, wrong = train_verifier(adder, tries, marking, seeded(), cfg)(tries.batch([0, 1]))
        assert right > 0 > wrong


def test_marked_by_steps_it_knows_where_the_slip_is(adder):
    tries = Tries([Sum(3, 4), Sum(3, 4)], ["340:07 =7;", "340:08 =8;"])
    cfg = replace(SHORT, n_steps=60, batch_size=4, n_warmup=5)
    verifier = train_verifier(adder, tries, "steps", seeded(), cfg)
    batch = tries.batch([1])
    scores = verifier.by_position(batch.token_ids)[batch.is_answer]
    assert (scores[:5] > 0).all()
    assert (scores[5:] < 0).all()


def test_the_same_generator_gives_the_same_verifier(adder):
    one, other = (train_verifier(adder, TRIED, "steps", seeded(), SHORT) for _ in range(2))
    assert torch.equal(one.to_score.weight, other.to_score.weight)
