"""A state-space model whose steps depend on what it reads, one position after the other."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="selective_scan",
    points=14,
    exports=("selective_scan",),
    not_allowed=(
        "course_lib.state_space.states_in_turn",
        "course_lib.state_space.states_by_doubling",
        "course_lib.state_space.states_by_chunks",
        "course_lib.models.recall_mixers.ScanMixer",
    ),
    hints=(
        "Every channel has a state of N numbers: a table h of (D, N), 0 at the beginning. A "
        "position does three things with it, in this order: let it fade, feed it, read it. How "
        "much it fades is exp(Δ · A), number by number; what it is fed with is Δ · B · x.",
        "Make the factors of all positions first: `delta[:, :, None] * A` is (T, D, N), and what "
        "is fed is `(delta * x)[:, :, None] * B[:, None, :]`, of the same shape. Then loop over "
        "the positions with one line for the new state. Read it with `C[t]`: a sum over the N "
        "numbers of each channel.",
    ),
    time_limit_s=5.0,
)

Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def _scan(x: Tensor, A: Tensor, B: Tensor, C: Tensor, delta: Tensor) -> Tensor:
    """Compute what is expected in float64: what each position adds to each later one."""
    dtype = x.dtype
    x, A, B, C, delta = (one.double() for one in (x, A, B, C, delta))
    rows = []
    for t in range(len(x)):
        y = torch.zeros_like(x[0])
        for s in range(t + 1):
            # What was fed at s has faded in every step after it.
            since = delta[s + 1 : t + 1].sum(0)
            left = (since[:, None] * A).exp() @ (C[t] * B[s])
            y = y + left * delta[s] * x[s]
        rows.append(y)
    return torch.stack(rows).to(dtype)


def _inputs(draw: Draw, seq_len: int, dtype: torch.dtype = torch.float32) -> Inputs:
    """Draw what is read and the numbers of a model; A below 0, Δ above 0, both far from 1."""
    n_channels, n_states = (2, 3) if draw.small else (4, 3)
    x = draw.normal(seq_len, n_channels, scale=2.0, dtype=dtype)
    A = -0.2 - draw.normal(n_channels, n_states, dtype=dtype).abs()
    B, C = (draw.normal(seq_len, n_states, dtype=dtype) for _ in range(2))
    delta = 0.3 + draw.normal(seq_len, n_channels, scale=0.6, dtype=dtype).abs()
    return x, A, B, C, delta


def _length(draw: Draw) -> int:
    return 2 if draw.small else draw.integer(6, 8)


@exercise.item(
    "one position",
    points=3,
    sentence="A state that was 0 becomes Δ · B · x, channel by channel, and is read with C at "
    "once: the position hears itself.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in ("one", "another"):
        inputs = _inputs(draw, 1)
        expect_close(learner.selective_scan(*inputs), _scan(*inputs))


@exercise.item(
    "what was fed fades",
    points=4,
    sentence="In each step the state is multiplied by exp(Δ · A), with the Δ of that step, before "
    "anything is added: what is new has not faded yet.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, A, B, C, delta = _inputs(draw, _length(draw))
    x[1:] = 0.0  # heard once, then silence
    expect_close(learner.selective_scan(x, A, B, C, delta), _scan(x, A, B, C, delta))
    # A long step forgets more than a short one.
    delta[1] = 3 * delta[1]
    expect_close(learner.selective_scan(x, A, B, C, delta), _scan(x, A, B, C, delta))


@exercise.item(
    "all positions and channels",
    points=3,
    sentence="Every channel has a state of its own, every position its own B, C and Δ; B and C are "
    "shared by the channels.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, _length(draw))
    expect_close(learner.selective_scan(*inputs), _scan(*inputs))


@exercise.item(
    "long sequences",
    points=2,
    sentence="Also after hundreds of positions, when what was fed first has faded to nothing, the "
    "result is finite and right.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_heard = _length(draw)
    x, A, B, C, delta = _inputs(draw, 40 if draw.small else 300)
    x[: -n_heard - 1] = 0.0
    delta = delta + (6.0 if draw.small else 1.0)
    got = learner.selective_scan(x, A, B, C, delta)
    expect_true(got.isfinite().all(), "a number of the result is not finite", got)
    heard = (one[-n_heard - 1 :] for one in (x, B, C, delta))
    x, B, C, delta = heard
    expect_close(got[-len(x) :], _scan(x, A, B, C, delta))


@exercise.item(
    "gradients, float64, nothing changed",
    points=2,
    sentence="Gradients flow to all five inputs; the result has the dtype of x; inputs stay as "
    "they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    leaves = _inputs(draw, _length(draw), torch.float64)
    slopes = draw.normal(*leaves[0].shape, dtype=torch.float64)
    theirs = [leaf.clone().requires_grad_() for leaf in leaves]
    got, gradients = learner.selective_scan.vjp(slopes, *theirs)
    mine = [leaf.clone().requires_grad_() for leaf in leaves]
    want = _scan(*mine)
    expect_close(got, want.detach())
    expected = torch.autograd.grad(want, mine, slopes)
    for gradient, one in zip(gradients, expected, strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)
