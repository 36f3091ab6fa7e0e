"""One matrix moves every position by the same distance."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_tensor
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="shift_matrix",
    points=10,
    exports=("shift_matrix",),
    not_allowed=(),
    hints=(
        "A pair (sin a, cos a) has to become (sin(a + b), cos(a + b)). School has two formulas for "
        "that; written as a matrix they are a turn of the pair by b.",
        "The block of pair i is [[cos b, sin b], [−sin b, cos b]] with b = offset · 10000^(−2i/D). "
        "All blocks stand on the diagonal of an otherwise empty matrix: `torch.block_diag` helps.",
    ),
    time_limit_s=5.0,
)


def _encoding(seq_len: int, d_model: int) -> Tensor:
    """Give the encoding of positions 0, 1, …, one a row, in float64."""
    pairs = torch.arange(d_model // 2, dtype=torch.float64)
    phases = torch.outer(
        torch.arange(seq_len, dtype=torch.float64), 10000.0 ** (-2 * pairs / d_model)
    )
    return torch.stack([phases.sin(), phases.cos()], -1).flatten(1)


def _shift(offset: int, d_model: int) -> Tensor:
    """Compute what is expected, block by block."""
    matrix = torch.zeros(d_model, d_model, dtype=torch.float64)
    for pair in range(d_model // 2):
        turn = offset / 10000 ** (2 * pair / d_model)
        sine, cosine = math.sin(turn), math.cos(turn)
        own = slice(2 * pair, 2 * pair + 2)
        matrix[own, own] = torch.tensor([[cosine, sine], [-sine, cosine]], dtype=torch.float64)
    return matrix.float()


def _inputs(draw: Draw) -> tuple[int, int]:
    """Draw a distance and an even width of at least two pairs."""
    return draw.integer(1, 9), 2 * max(2, draw.sizes(1)[0])


@exercise.item(
    "it moves every position",
    points=5,
    sentence="R @ PE(t) is PE(t + offset), for every t alike.",
)
def _(learner: Learner, draw: Draw) -> None:
    offset, d_model = _inputs(draw)
    got = learner.shift_matrix(offset, d_model)
    matrix = expect_tensor(got, (d_model, d_model), torch.float32)
    table = _encoding(offset + 12, d_model)
    expect_close((table[:12] @ matrix.double().T).float(), table[offset:].float())
    expect_close(got, _shift(offset, d_model))


@exercise.item(
    "each pair turns at its own speed",
    points=2,
    sentence="On the diagonal stand blocks of 2 × 2, each turned by offset · 10000^(−2i/D); "
    "everything else is 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    offset, d_model = _inputs(draw)
    expect_close(learner.shift_matrix(10 * offset, d_model), _shift(10 * offset, d_model))


@exercise.item(
    "back, and nowhere",
    points=3,
    sentence="A negative offset moves back, so that its matrix is the transpose; an offset of 0 is "
    "the identity.",
)
def _(learner: Learner, draw: Draw) -> None:
    offset, d_model = _inputs(draw)
    expect_close(learner.shift_matrix(-offset, d_model), _shift(offset, d_model).T)
    expect_close(learner.shift_matrix(0, d_model), torch.eye(d_model))


@exercise.misconception(
    "The turn goes the wrong way: your matrix moves back by `offset`. Since a pair is (sin, cos), "
    "the +sin stands in the upper right corner of a block."
)
def turned_the_other_way(offset: int, d_model: int) -> Tensor:
    """Take the turn of (cos, sin)."""
    blocks = []
    for pair in range(d_model // 2):
        turn = offset / 10000 ** (2 * pair / d_model)
        sine, cosine = math.sin(turn), math.cos(turn)
        blocks.append(torch.tensor([[cosine, -sine], [sine, cosine]]))
    return torch.block_diag(*blocks)


@exercise.misconception(
    "All pairs turn alike. Each has a speed of its own: 10000^(−2i/D) radians a position."
)
def one_speed_for_all(offset: int, d_model: int) -> Tensor:
    """Turn every pair by the first one's angle."""
    sine, cosine = math.sin(offset), math.cos(offset)
    block = torch.tensor([[cosine, sine], [-sine, cosine]])
    return torch.block_diag(*[block] * (d_model // 2))


@exercise.misconception(
    "Only the first pair is turned. Every pair of columns has its block on the diagonal."
)
def only_the_first_block(offset: int, d_model: int) -> Tensor:
    """Leave the other pairs where they are."""
    matrix = torch.eye(d_model)
    sine, cosine = math.sin(offset), math.cos(offset)
    matrix[:2, :2] = torch.tensor([[cosine, sine], [-sine, cosine]])
    return matrix


@exercise.misconception(
    "Your blocks suit sines in the first half and cosines in the second. Here the two of a pair "
    "are neighbours, columns 2i and 2i + 1."
)
def for_halves(offset: int, d_model: int) -> Tensor:
    """Pair column i with column i + D/2."""
    turns = offset * 10000 ** (-torch.arange(0, d_model, 2) / d_model)
    cosine, sine = torch.diag(turns.cos()), torch.diag(turns.sin())
    return torch.cat([torch.cat([cosine, sine], 1), torch.cat([-sine, cosine], 1)])


@exercise.misconception(
    "The exponent counts by i where it should count by 2i: the pairs turn too fast."
)
def i_for_two_i(offset: int, d_model: int) -> Tensor:
    """Lose the 2 in the exponent."""
    blocks = []
    for pair in range(d_model // 2):
        turn = offset / 10000 ** (pair / d_model)
        sine, cosine = math.sin(turn), math.cos(turn)
        blocks.append(torch.tensor([[cosine, sine], [-sine, cosine]]))
    return torch.block_diag(*blocks)


@exercise.alternative
def with_a_power_of_a_matrix(offset: int, d_model: int) -> Tensor:
    """Exponentiate what turns each pair by a little."""
    generator = torch.zeros(d_model, d_model, dtype=torch.float64)
    for pair in range(d_model // 2):
        speed = 10000.0 ** (-2 * pair / d_model)
        generator[2 * pair, 2 * pair + 1], generator[2 * pair + 1, 2 * pair] = speed, -speed
    return torch.linalg.matrix_exp(offset * generator).float()


@exercise.alternative
def with_diagonals(offset: int, d_model: int) -> Tensor:
    """Write the diagonal and the two beside it."""
    turns = offset * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    beside = torch.zeros(d_model - 1)
    beside[0::2] = turns.sin()
    return (
        torch.diag(turns.cos().repeat_interleave(2))
        + torch.diag(beside, 1)
        - torch.diag(beside, -1)
    )


@exercise.alternative
def with_complex_numbers(offset: int, d_model: int) -> Tensor:
    """Read the blocks off complex numbers."""
    pairs = torch.arange(0, d_model, 2, dtype=torch.float64)
    turned = torch.polar(torch.ones_like(pairs), offset * 10000.0 ** (-pairs / d_model))
    matrix = torch.zeros(d_model, d_model)
    even = torch.arange(0, d_model, 2)
    matrix[even, even] = matrix[even + 1, even + 1] = turned.real.float()
    matrix[even, even + 1] = turned.imag.float()
    matrix[even + 1, even] = -turned.imag.float()
    return matrix
