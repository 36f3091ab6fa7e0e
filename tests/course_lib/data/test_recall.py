from itertools import islice

import pytest
import torch

from course_lib.data.recall import RecallTask

B, GAP = 64, 7
TASK = RecallTask(n_keys=5, n_values=4, n_pairs=3)


def draw(seed=0, gap=GAP, task=TASK, batch_size=B):
    return task.batch(batch_size, gap, torch.Generator().manual_seed(seed))


def test_the_answer_is_the_value_behind_the_queried_key():
    # Looked up once more, token by token, as one would by hand.
    batch = draw()
    for token_ids, target in zip(batch.token_ids.tolist(), batch.targets.tolist(), strict=True):
        keys, values = token_ids[:6:2], token_ids[1:6:2]
        assert values[keys.index(token_ids[-1])] == TASK.n_keys + target


def test_a_sequence_is_pairs_then_gap_then_query():
    batch = draw()
    assert batch.token_ids.shape == (B, 2 * 3 + GAP + 1)
    assert batch.targets.shape == (B,)
    keys, values, gap = (
        batch.token_ids[:, :6:2],
        batch.token_ids[:, 1:6:2],
        batch.token_ids[:, 6:-1],
    )
    assert set(keys.flatten().tolist()) <= set(range(5))
    assert set(values.flatten().tolist()) <= set(range(5, 9))
    assert (gap == TASK.filler).all()
    assert (TASK.filler, TASK.vocab_size) == (9, 10)
    assert all(len(set(row)) == 3 for row in keys.tolist())  # no key stands twice


def test_every_key_value_and_pair_is_drawn():
    batch = draw(batch_size=2000)
    keys, query = batch.token_ids[:, :6:2], batch.token_ids[:, -1:]
    asked = (keys == query).float().mean(dim=0)
    torch.testing.assert_close(asked, torch.full((3,), 1 / 3), atol=0.05, rtol=0)
    shares = torch.bincount(batch.targets, minlength=4) / 2000
    torch.testing.assert_close(shares, torch.full((4,), 1 / 4), atol=0.05, rtol=0)


def test_without_a_gap_the_query_follows_the_pairs():
    assert draw(gap=0).token_ids.shape == (B, 7)


def test_yardsticks_by_hand():
    # A third of the time the value named is the right pair's; else one in four is equal to it.
    assert TASK.one_of_the_seen == pytest.approx(1 / 3 + 2 / 3 / 4)
    assert TASK.chance == 1 / 4


def test_yardsticks_agree_with_the_draws():
    batch = draw(batch_size=5000)
    first_value = batch.token_ids[:, 1] - TASK.n_keys
    share = (first_value == batch.targets).float().mean().item()
    assert share == pytest.approx(TASK.one_of_the_seen, abs=0.03)


def test_the_seed_decides():
    assert torch.equal(draw(3).token_ids, draw(3).token_ids)
    assert not torch.equal(draw(3).token_ids, draw(4).token_ids)


class TestBatches:
    def lengths(self, gaps, n=40, seed=0):
        generator = torch.Generator().manual_seed(seed)
        batches = TASK.batches(2, gaps, generator)
        return [batch.token_ids.shape[1] - 7 for batch in islice(batches, n)]

    def test_each_gap_is_drawn_and_no_other(self):
        assert set(self.lengths(lambda step: (1, 4, 9))) == {1, 4, 9}

    def test_the_step_decides_which_gaps_there_are(self):
        assert self.lengths(lambda step: (step,), n=5) == [0, 1, 2, 3, 4]


class TestErrors:
    def test_a_gap_is_not_negative(self):
        with pytest.raises(ValueError, match="got -1"):
            draw(gap=-1)

    @pytest.mark.parametrize("sizes", [{"n_pairs": 6}, {"n_pairs": 0}, {"n_values": 0}])
    def test_impossible_tasks_are_refused(self, sizes):
        with pytest.raises(ValueError, match="pairs need different keys"):
            RecallTask(**{"n_keys": 5, "n_values": 4, "n_pairs": 3} | sizes)
