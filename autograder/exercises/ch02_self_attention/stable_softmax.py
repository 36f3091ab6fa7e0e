"""Softmax that neither overflows nor divides nothing by nothing."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="stable_softmax",
    points=10,
    exports=("stable_softmax",),
    not_allowed=(
        "torch.softmax",
        "torch.Tensor.softmax",
        "torch.nn.functional.softmax",
        "torch.special.softmax",
        "torch.nn.Softmax",
        "torch.nn.Softmin",
        "torch.nn.Softmax2d",
        "torch.nn.functional.softmin",
        "torch.nn.functional.gumbel_softmax",
        "torch.log_softmax",
        "torch.Tensor.log_softmax",
        "torch.nn.functional.log_softmax",
        "torch.special.log_softmax",
        "torch.nn.LogSoftmax",
        "torch.nn.functional.scaled_dot_product_attention",
        "scipy.special.softmax",
        "course_lib.attention.masked_softmax",
    ),
    hints=(
        "Subtracting one number from a whole slice changes no share. Which number keeps every "
        "exponent at 0 or below? `keepdim=True` keeps the axis, so that shapes still fit.",
        "A slice that is all −inf has the maximum −inf, and −inf − (−inf) is nan. Put 0 in the "
        "place of such a maximum *before* subtracting, and 1 in the place of a sum that is 0 "
        "*before* dividing: then no nan is ever made, in the gradient neither.",
    ),
    time_limit_s=5.0,
)


def _softmax(x: Tensor, dim: int) -> Tensor:
    """Compute what is expected, in float64, in the dtype of x."""
    empty = (x == -math.inf).all(dim, keepdim=True)
    return x.double().softmax(dim).masked_fill(empty, 0.0).to(x.dtype)


@exercise.item(
    "shares of e^x that sum to one",
    points=3,
    sentence="Each number is e to the x divided by the sum of these along `dim`; −inf gives 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, n_columns = draw.sizes(2)
    x = draw.normal(n_rows, n_columns, scale=2.0)
    expect_close(learner.stable_softmax(x, -1), _softmax(x, -1))
    x[0, 1] = -math.inf
    expect_close(learner.stable_softmax(x, -1), _softmax(x, -1))


@exercise.item(
    "numbers of any size",
    points=2,
    sentence="Slices of huge numbers, positive or negative, side by side, give shares and no nan: "
    "e^1000 overflows and e^−1000 is 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_columns = draw.sizes(1)[0]
    levels = torch.tensor([[1000.0], [-1000.0], [0.0], [2000.0]])
    x = draw.normal(len(levels), n_columns, scale=2.0) + levels
    x[2, 0] = -1000.0
    # x − logsumexp(x) is right too, and rounds at 2000 to 1e-4: a relative error of the shares.
    expect_close(learner.stable_softmax(x, -1), _softmax(x, -1), rtol=1e-3)


@exercise.item(
    "along the axis that is asked for",
    points=2,
    sentence="`dim` may be any axis, counted from the front or, if negative, from the back.",
)
def _(learner: Learner, draw: Draw) -> None:
    x = draw.normal(*draw.sizes(3))
    for dim in (1, 0, -2, 2):
        expect_close(learner.stable_softmax(x, dim), _softmax(x, dim))
    expect_close(learner.stable_softmax(x[0, 0], 0), _softmax(x[0, 0], 0))


@exercise.item(
    "a slice of nothing but −inf gives zeros",
    points=2,
    sentence="Nothing may be looked at, so every share is 0. Any other nan is not yours to hide: "
    "where a nan comes in, nan comes out.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, n_columns = draw.sizes(2)
    x = draw.normal(n_rows, n_columns)
    x[1] = -math.inf
    expect_close(learner.stable_softmax(x, dim=-1), _softmax(x, -1))
    expect_close(learner.stable_softmax(x.T.contiguous(), dim=0), _softmax(x.T, 0))
    x = draw.normal(n_rows, n_columns)
    x[0, 1] = math.nan
    got = learner.stable_softmax(x, dim=-1)
    shares = expect_tensor(got, (n_rows, n_columns), torch.float32)
    expect_true(shares[0].isnan().all(), "a nan in the input was replaced by a number", got)
    expect_close(shares[1:], _softmax(x[1:], -1))


@exercise.item(
    "gradients flow, and stay finite",
    points=1,
    sentence="Gradients reach x and are 0 for a slice that is all −inf, float64 stays float64, and "
    "x is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, n_columns = draw.sizes(2)
    x = draw.normal(n_rows, n_columns, dtype=torch.float64)
    x[1] = -math.inf
    x[0, 0] = -math.inf
    cotangent = draw.normal(n_rows, n_columns, dtype=torch.float64)
    p = _softmax(x, -1)
    shares, gradients = learner.stable_softmax.vjp(cotangent, x.clone().requires_grad_(), -1)
    expect_close(shares, p)
    expect_gradient(gradients[0], p * (cotangent - (p * cotangent).sum(-1, keepdim=True)))
    expect_unchanged(learner)


@exercise.misconception(
    "Nothing keeps the exponent small: e^1000 is infinite, and infinite by infinite is nan. "
    "Subtract the largest number of each slice first; the shares stay the same."
)
def no_maximum_subtracted(x: Tensor, dim: int) -> Tensor:
    """Follow the formula to the letter."""
    powers = x.exp()
    total = powers.sum(dim, keepdim=True)
    return powers / torch.where(total == 0, torch.ones_like(total), total)


@exercise.misconception(
    "You subtract one maximum from the whole tensor. A slice far below it underflows to zeros: "
    "each slice needs its own maximum, `x.amax(dim, keepdim=True)`."
)
def one_maximum_for_all(x: Tensor, dim: int) -> Tensor:
    """Take the largest number anywhere."""
    powers = (x - x.max()).exp()
    total = powers.sum(dim, keepdim=True)
    return powers / torch.where(total == 0, torch.ones_like(total), total)


@exercise.misconception("You always go along the last axis. `dim` says along which one.")
def always_the_last_dim(x: Tensor, dim: int) -> Tensor:
    """Leave `dim` unread."""
    highest = x.amax(-1, keepdim=True)
    powers = (x - torch.where(highest == -math.inf, 0.0, highest)).exp()
    total = powers.sum(-1, keepdim=True)
    return powers / torch.where(total == 0, 1.0, total)


@exercise.misconception(
    "A slice of nothing but −inf gives nan: its maximum is −inf, and −inf − (−inf) is nan. Put 0 "
    "in the place of such a maximum, and 1 in the place of a sum that is 0."
)
def nan_on_an_empty_slice(x: Tensor, dim: int) -> Tensor:
    """Subtract −inf from −inf."""
    powers = (x - x.amax(dim, keepdim=True)).exp()
    return powers / powers.sum(dim, keepdim=True)


@exercise.misconception(
    "You turn every nan into 0 at the end. That hides nans that mean something is broken, and the "
    "gradient is nan all the same: see that none is made in the first place."
)
def every_nan_to_zero(x: Tensor, dim: int) -> Tensor:
    """Sweep the nans away."""
    powers = (x - x.amax(dim, keepdim=True)).exp()
    return (powers / powers.sum(dim, keepdim=True)).nan_to_num(0.0)


@exercise.misconception(
    "The maximum or the sum has lost its axis, so that it is lined up with the wrong one. "
    "`keepdim=True` keeps an axis of size 1 in its place."
)
def axis_not_kept(x: Tensor, dim: int) -> Tensor:
    """Leave out keepdim in the sum."""
    highest = x.amax(dim, keepdim=True)
    powers = (x - torch.where(highest == -math.inf, 0.0, highest)).exp()
    total = powers.sum(dim)
    return powers / torch.where(total == 0, 1.0, total)


@exercise.misconception(
    "You change x itself (`-=`, `exp_`, an assignment into it). Whoever called you still needs it: "
    "make new tensors."
)
def changes_its_input(x: Tensor, dim: int) -> Tensor:
    """Subtract in place, which torch refuses where a gradient is wanted."""
    highest = x.amax(dim, keepdim=True)
    x -= torch.where(highest == -math.inf, 0.0, highest)
    powers = x.exp()
    total = powers.sum(dim, keepdim=True)
    return powers / torch.where(total == 0, 1.0, total)


@exercise.alternative
def with_logsumexp(x: Tensor, dim: int) -> Tensor:
    """Divide inside the exponent."""
    empty = (x == -math.inf).all(dim, keepdim=True)
    filled = x.masked_fill(empty, 0.0)
    shares = (filled - filled.logsumexp(dim, keepdim=True)).exp()
    return shares.masked_fill(empty, 0.0)


@exercise.alternative
def with_a_clamped_sum(x: Tensor, dim: int) -> Tensor:
    """Clamp both what would be −inf and what would be 0."""
    smallest = torch.finfo(x.dtype).min
    highest = x.detach().amax(dim, keepdim=True).clamp(min=smallest)
    powers = torch.exp(x - highest)
    # The largest power of a slice that is not empty is 1, so that only an empty one is clamped.
    return powers / powers.sum(dim, keepdim=True).clamp(min=0.5)


@exercise.alternative
def slice_by_slice(x: Tensor, dim: int) -> Tensor:
    """Move the axis last and loop over the slices."""
    moved = x.movedim(dim, -1)
    shares = []
    for one in moved.reshape(-1, moved.shape[-1]).unbind():
        highest = one.max()
        if highest == -math.inf:
            shares.append(torch.zeros_like(one))
        else:
            powers = torch.exp(one - highest)
            shares.append(powers / sum(powers.unbind()))
    return torch.stack(shares).reshape(moved.shape).movedim(-1, dim)


@exercise.alternative
def with_sort_and_einsum(x: Tensor, dim: int) -> Tensor:
    """Sort for the maximum, sum with einsum."""
    highest = torch.sort(x, dim=dim, descending=True).values.narrow(dim, 0, 1)
    shifted = x - highest.masked_fill(highest.isneginf(), 0)
    powers = torch.e**shifted
    total = torch.einsum("...i->...", powers.movedim(dim, -1)).unsqueeze(dim)
    return powers * total.masked_fill(total.eq(0), 1).reciprocal()
