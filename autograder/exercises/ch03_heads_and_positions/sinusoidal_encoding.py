"""Positions as waves: each pair of numbers turns at a speed of its own."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_tensor
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="sinusoidal_encoding",
    points=10,
    exports=("sinusoidal_encoding",),
    not_allowed=("course_lib.positions.sinusoidal_table",),
    hints=(
        "One angle for each position and each *pair* of columns: position · 10000^(−2i/D), where i "
        "counts the pairs. That is a table (T, D/2); sine and cosine share it.",
        "`angles = torch.outer(torch.arange(T).float(), 10000 ** (-torch.arange(0, D, 2) / D))`. "
        "Then `torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)` puts them next to "
        "each other.",
    ),
    time_limit_s=5.0,
)


def _encoding(seq_len: int, d_model: int) -> Tensor:
    """Compute what is expected, number by number."""
    table = torch.empty(seq_len, d_model, dtype=torch.float64)
    for position in range(seq_len):
        for column in range(d_model):
            angle = position / 10000 ** (2 * (column // 2) / d_model)
            table[position, column] = math.sin(angle) if column % 2 == 0 else math.cos(angle)
    return table.float()


def _sizes(draw: Draw) -> tuple[int, int]:
    """Draw a length and an even width."""
    seq_len, half = draw.sizes(2)
    return seq_len, 2 * half


@exercise.item(
    "sine and cosine take turns",
    points=4,
    sentence="Column 2i holds the sine and column 2i + 1 the cosine of the same angle.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_model = _sizes(draw)
    expect_close(learner.sinusoidal_encoding(seq_len, d_model), _encoding(seq_len, d_model))


@exercise.item(
    "positions count from 0",
    points=2,
    sentence="Position 0 has the angle 0 everywhere: 0, 1, 0, 1, …",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_model = _sizes(draw)
    got = learner.sinusoidal_encoding(seq_len, d_model)
    table = expect_tensor(got, (seq_len, d_model), torch.float32)
    expect_close(table[0], torch.tensor([0.0, 1.0]).repeat(d_model // 2))
    expect_close(got, _encoding(seq_len, d_model))


@exercise.item(
    "each pair at its own speed",
    points=3,
    sentence="The first pair turns by 1 radian a position, pair i by 10000^(−2i/D): slower and "
    "slower.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_model = 40 + draw.integer(0, 9), 2 * draw.integer(5, 9)
    if draw.small:
        seq_len, d_model = 3, 4
    expect_close(learner.sinusoidal_encoding(seq_len, d_model), _encoding(seq_len, d_model))


@exercise.item(
    "any length",
    points=1,
    sentence="One position, and a width of 2, are tables too; the numbers of a position do not "
    "depend on how many follow.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_model = _sizes(draw)
    expect_close(learner.sinusoidal_encoding(1, d_model), _encoding(seq_len, d_model)[:1])
    expect_close(learner.sinusoidal_encoding(seq_len, 2), _encoding(seq_len, 2))


@exercise.misconception(
    "All sines stand in the first half and all cosines in the second. Here they take turns: column "
    "2i and column 2i + 1 share an angle. (Both arrangements are in use; only one is asked for.)"
)
def sines_and_cosines_in_halves(seq_len: int, d_model: int) -> Tensor:
    """Put the two tables side by side."""
    speeds = 10000 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(seq_len)[:, None] * speeds
    return torch.cat([angles.sin(), angles.cos()], dim=1)


@exercise.misconception(
    "The exponent counts columns by i where it should count by 2i: every pair turns too fast. The "
    "speed of pair i is 10000^(−2i/D)."
)
def i_for_two_i(seq_len: int, d_model: int) -> Tensor:
    """Lose the 2 in the exponent."""
    speeds = 10000 ** (-torch.arange(d_model // 2) / d_model)
    angles = torch.arange(seq_len)[:, None] * speeds
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@exercise.misconception(
    "Positions are counted from 1. The first position is 0, and its angles are all 0."
)
def positions_from_one(seq_len: int, d_model: int) -> Tensor:
    """Start to count at 1."""
    speeds = 10000 ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(1, seq_len + 1)[:, None] * speeds
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@exercise.misconception(
    "Each column has an angle of its own. The cosine uses the angle of the sine beside it: only so "
    "can a pair be turned as one."
)
def each_column_its_own_angle(seq_len: int, d_model: int) -> Tensor:
    """Take the column's number for the pair's."""
    columns = torch.arange(d_model)
    angles = torch.arange(seq_len)[:, None] * 10000 ** (-columns / d_model)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())


@exercise.misconception(
    "The speeds grow from pair to pair: the sign of the exponent is lost. The first pair is the "
    "fastest, the last the slowest."
)
def speeds_growing(seq_len: int, d_model: int) -> Tensor:
    """Lose the sign of the exponent."""
    speeds = 10000 ** (torch.arange(0, d_model, 2) / d_model)
    angles = torch.arange(seq_len)[:, None] * speeds
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


@exercise.alternative
def filled_in(seq_len: int, d_model: int) -> Tensor:
    """Write every second column."""
    table = torch.zeros(seq_len, d_model)
    position = torch.arange(seq_len, dtype=torch.float).unsqueeze(1)
    speed = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
    table[:, 0::2] = torch.sin(position * speed)
    table[:, 1::2] = torch.cos(position * speed)
    return table


@exercise.alternative
def number_by_number(seq_len: int, d_model: int) -> Tensor:
    """Compute every number with Python's own functions."""
    rows = []
    for position in range(seq_len):
        row = []
        for pair in range(d_model // 2):
            angle = position / 10000 ** (2 * pair / d_model)
            row += [math.sin(angle), math.cos(angle)]
        rows.append(row)
    return torch.tensor(rows)


@exercise.alternative
def as_shifted_sines(seq_len: int, d_model: int) -> Tensor:
    """Take the cosine for a sine a quarter turn ahead."""
    column = torch.arange(d_model, dtype=torch.float64)
    speed = 10000.0 ** (-(column - column % 2) / d_model)
    angle = torch.arange(seq_len, dtype=torch.float64).outer(speed)
    return torch.sin(angle + math.pi / 2 * (column % 2)).to(torch.float32)
