"""Turn queries and keys by their positions."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="apply_rope",
    points=16,
    exports=("apply_rope",),
    not_allowed=(
        "course_lib.rotary.rotate_interleaved",
        "course_lib.rotary.rotate_half_split",
        "course_lib.rotary.half_split_rotation",
    ),
    hints=(
        "First the angles: one a position and pair, `positions[..., None] * speeds`, of shape "
        "(T, D/2) or (B, T, D/2). Then the pairs: `x[..., 0::2]` and `x[..., 1::2]` are their "
        "first and their second numbers.",
        "With (B, T) positions the angles need axes of size 1 behind the first, until they have as "
        "many axes as x. The new pair is (a cos − b sin, a sin + b cos); `torch.stack([…], -1)` "
        "and `.flatten(-2)` put neighbours together again.",
    ),
    time_limit_s=5.0,
)


def _rope(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Compute what is expected with complex numbers, in float64, in the dtype of x."""
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    speeds = base ** (-torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / x.shape[-1])
    angles = positions.double()[..., None] * speeds
    if positions.dim() == 2:
        between = x.dim() - 3
        angles = angles.reshape(angles.shape[0], *[1] * between, *angles.shape[1:])
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


def _inputs(
    draw: Draw, n_leading: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Draw vectors and positions that are neither sorted nor count from 0."""
    *leading, seq_len, half = draw.sizes(n_leading + 2)
    x = draw.normal(*leading, seq_len, 2 * max(half, 2), dtype=dtype)
    return x, draw.integers(3, 40, seq_len)


@exercise.item(
    "each pair turns by its position",
    points=6,
    sentence="The neighbours (2i, 2i + 1) turn by position · base^(−2i/D): (a, b) becomes "
    "(a cos − b sin, a sin + b cos).",
)
def _(learner: Learner, draw: Draw) -> None:
    x, positions = _inputs(draw)
    expect_close(learner.apply_rope(x, positions), _rope(x, positions))


@exercise.item(
    "scores depend on the distance alone",
    points=3,
    sentence="Query and key moved by the same distance have the same dot product, and nothing "
    "changes its length.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, _ = _inputs(draw)
    here = torch.arange(len(x)) + draw.integer(1, 5)
    moved = here + draw.integer(2, 9)
    first = expect_tensor(learner.apply_rope(x, here), tuple(x.shape), torch.float32)
    got = learner.apply_rope(x, moved)
    second = expect_tensor(got, tuple(x.shape), torch.float32)
    expect_close(first @ first.T, second @ second.T, rtol=1e-3, atol=1e-3)
    expect_close(second.norm(dim=-1), x.norm(dim=-1))
    expect_close(got, _rope(x, moved))


@exercise.item(
    "heads and batches",
    points=3,
    sentence="Positions (T,) hold for all leading axes; positions (B, T) give each sentence of the "
    "batch its own, the same in all its heads.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, positions = _inputs(draw, n_leading=2)
    expect_close(learner.apply_rope(x, positions), _rope(x, positions))
    own = draw.integers(0, 30, x.shape[0], x.shape[2])
    expect_close(learner.apply_rope(x, own), _rope(x, own))
    expect_close(learner.apply_rope(x[:, 0], own), _rope(x[:, 0], own))


@exercise.item(
    "another base",
    points=2,
    sentence="`base` sets the speeds; without it, it is 10000. Position 0 leaves everything as it "
    "is.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, positions = _inputs(draw)
    base = 100.0 * draw.integer(1, 9)
    expect_close(learner.apply_rope(x, positions, base=base), _rope(x, positions, base))
    expect_close(learner.apply_rope(x, torch.zeros_like(positions)), x)


@exercise.item(
    "gradients flow",
    points=2,
    sentence="Gradients reach x, float64 stays float64, and x is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, positions = _inputs(draw, n_leading=1, dtype=torch.float64)
    cotangent = draw.normal(*x.shape, dtype=torch.float64)
    got, gradients = learner.apply_rope.vjp(cotangent, x.clone().requires_grad_(), positions)
    # In float32 angles an honest answer is off by 1e-6 or so, whatever the dtype of x.
    expect_close(got, _rope(x, positions), rtol=1e-4, atol=1e-4)
    expect_gradient(
        None if gradients[0] is None else gradients[0].float(),
        _rope(cotangent, -positions).float(),
    )
    expect_unchanged(learner)


@exercise.misconception(
    "You pair number i with number i + D/2. That layout is in use too (it is LLaMA's as published "
    "for `transformers`), but here neighbours make a pair: 2i and 2i + 1."
)
def halves_paired(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Turn the first half against the second."""
    speeds = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[..., None] * speeds
    if positions.dim() == 2:
        angles = angles.reshape(len(positions), *[1] * (x.dim() - 3), *angles.shape[1:])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


@exercise.misconception(
    "You turn the wrong way: (a cos + b sin, −a sin + b cos) is a turn by minus the angle."
)
def turned_the_other_way(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Exchange the signs."""
    speeds = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[..., None] * speeds
    if positions.dim() == 2:
        angles = angles.reshape(len(positions), *[1] * (x.dim() - 3), *angles.shape[1:])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos + b * sin, b * cos - a * sin], dim=-1).flatten(-2)


@exercise.misconception(
    "`positions` is not used: you count 0, 1, 2, … along the sequence. With a cache the next token "
    "stands at its own position, and left padding shifts a whole sentence."
)
def positions_ignored(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Count along the axis."""
    speeds = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = torch.arange(x.shape[-2])[:, None] * speeds
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


@exercise.misconception(
    "The turned pairs are written one half behind the other. Put the two numbers of a pair next to "
    "each other again, where they came from."
)
def pairs_not_put_back(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Take pairs of neighbours and hand back halves."""
    speeds = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[..., None] * speeds
    if positions.dim() == 2:
        angles = angles.reshape(len(positions), *[1] * (x.dim() - 3), *angles.shape[1:])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


@exercise.misconception(
    "The exponent counts by i where it should count by 2i: the pairs turn too fast, and the slow "
    "ones that tell far positions apart are missing."
)
def i_for_two_i(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Lose the 2 in the exponent."""
    speeds = base ** (-torch.arange(x.shape[-1] // 2) / x.shape[-1])
    angles = positions[..., None] * speeds
    if positions.dim() == 2:
        angles = angles.reshape(len(positions), *[1] * (x.dim() - 3), *angles.shape[1:])
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


@exercise.alternative
def with_complex_numbers(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Multiply each pair, as a complex number, with one on the unit circle."""
    width = x.shape[-1]
    speeds = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = positions.unsqueeze(-1) * speeds
    while positions.dim() == 2 and angles.dim() < x.dim():
        angles = angles.unsqueeze(1)
    pairs = torch.view_as_complex(x.double().reshape(*x.shape[:-1], width // 2, 2))
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).reshape(x.shape).to(x.dtype)


@exercise.alternative
def with_a_turned_copy(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Add x · cos to a copy of x turned by a quarter · sin."""
    speeds = torch.pow(base, -torch.arange(0, x.size(-1), 2).double() / x.size(-1))
    angles = (positions.double().unsqueeze(-1) * speeds).repeat_interleave(2, dim=-1)
    if positions.dim() > 1:
        angles = angles[(slice(None), *[None] * (x.dim() - 3))]
    quarter = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).reshape(x.shape)
    return x * angles.cos().to(x.dtype) + quarter * angles.sin().to(x.dtype)


@exercise.alternative
def with_matrices(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Multiply each pair with its own matrix."""
    width = x.shape[-1]
    speeds = base ** (-torch.arange(0, width, 2).double() / width)
    angles = positions[..., None] * speeds
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *(1 for _ in range(x.dim() - 3)), *angles.shape[1:])
    cos, sin = angles.cos(), angles.sin()
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    pairs = x.unflatten(-1, (width // 2, 2)).unsqueeze(-1)
    return (turn.to(x.dtype) @ pairs).squeeze(-1).flatten(-2)
