"""How strongly each head plays a simple part."""

import torch
from torch import Tensor

from autograder.compare import kind_of
from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.analysis.head_scores import HeadScores

exercise = Exercise(
    name="head_scores",
    points=10,
    exports=("head_scores",),
    not_allowed=(),
    hints=(
        "Each part looks along a line of the table: the diagonal one below the main one, the first "
        "column, the diagonal `period − 1` below. Which positions count? t ≥ 1, t ≥ 1, t ≥ period.",
        "`weights.diagonal(offset=-1, dim1=1, dim2=2)` holds w[t, t − 1] for all t ≥ 1. The "
        "diagonal `-(period - 1)` begins at t = period − 1, one too early. The mean over nothing "
        "is nan: give 0 where no position counts.",
    ),
    time_limit_s=5.0,
)


def _mean(picked: list[Tensor], weights: Tensor) -> Tensor:
    if not picked:
        return weights.new_zeros(len(weights))
    return torch.stack(picked).double().mean(0).to(weights.dtype)


def _scores(weights: Tensor, period: int) -> HeadScores:
    """Compute what is expected, position by position."""
    positions = range(weights.shape[-1])
    return HeadScores(
        previous=_mean([weights[:, t, t - 1] for t in positions if t >= 1], weights),
        first=_mean([weights[:, t, 0] for t in positions if t >= 1], weights),
        induction=_mean([weights[:, t, t - period + 1] for t in positions if t >= period], weights),
    )


def _weights(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, int]:
    """Draw causal attention weights of several heads over a sequence of two periods or more."""
    n_heads, period = draw.sizes(2)
    seq_len = 2 * period + draw.integer(0, 3)
    scores = draw.normal(n_heads, seq_len, seq_len, scale=1.5, dtype=torch.float64)
    hidden = torch.ones(seq_len, seq_len, dtype=torch.bool).triu(1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1).to(dtype), period


def _part(got: object, name: str) -> Tensor:
    """Give one of the three scores, or say in words why there is none."""
    if kind_of(got) != "a HeadScores":
        raise CheckError(f"the result is {kind_of(got)}, expected a HeadScores", got)
    part = getattr(got, name)
    if type(part) is not Tensor:
        raise CheckError(f"{name} is {kind_of(part)}, expected a tensor", got)
    return part


@exercise.item(
    "previous token",
    points=3,
    sentence="`previous` is the mean of w[t, t − 1] over all t ≥ 1, one number a head.",
)
def _(learner: Learner, draw: Draw) -> None:
    weights, period = _weights(draw)
    got = learner.head_scores(weights, period)
    expect_close(_part(got, "previous"), _scores(weights, period).previous)


@exercise.item(
    "first token",
    points=2,
    sentence="`first` is the mean of w[t, 0] over all t ≥ 1: the first token cannot help looking "
    "at itself, and is left out.",
)
def _(learner: Learner, draw: Draw) -> None:
    weights, period = _weights(draw)
    got = learner.head_scores(weights, period)
    expect_close(_part(got, "first"), _scores(weights, period).first)


@exercise.item(
    "induction",
    points=3,
    sentence="`induction` is the mean of w[t, t − period + 1] over t ≥ period: the token after the "
    "same token one period ago.",
)
def _(learner: Learner, draw: Draw) -> None:
    weights, period = _weights(draw)
    got = learner.head_scores(weights, period)
    expect_close(_part(got, "induction"), _scores(weights, period).induction)
    expect_close(got, _scores(weights, period))


@exercise.item(
    "where no position counts",
    points=1,
    sentence="A sequence no longer than the period has induction 0, and a sequence of one token "
    "has all three 0: not nan.",
)
def _(learner: Learner, draw: Draw) -> None:
    weights, period = _weights(draw)
    short = weights[:, :period, :period]
    got = learner.head_scores(short, period)
    expect_true(not _part(got, "induction").isnan().any(), "the mean over nothing is nan", got)
    expect_close(got, _scores(short, period))
    for seq_len in (1, 2):
        beginning = weights[:, :seq_len, :seq_len]
        expect_close(learner.head_scores(beginning, period), _scores(beginning, 9))


