"""A penalty for distance in place of a position."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_tensor, expect_true
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="alibi_bias",
    points=8,
    exports=("alibi_bias",),
    not_allowed=(
        "course_lib.position_biases.alibi_bias",
        "course_lib.position_biases.alibi_slopes",
    ),
    hints=(
        "Two parts: a slope for each head, and a table of distances i − j that is 0 above the "
        "diagonal. The bias is minus their product, one table a head.",
        "For a power of two the slopes are r, r², r³, … with r = 2^(−8/H). For another H take "
        "those of the power of two below, then every *second* slope of the power of two above (the "
        "first, the third, …) until there are H.",
    ),
    time_limit_s=5.0,
)


def _slopes(n_heads: int) -> list[float]:
    """Compute what is expected, as the code published with the paper does."""
    below = 1 << (n_heads.bit_length() - 1)
    slopes = [2.0 ** (-8 * (head + 1) / below) for head in range(below)]
    finer = [2.0 ** (-8 * (head + 1) / (2 * below)) for head in range(2 * below)]
    return slopes + finer[::2][: n_heads - below]


def _bias(n_heads: int, seq_len: int) -> Tensor:
    positions = torch.arange(seq_len)
    distance = (positions[:, None] - positions).clamp(min=0).double()
    return -(torch.tensor(_slopes(n_heads), dtype=torch.float64)[:, None, None] * distance).float()


@exercise.item(
    "a penalty that grows with the distance",
    points=3,
    sentence="At (i, j) with j ≤ i stands −slope · (i − j): 0 at the query itself, less and less "
    "for keys further back.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_heads, seq_len = 2 ** draw.integer(1, 3), draw.sizes(1)[0]
    expect_close(learner.alibi_bias(n_heads, seq_len), _bias(n_heads, seq_len))


@exercise.item(
    "nothing above the diagonal",
    points=1,
    sentence="Keys ahead of the query get 0: hiding them is the mask's business.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_heads, seq_len = 4, draw.sizes(1)[0]
    got = learner.alibi_bias(n_heads, seq_len)
    bias = expect_tensor(got, (n_heads, seq_len, seq_len), torch.float32)
    expect_true((bias.triu() == 0).all(), "something stands on or above the diagonal", got)
    expect_close(got, _bias(n_heads, seq_len))


@exercise.item(
    "each head its own slope",
    points=2,
    sentence="For H a power of two head h has the slope 2^(−8(h + 1)/H): with 8 heads 1/2, 1/4, …, "
    "1/256.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_heads in (8, 16, 1):
        expect_close(learner.alibi_bias(n_heads, 3), _bias(n_heads, 3))


@exercise.item(
    "any number of heads",
    points=2,
    sentence="For other numbers: the slopes of the power of two below, then every second one of "
    "the power of two above.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_heads in (draw.choice([3, 5, 6, 7]), 12, draw.choice([9, 11, 13]), 15):
        expect_close(learner.alibi_bias(n_heads, 3), _bias(n_heads, 3))


@exercise.misconception(
    "The bias is positive, so that far keys are *preferred*. It is a penalty: minus slope times "
    "distance."
)
def positive(n_heads: int, seq_len: int) -> Tensor:
    """Lose the sign."""
    below = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * (head + 1) / below) for head in range(below)]
    slopes += [2 ** (-4 * (head + 1) / below) for head in range(0, 2 * below, 2)]
    position = torch.arange(seq_len)
    distance = (position[:, None] - position).clamp(min=0)
    return torch.tensor(slopes[:n_heads])[:, None, None] * distance


@exercise.misconception(
    "All heads have one slope. Each is to have a horizon of its own: some look near, some far."
)
def one_slope_for_all(n_heads: int, seq_len: int) -> Tensor:
    """Take the first slope for every head."""
    position = torch.arange(seq_len)
    distance = (position[:, None] - position).clamp(min=0)
    return -(2 ** (-8 / n_heads)) * distance.expand(n_heads, -1, -1)


@exercise.misconception(
    "The rule for powers of two is used for every number of heads. For others the published slopes "
    "are those of the power of two below, filled up with every second one of the power above."
)
def rule_of_powers_of_two(n_heads: int, seq_len: int) -> Tensor:
    """Put any number of heads into the formula."""
    slopes = 2 ** (-8 * torch.arange(1, n_heads + 1) / n_heads)
    position = torch.arange(seq_len)
    distance = (position[:, None] - position).clamp(min=0)
    return -slopes[:, None, None] * distance


@exercise.misconception(
    "Keys ahead of the query are rewarded: the distance i − j is negative there. Above the "
    "diagonal stands 0."
)
def future_rewarded(n_heads: int, seq_len: int) -> Tensor:
    """Let the distance run on below 0."""
    below = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * (head + 1) / below) for head in range(below)]
    slopes += [2 ** (-4 * (head + 1) / below) for head in range(0, 2 * below, 2)]
    position = torch.arange(seq_len)
    return -torch.tensor(slopes[:n_heads])[:, None, None] * (position[:, None] - position)


@exercise.misconception(
    "The slopes begin with 1 where they should begin with 2^(−8/H): the exponent counts heads from "
    "1."
)
def slopes_from_one(n_heads: int, seq_len: int) -> Tensor:
    """Count heads from 0."""
    below = 2 ** math.floor(math.log2(n_heads))
    slopes = [2 ** (-8 * head / below) for head in range(below)]
    slopes += [2 ** (-4 * head / below) for head in range(0, 2 * below, 2)]
    position = torch.arange(seq_len)
    distance = (position[:, None] - position).clamp(min=0)
    return -torch.tensor(slopes[:n_heads])[:, None, None] * distance


@exercise.alternative
def as_published(n_heads: int, seq_len: int) -> Tensor:
    """Find the slopes by calling oneself."""

    def slopes(count: int) -> list[float]:
        if math.log2(count).is_integer():
            start = 2 ** (-(2 ** -(math.log2(count) - 3)))
            return [start * start**i for i in range(count)]
        closest = 2 ** math.floor(math.log2(count))
        return slopes(closest) + slopes(2 * closest)[0::2][: count - closest]

    back = torch.arange(seq_len).unsqueeze(1) - torch.arange(seq_len)
    return -torch.einsum("h,ij->hij", torch.tensor(slopes(n_heads)), back.float().tril())


@exercise.alternative
def entry_by_entry(n_heads: int, seq_len: int) -> Tensor:
    """Write every number."""
    below = 1
    while 2 * below <= n_heads:
        below *= 2
    bias = torch.zeros(n_heads, seq_len, seq_len)
    for head in range(n_heads):
        exponent = (head + 1) / below if head < below else (2 * (head - below) + 1) / (2 * below)
        for i in range(seq_len):
            for j in range(i):
                bias[head, i, j] = (j - i) / 256**exponent
    return bias


@exercise.alternative
def by_doubling_until_it_fits(n_heads: int, seq_len: int) -> Tensor:
    """Halve the step between slopes once more for the heads that are left."""
    whole = 2 ** (n_heads.bit_length() - 1)
    steps = torch.cat([torch.arange(2, 2 * whole + 1, 2), torch.arange(1, 2 * whole, 2)])[:n_heads]
    slope = torch.exp2(-4.0 * steps / whole)
    back = torch.arange(seq_len)[:, None] - torch.arange(seq_len)[None, :]
    penalty = torch.where(back > 0, back, torch.zeros_like(back)).float()
    return torch.stack([-one * penalty for one in slope])
