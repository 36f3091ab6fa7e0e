"""The softmax of a row whose scores come piece by piece, and the mixture of values it weighs.

A softmax needs the row's maximum and the sum of its exponentials. Both can be kept while the
scores come: when a larger score appears, all that was summed so far is scaled down to the new
maximum. Exponentials are powers of 2, which are quicker than powers of e: whoever computes the
scores multiplies them by `LOG2_E` first, and 2^(s·log₂ e) is e^s.

Axes: N whatever goes side by side, rows the queries, columns the keys of one piece, Dv width of
a value.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

LOG2_E = math.log2(math.e)


@dataclass(frozen=True)
class OnlineSoftmax:
    """What is known of each row after the pieces seen so far.

    Attributes:
        row_max: Largest score seen, times log₂ e; the lowest finite number before the first one.
        row_sum: Sum of the exponentials of the scores seen, each less the maximum.
        mixture: Sum of the values seen, each times that exponential.
    """

    row_max: Float[Tensor, "*batch rows 1"]
    row_sum: Float[Tensor, "*batch rows 1"]
    mixture: Float[Tensor, "*batch rows Dv"]


def start(mixture_shape: tuple[int, ...], like: Float[Tensor, "..."]) -> OnlineSoftmax:
    """Return the state before the first piece.

    Args:
        mixture_shape: Shape of the mixtures: any axes, rows, Dv.
        like: A tensor of the dtype and device to work in.
    """
    column = (*mixture_shape[:-1], 1)
    # Not −∞, whose difference from itself is nan: a row may see only hidden scores at first.
    lowest = torch.finfo(like.dtype).min
    return OnlineSoftmax(
        row_max=like.new_full(column, lowest),
        row_sum=like.new_zeros(column),
        mixture=like.new_zeros(mixture_shape),
    )


def add_piece(
    state: OnlineSoftmax,
    scores: Float[Tensor, "N rows columns"],
    v: Float[Tensor, "N columns Dv"],
) -> OnlineSoftmax:
    """Take in the next scores of each row.

    Implements the body of the inner loop of Dao 2023 (arXiv:2307.08691), algorithm 1; the sum is
    that of Milakov and Gimelshein 2018 (arXiv:1805.02867), algorithm 3.

    Args:
        state: The state before. Not to be used again: its memory is.
        scores: The scores, times log₂ e; −∞ where a row may not look. Overwritten.
        v: The values that belong to them.

    Returns:
        The state after.
    """
    row_max = torch.maximum(state.row_max, scores.amax(dim=-1, keepdim=True))  # N rows 1
    weights = scores.sub_(row_max).exp2_()  # N rows columns
    shrink = (state.row_max - row_max).exp2_()  # N rows 1
    row_sum = state.row_sum.mul_(shrink).add_(weights.sum(dim=-1, keepdim=True))
    mixture = state.mixture.mul_(shrink).baddbmm_(weights, v)
    return OnlineSoftmax(row_max=row_max, row_sum=row_sum, mixture=mixture)


def finish(
    state: OnlineSoftmax,
) -> tuple[Float[Tensor, "*batch rows Dv"], Float[Tensor, "*batch rows"]]:
    """Return the mixtures by softmax, and the natural logarithm of each row's sum of exponentials.

    A row whose scores were all hidden gets zeros, and −∞.
    """
    lse = (state.row_max + state.row_sum.log2()).squeeze(-1) / LOG2_E
    seen = state.row_sum > 0
    return state.mixture / state.row_sum.where(seen, 1.0), lse
