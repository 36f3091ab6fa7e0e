from itertools import islice

import pytest
import torch

from course_lib.data.repeats import RepeatTask

B = 200
TASK = RepeatTask(n_symbols=9, shortest=3, longest=5, seq_len=12)


def draw(seed=0, period=None, task=TASK):
    return task.batch(B, torch.Generator().manual_seed(seed), period)


def period_of(row):
    """The smallest distance after which a row repeats itself."""
    return next(p for p in range(1, len(row)) if row[p:] == row[:-p])


def test_a_sequence_repeats_a_block_without_doubles():
    batch = draw()
    assert batch.token_ids.shape == (B, 12)
    for row in batch.token_ids.tolist():
        period = period_of(row)
        assert 3 <= period <= 5
        assert len(set(row)) == period  # the block's symbols all differ


def test_the_context_decides_from_the_second_block_on():
    batch = draw()
    assert batch.is_decided.shape == (B, 11)
    for row, decided in zip(batch.token_ids.tolist(), batch.is_decided.tolist(), strict=True):
        for place in range(11):
            # Looked up by hand: has this symbol stood before? Then what followed it follows again.
            stood = row[place] in row[:place]
            assert decided[place] == stood
            if stood:
                assert row[place + 1] == row[row.index(row[place]) + 1]


def test_periods_and_symbols_are_all_drawn_alike():
    rows = RepeatTask(n_symbols=9, shortest=3, longest=5, seq_len=12).batch(
        6000, torch.Generator().manual_seed(1)
    )
    periods = torch.tensor([period_of(row) for row in rows.token_ids.tolist()])
    shares = torch.bincount(periods, minlength=6)[3:] / 6000
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3), atol=0.03, rtol=0)
    first = torch.bincount(rows.token_ids[:, 0], minlength=9) / 6000
    torch.testing.assert_close(first, torch.full((9,), 1 / 9), atol=0.03, rtol=0)


def test_one_period_for_all():
    assert {period_of(row) for row in draw(period=4).token_ids.tolist()} == {4}


def test_draws_repeat_with_the_seed():
    assert torch.equal(draw(3).token_ids, draw(3).token_ids)
    assert not torch.equal(draw(3).token_ids, draw(4).token_ids)


def test_batches_go_on_and_differ():
    first, second, _ = islice(TASK.batches(4, torch.Generator().manual_seed(0)), 3)
    assert first.token_ids.shape == (4, 12)
    assert not torch.equal(first.token_ids, second.token_ids)


@pytest.mark.parametrize("period", [2, 6])
def test_a_period_that_is_none_of_the_task(period):
    with pytest.raises(ValueError, match="does not lie between 3 and 5"):
        draw(period=period)


@pytest.mark.parametrize(
    "wrong",
    [{"shortest": 0}, {"shortest": 6}, {"longest": 10}, {"seq_len": 5}],
)
def test_blocks_that_cannot_be(wrong):
    sizes = {"n_symbols": 9, "shortest": 3, "longest": 5, "seq_len": 12}
    with pytest.raises(ValueError, match="different symbols and room"):
        RepeatTask(**(sizes | wrong))
