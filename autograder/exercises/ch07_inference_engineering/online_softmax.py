"""Answers to the exercise about a softmax by blocks: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.online_softmax_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The old sum is not scaled down. It was taken below the old maximum: multiply it by the "
    "exponential of old maximum less new maximum before you add."
)
def old_sum_not_rescaled(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Add sums of different maxima."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The maximum is that of the last block alone. Carry it: the larger of the old one and the "
    "block's."
)
def maximum_not_carried(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Forget the maximum so far."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = block.amax(-1)
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "−∞ − (−∞) is not a number: the first block, or one that hides everything, gives nan, and nan "
    "stays. Subtract a finite number where the maximum is −∞."
)
def first_block_nan(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Subtract the maximum whatever it is."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = larger
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "You begin with a large negative number. In a row that saw nothing but −∞, exp(−∞ less it) is "
    "0, but the maximum stays that number. Such a row is (−∞, 0)."
)
def lowest_number_for_infinity(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Begin with a large negative number."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -1e9)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The old sum is scaled the wrong way: it grows. It was taken below a smaller maximum, so its "
    "terms shrink: exp(old − new), not exp(new − old)."
)
def rescaled_the_wrong_way(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Turn the difference round."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (base - row_max.nan_to_num(neginf=0.0)).exp() + (
            block - base[..., None]
        ).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The block's exponentials are taken below the block's own maximum, not below the larger of "
    "the two. When the maximum came before they are too large."
)
def below_the_blocks_maximum(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Subtract the block's maximum."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (
            block - block.amax(-1, keepdim=True).clamp(min=-1e30)
        ).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "No maximum is subtracted: the exponential of a large score is ∞. Each sum is of scores *less "
    "the maximum* of the row."
)
def no_maximum_subtracted(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Add plain exponentials."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        row_sum = row_sum + block.exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The maximum is one for all rows. Every row has its own: take it along the last axis alone."
)
def one_maximum_for_all(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Take the largest of the whole block."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax().expand(row_max.shape))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The sum is that of the last block alone. What was summed before is scaled, and then added to."
)
def last_block_only(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Forget the sum so far."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_sum


@exercise.misconception(
    "The logarithm of the sum comes back, plus the maximum. Asked for are the two numbers that "
    "one carries: the maximum, and the sum below it."
)
def log_sum_for_sum(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the log-sum-exp."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max, row_max + row_sum.log()


@exercise.misconception("Sum and maximum are exchanged: the result is (row_max, row_sum).")
def sum_first(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the sum first."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_sum, row_max


@exercise.misconception(
    "The last axis is still there, of length 1. A row gives one number: shapes are those of a "
    "block without its last axis."
)
def axis_kept(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Keep the axis."""
    row_max = blocks[0].new_full(blocks[0].shape[:-1], -torch.inf)
    row_sum = torch.zeros_like(row_max)
    for block in blocks:
        larger = torch.maximum(row_max, block.amax(-1))
        base = torch.where(larger == -torch.inf, 0.0, larger)
        row_sum = row_sum * (row_max - base).exp() + (block - base[..., None]).exp().sum(-1)
        row_max = larger
    return row_max[..., None], row_sum[..., None]


@exercise.alternative
def two_at_a_time(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Merge (maximum, sum) of each block with what there is."""

    def of(block: Tensor) -> tuple[Tensor, Tensor]:
        top = block.max(dim=-1).values
        base = top.clamp(min=torch.finfo(top.dtype).min)
        return top, torch.exp(block - base.unsqueeze(-1)).sum(dim=-1)

    def merge(one: tuple, other: tuple) -> tuple:
        top = torch.maximum(one[0], other[0])
        base = top.clamp(min=torch.finfo(top.dtype).min)
        return top, sum(total * torch.exp(high - base) for high, total in (one, other))

    state = of(blocks[0])
    for block in blocks[1:]:
        state = merge(state, of(block))
    return state


@exercise.alternative
def as_log_sum_exp(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Carry the logarithm, and take the maximum off in the end."""
    lse = torch.logsumexp(blocks[0], dim=-1)
    top = blocks[0].amax(dim=-1)
    for block in blocks[1:]:
        lse = torch.logaddexp(lse, block.logsumexp(-1))
        top = torch.max(top, block.amax(-1))
    blind = top == -math.inf
    return top, torch.where(blind, torch.zeros_like(top), (lse - top).exp())


@exercise.alternative
def score_by_score(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Go through every row in plain Python."""
    shape, dtype = blocks[0].shape[:-1], blocks[0].dtype
    found = []
    for rows in zip(*(one.reshape(-1, one.shape[-1]).tolist() for one in blocks), strict=True):
        top, total = -math.inf, 0.0
        for score in (one for row in rows for one in row):
            if score > top:
                total, top = total * math.exp(top - score), score
            total += math.exp(score - top) if score > -math.inf else 0.0
        found.append((top, total))
    tops, totals = zip(*found, strict=True)
    row_max, row_sum = (torch.tensor(one, dtype=dtype).reshape(shape) for one in (tops, totals))
    return row_max, row_sum
