"""Pictures with more or less noise in them, and the way back for who knows the noise."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_equal,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="diffusion_noise",
    points=10,
    exports=("add_noise", "predict_x0"),
    not_allowed=("course_lib.noise_schedule.NoiseSchedule",),
    hints=(
        "Look up each picture's own ᾱ first: B numbers. They have to meet all numbers of their "
        "picture and no other one, so give them as many axes as the pictures have, all but the "
        "first of length 1.",
        "What remains of the picture is multiplied by the root of ᾱ, the noise by the root of "
        "1 − ᾱ. The way back is this equation solved for the picture: take the noise away, "
        "multiplied as it was, and divide. `alpha_bar[t]` looks up, and "
        "`reshape(-1, *[1] * n)` adds n axes.",
    ),
    time_limit_s=5.0,
)


def _shares(x: Tensor, t: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """Give the two factors of each picture, in float64."""
    kept = torch.stack([alpha_bar.double()[step] for step in t.tolist()])
    kept = kept[(..., *[None] * (x.dim() - 1))]
    return kept.sqrt(), (1 - kept).sqrt()


def _noised(x0: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    of_picture, of_noise = _shares(x0, t, alpha_bar)
    return (of_picture * x0.double() + of_noise * noise.double()).to(x0.dtype)


def _predicted(x_t: Tensor, t: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    of_picture, of_noise = _shares(x_t, t, alpha_bar)
    return ((x_t.double() - of_noise * noise.double()) / of_picture).to(x_t.dtype)


def _schedule(draw: Draw, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw what is left after each step: falling from below 1 to above 0, by unequal steps."""
    n_steps = 3 if draw.small else draw.integer(7, 9)
    falls = 0.5 + draw.probabilities(n_steps, torch.float64) * n_steps
    places = falls.cumsum(0) / (falls.sum() + 0.5)
    left = 0.92 - 0.85 * places
    return (left.mul(100).round().div(100) if draw.small else left).to(dtype)


def _pictures(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Draw pictures and noise, more of them than a picture has rows."""
    shape = (2, 3) if draw.small else (5, 1, 4, 3)
    return draw.normal(*shape, scale=2.0, dtype=dtype), draw.normal(*shape, dtype=dtype)


def _times(draw: Draw, alpha_bar: Tensor, n_pictures: int) -> Tensor:
    """Draw the steps of the pictures, all different, and not in order."""
    return draw.order(len(alpha_bar))[:n_pictures]


@exercise.item(
    "picture and noise in their shares",
    points=3,
    sentence="x_t = √ᾱ · x0 + √(1 − ᾱ) · noise: two roots, so that the squares of the factors sum "
    "to 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    alpha_bar = _schedule(draw)
    x0, noise = _pictures(draw)
    for step in range(1, len(alpha_bar) - 1):
        t = torch.full((len(x0),), step)
        want = _noised(x0, t, noise, alpha_bar)
        expect_close(learner.add_noise(x0, t, noise, alpha_bar), want)


@exercise.item(
    "a time for each picture",
    points=2,
    sentence="Entry b of t says where picture b is, and counts for all its numbers and for no "
    "other picture. Pictures may have any number of axes, or be single numbers.",
)
def _(learner: Learner, draw: Draw) -> None:
    alpha_bar = _schedule(draw)
    x0, noise = _pictures(draw)
    t = _times(draw, alpha_bar, len(x0))
    expect_close(learner.add_noise(x0, t, noise, alpha_bar), _noised(x0, t, noise, alpha_bar))
    for shape in ((len(x0),), (len(x0), len(x0)), (len(x0), len(x0), 2)):
        x0, noise = draw.normal(*shape), draw.normal(*shape)
        want = _noised(x0, t, noise, alpha_bar)
        expect_close(learner.add_noise(x0, t, noise, alpha_bar), want)


@exercise.item(
    "times count from 0",
    points=1,
    sentence="t is the place in `alpha_bar`: 0 is its first entry. Where ᾱ is 1 the picture stays "
    "as it is.",
)
def _(learner: Learner, draw: Draw) -> None:
    alpha_bar = _schedule(draw)
    x0, noise = _pictures(draw)
    for step in (0, len(alpha_bar) - 1):
        t = torch.full((len(x0),), step)
        want = _noised(x0, t, noise, alpha_bar)
        expect_close(learner.add_noise(x0, t, noise, alpha_bar), want)
    alpha_bar[0] = 1.0
    t = torch.zeros(len(x0), dtype=torch.int64)
    expect_equal(learner.add_noise(x0, t, noise, alpha_bar), x0)
    expect_equal(learner.predict_x0(x0, t, noise, alpha_bar), x0)


@exercise.item(
    "and back",
    points=3,
    sentence="`predict_x0` solves the same equation for the picture: x_t less √(1 − ᾱ) · noise, "
    "all of it divided by √ᾱ. With the noise that was added the picture itself comes back.",
)
def _(learner: Learner, draw: Draw) -> None:
    alpha_bar = _schedule(draw)
    x_t, noise = _pictures(draw)
    for t in (_times(draw, alpha_bar, len(x_t)), torch.full((len(x_t),), len(alpha_bar) - 1)):
        want = _predicted(x_t, t, noise, alpha_bar)
        expect_close(learner.predict_x0(x_t, t, noise, alpha_bar), want)
        x_t, noise = draw.normal(len(x_t), len(x_t)), draw.normal(len(x_t), len(x_t))


@exercise.item(
    "gradients, float64, nothing changed",
    points=1,
    sentence="Gradients flow to picture and noise, there and back; the dtype is that of the "
    "pictures; inputs stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    alpha_bar = _schedule(draw, torch.float64)
    pictures, noise = _pictures(draw, torch.float64)
    t = _times(draw, alpha_bar, len(pictures))
    slopes = draw.normal(*pictures.shape, dtype=torch.float64)
    for theirs, mine in ((learner.add_noise, _noised), (learner.predict_x0, _predicted)):
        leaves = [one.clone().requires_grad_() for one in (pictures, noise)]
        got, gradients = theirs.vjp(slopes, leaves[0], t, leaves[1], alpha_bar)
        want = mine(leaves[0], t, leaves[1], alpha_bar)
        expect_close(got, want.detach())
        expected = torch.autograd.grad(want, leaves, slopes)
        for gradient, one in zip(gradients, expected, strict=True):
            expect_gradient(gradient, one)
    expect_unchanged(learner)