@exercise.item(
    "float64 and the input stay as they are",
    points=1,
    sentence="The scores have the dtype of the weights, which are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    weights, period = _weights(draw, dtype=torch.float64)
    expect_close(learner.head_scores(weights, period), _scores(weights, period))
    short = weights[:, :period, :period]
    expect_close(learner.head_scores(short, period), _scores(short, period))
    expect_unchanged(learner)


@exercise.misconception(
    "The diagonal of induction is shifted by one: w[t, t − period] is the *same* token one period "
    "ago. An induction head looks at the one after it, which says what comes next."
)
def induction_on_the_same_token(weights: Tensor, period: int) -> HeadScores:
    """Look at the token's last occurrence."""
    zeros = weights.new_zeros(len(weights))
    n = weights.shape[-1]
    return HeadScores(
        weights.diagonal(-1, 1, 2).mean(-1) if n > 1 else zeros,
        weights[:, 1:, 0].mean(-1) if n > 1 else zeros,
        weights.diagonal(-period, 1, 2).mean(-1) if n > period else zeros,
    )


@exercise.misconception(
    "The mean runs over the heads. Each head has a score of its own: one number a head, the mean "
    "over the positions."
)
def mean_over_the_heads(weights: Tensor, period: int) -> HeadScores:
    """Take the wrong axis."""
    return HeadScores(
        weights.diagonal(-1, 1, 2).mean(0),
        weights[:, 1:, 0].mean(0),
        weights.diagonal(1 - period, 1, 2)[:, 1:].mean(0),
    )


@exercise.misconception(
    "Positions count that should not: the first token looks at itself whatever the head is, and "
    "before one whole period there is nothing to copy. Begin at t = 1, and at t = period."
)
def early_positions_included(weights: Tensor, period: int) -> HeadScores:
    """Average over all there is."""
    zeros = weights.new_zeros(len(weights))
    n = weights.shape[-1]
    return HeadScores(
        weights.diagonal(-1, 1, 2).mean(-1) if n > 1 else zeros,
        weights[:, :, 0].mean(-1),
        weights.diagonal(1 - period, 1, 2).mean(-1) if n >= period else zeros,
    )


@exercise.misconception(
    "You look at the column after, not before: w[t − 1, t] is how much a token looks at the *next* "
    "one, which a causal mask hides. The query is the row."
)
def rows_and_columns_exchanged(weights: Tensor, period: int) -> HeadScores:
    """Take columns for queries."""
    zeros = weights.new_zeros(len(weights))
    n = weights.shape[-1]
    return HeadScores(
        weights.diagonal(1, 1, 2).mean(-1) if n > 1 else zeros,
        weights[:, 0, 1:].mean(-1) if n > 1 else zeros,
        weights.diagonal(period - 1, 1, 2)[:, 1:].mean(-1) if n > period else zeros,
    )


@exercise.misconception(
    "Where no position counts you give nan: the mean over nothing. Nothing that plays the part "
    "scores 0."
)
def nan_for_nothing(weights: Tensor, period: int) -> HeadScores:
    """Average over nothing."""
    return HeadScores(
        weights.diagonal(-1, 1, 2).mean(-1),
        weights[:, 1:, 0].mean(-1),
        weights.diagonal(1 - period, 1, 2)[:, 1:].mean(-1),
    )


@exercise.alternative
def position_by_position(weights: Tensor, period: int) -> HeadScores:
    """Add up and divide."""
    n_heads, seq_len, _ = weights.shape
    sums = [torch.zeros(n_heads, dtype=weights.dtype) for _ in range(3)]
    for t in range(1, seq_len):
        sums[0] = sums[0] + weights[:, t, t - 1]
        sums[1] = sums[1] + weights[:, t, 0]
        if t >= period:
            sums[2] = sums[2] + weights[:, t, t - period + 1]
    return HeadScores(
        previous=sums[0] / max(seq_len - 1, 1),
        first=sums[1] / max(seq_len - 1, 1),
        induction=sums[2] / max(seq_len - period, 1),
    )


@exercise.alternative
def with_masks(weights: Tensor, period: int) -> HeadScores:
    """Pick with a table of true and false."""
    t = torch.arange(weights.shape[-1])
    query, key = t[:, None], t[None, :]
    picks = (
        (key == query - 1),
        (key == 0) & (query >= 1),
        (key == query - period + 1) & (query >= period),
    )
    means = [(weights * pick).sum(dim=(1, 2)) / pick.sum().clamp(min=1) for pick in picks]
    return HeadScores(*means)


@exercise.alternative
def with_indices(weights: Tensor, period: int) -> HeadScores:
    """Index with lists of rows and columns."""

    def mean(rows: Tensor, columns: Tensor) -> Tensor:
        picked = weights[:, rows, columns]
        return picked.mean(dim=1) if len(rows) else picked.sum(dim=1)

    late = torch.arange(1, weights.shape[1])
    repeated = torch.arange(min(period, weights.shape[1]), weights.shape[1])
    return HeadScores(
        mean(late, late - 1),
        mean(late, torch.zeros_like(late)),
        mean(repeated, repeated - period + 1),
    )
