from itertools import islice

import pytest
import torch

from course_lib.data.reversal import ReversalTask

TASK = ReversalTask(n_symbols=5)


def draw(seed=0, batch_size=3, length=4):
    return TASK.batch(batch_size, length, torch.Generator().manual_seed(seed))


def test_the_target_is_the_source_backwards():
    batch = draw()
    for source, target in zip(batch.source_ids.tolist(), batch.target_ids.tolist(), strict=True):
        assert target == list(reversed(source))


def test_the_writer_is_told_what_stands_before():
    batch = draw()
    for told, target in zip(batch.told_ids.tolist(), batch.target_ids.tolist(), strict=True):
        assert told == [TASK.start_id, *target[:-1]]


def test_a_sequence_of_one_token_is_told_the_start_alone():
    batch = draw(length=1)
    assert batch.told_ids.tolist() == [[5]] * 3
    assert torch.equal(batch.source_ids, batch.target_ids)


def test_every_token_is_drawn_and_the_start_token_never():
    shares = (
        torch.bincount(draw(batch_size=1000, length=7).source_ids.flatten(), minlength=6) / 7000
    )
    torch.testing.assert_close(shares, torch.tensor([0.2] * 5 + [0.0]), atol=0.03, rtol=0)
    assert TASK.vocab_size == 6


def test_the_seed_decides():
    assert torch.equal(draw(2).source_ids, draw(2).source_ids)
    assert not torch.equal(draw(2).source_ids, draw(3).source_ids)


class TestBatches:
    def lengths(self, longest, n):
        batches = TASK.batches(2, longest, torch.Generator().manual_seed(0))
        return [batch.source_ids.shape[1] for batch in islice(batches, n)]

    def test_every_length_up_to_the_longest(self):
        assert set(self.lengths(lambda step: 5, n=60)) == {2, 3, 4, 5}

    def test_the_step_decides_the_longest(self):
        lengths = self.lengths(lambda step: step + 2, n=30)
        assert all(length <= step + 2 for step, length in enumerate(lengths))
        assert max(lengths) > 10


class TestErrors:
    def test_an_empty_sequence(self):
        with pytest.raises(ValueError, match="at least one token"):
            draw(length=0)

    def test_no_symbols(self):
        with pytest.raises(ValueError, match="needs some token"):
            ReversalTask(n_symbols=0)
