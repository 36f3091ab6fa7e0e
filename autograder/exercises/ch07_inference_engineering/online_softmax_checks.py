"""The maximum of a row and the sum of its exponentials, from blocks that come one by one."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_equal, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="online_softmax",
    points=10,
    exports=("online_softmax",),
    not_allowed=(
        "torch.cat",
        "torch.concat",
        "torch.concatenate",
        "torch.hstack",
        "torch.column_stack",
        "course_lib.kernels.online_softmax.start",
        "course_lib.kernels.online_softmax.add_piece",
        "course_lib.kernels.online_softmax.finish",
        "course_lib.kernels.online_softmax.OnlineSoftmax",
    ),
    hints=(
        "Keep two numbers a row: the largest score so far, and the sum of the exponentials of the "
        "scores so far, each less that maximum. When a block brings a larger score, the old sum "
        "was taken below the wrong maximum: multiply it by the exponential of old maximum less "
        "new maximum.",
        "Begin with −∞ and 0. Then −∞ − (−∞) turns up where nothing but −∞ was seen yet, and is "
        "nan. What is subtracted need not be the maximum itself: any finite number gives the right "
        "sum of nothing. Put 0 in its place where the maximum is −∞ (`torch.where`).",
    ),
    time_limit_s=5.0,
)


def _expected(blocks: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Compute what is expected in float64, from the whole rows."""
    row = torch.cat([one.double() for one in blocks], dim=-1)
    largest = row.amax(dim=-1)
    below = row - largest.nan_to_num(neginf=0.0).unsqueeze(-1)
    total = below.exp().sum(dim=-1)
    return largest.to(blocks[0].dtype), total.to(blocks[0].dtype)


def _blocks(draw: Draw, *leading: int, widths: list[int], scale: float = 1.0) -> list[Tensor]:
    return [draw.normal(*leading, width, scale=scale) for width in widths]


def _rising(draw: Draw, *leading: int, widths: list[int]) -> list[Tensor]:
    """Draw blocks of which each has a larger maximum than the one before it, in every row."""
    blocks = _blocks(draw, *leading, widths=widths)
    largest = (draw.normal(*leading, len(widths)).abs() + 0.5).cumsum(-1) - 2.0
    return [
        one - one.amax(-1, keepdim=True) + top.unsqueeze(-1)
        for one, top in zip(blocks, largest.unbind(-1), strict=True)
    ]


@exercise.item(
    "one block",
    points=1,
    sentence="Of a single block the result is its largest score in each row, and the sum of the "
    "exponentials of all scores less that one.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, width = draw.sizes(2)
    blocks = _blocks(draw, n_rows, widths=[width])
    expect_close(learner.online_softmax(blocks), _expected(blocks))


@exercise.item(
    "the maximum comes later",
    points=3,
    sentence="When a block brings a larger score, the sum so far is scaled down to the new maximum "
    "before the block's own exponentials are added.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, *widths = draw.sizes(4)
    blocks = _rising(draw, n_rows, widths=widths)
    expect_close(learner.online_softmax(blocks), _expected(blocks))


@exercise.item(
    "the maximum came before",
    points=2,
    sentence="When a block brings no larger score, the maximum stays what it was, and the block's "
    "exponentials are taken below it.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, *widths = draw.sizes(4)
    blocks = _rising(draw, n_rows, widths=widths)[::-1]
    expect_close(learner.online_softmax(blocks), _expected(blocks))


@exercise.item(
    "a block of −∞",
    points=2,
    sentence="A block whose scores are all −∞ adds nothing and spoils nothing, wherever it stands. "
    "A row of nothing else gives (−∞, 0).",
)
def _(learner: Learner, draw: Draw) -> None:
    n_rows, width, other = draw.sizes(3)
    hidden = torch.full((n_rows, width), -torch.inf)
    seen = draw.normal(n_rows, other)
    for blocks in ([hidden, seen], [seen, hidden]):
        expect_close(learner.online_softmax(blocks), _expected(blocks))
    nothing = (torch.full((n_rows,), -torch.inf), torch.zeros(n_rows))
    expect_equal(learner.online_softmax([hidden, hidden]), nothing)
    # One row sees nothing, one the first block alone, others the second alone; both in part.
    mixed = [hidden.clone(), seen.clone()]
    mixed[0][1, 1:] = draw.normal(width - 1)
    mixed[1][:2], mixed[1][2:, 0] = -torch.inf, -torch.inf
    expect_close(learner.online_softmax(mixed), _expected(mixed))


@exercise.item(
    "large scores, leading axes, float64",
    points=2,
    sentence="Scores of any size: no exponential overflows. All axes but the last lead; dtype and "
    "inputs stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    a, b, *widths = draw.sizes(4)
    for shift, step in ((300.0, 1), (-300.0, -1)):  # the maximum comes later, or came before
        blocks = [one + shift for one in _rising(draw, a, b, widths=widths)][::step]
        got = learner.online_softmax(blocks)
        expect_true(type(got) is tuple, "the result is no tuple (row_max, row_sum)", got)
        expect_close(got, _expected(blocks))
    wide = [one.double() for one in _rising(draw, b, widths=widths)]
    expect_close(learner.online_softmax(wide), _expected(wide))
    expect_unchanged(learner)
