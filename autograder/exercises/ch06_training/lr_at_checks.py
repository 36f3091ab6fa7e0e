"""The learning rate at a step: up in a straight line, down along half a cosine, then level."""

import math

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="lr_at",
    points=6,
    exports=("lr_at",),
    not_allowed=(
        "course_lib.training.schedules.cosine_decay",
        "course_lib.training.schedules.linear_decay",
        "torch.optim.lr_scheduler.CosineAnnealingLR",
        "torch.optim.lr_scheduler.LinearLR",
    ),
    hints=(
        "There are three stretches: before `warmup`, from there to `total`, and after it. In the "
        "first the rate is a share of the peak: which share of the warm-up is done?",
        "For the fall, work out which share of it is done: 0 at `warmup`, 1 at `total`, and never "
        "more than 1. (1 + cos(π · share)) / 2 then goes from 1 to 0. What it is multiplied with "
        "is the height of the fall, from the peak down to the floor, and the floor lies below it.",
    ),
    time_limit_s=5.0,
)

RTOL, ATOL = 1e-6, 1e-9


def _rate(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Compute what is expected: the two halves of the fall mirror each other."""
    if step < warmup:
        return peak * (step / warmup)
    angle = math.pi * (min(step, total) - warmup) / (total - warmup)
    return peak - (peak - floor) * math.sin(angle / 2) ** 2


def _schedule(draw: Draw) -> tuple[int, int, float, float]:
    """Draw warm-up, total, peak and floor, none of them near another."""
    warmup = draw.integer(4, 6) if draw.small else draw.integer(7, 30)
    total = 3 * warmup + 2 * draw.integer(1, 5)
    peak = draw.integer(12, 30) / 10
    return warmup, total, peak, peak * draw.choice((0.2, 0.25, 0.4))


def _expect_rates(learner: Learner, steps: tuple[int, ...], schedule: tuple) -> None:
    for step in steps:
        got = learner.lr_at(step, *schedule)
        expect_close(got, _rate(step, *schedule), rtol=RTOL, atol=ATOL)


@exercise.item(
    "warm-up",
    points=2,
    sentence="Step 0 has the rate 0; from there it rises in a straight line, and step `warmup` has "
    "the peak.",
)
def _(learner: Learner, draw: Draw) -> None:
    warmup, *others = _schedule(draw)
    _expect_rates(learner, (0, 1, warmup // 2, warmup - 1, warmup), (warmup, *others))


@exercise.item(
    "half a cosine down to the floor",
    points=2,
    sentence="From `warmup` to `total` the rate falls along half a cosine from the peak to the "
    "floor; halfway it is halfway between the two.",
)
def _(learner: Learner, draw: Draw) -> None:
    warmup, total, peak, floor = _schedule(draw)
    # Mistakes differ most within the fall, so its ends come last.
    steps = ((3 * warmup + total) // 4, (warmup + total) // 2, warmup + 1, total - 1, total)
    _expect_rates(learner, steps, (warmup, total, peak, floor))
    _expect_rates(learner, steps, (warmup, total, peak, 0.0))


@exercise.item(
    "level after the end",
    points=1,
    sentence="After `total` the rate stays at the floor, however long the training goes on.",
)
def _(learner: Learner, draw: Draw) -> None:
    warmup, total, peak, floor = _schedule(draw)
    steps = (total + 1, total + warmup, 2 * total - warmup, 5 * total + 1)
    _expect_rates(learner, steps, (warmup, total, peak, floor))


@exercise.item(
    "no warm-up",
    points=1,
    sentence="With `warmup=0` there is no rise: step 0 has the peak, and the fall begins.",
)
def _(learner: Learner, draw: Draw) -> None:
    _, total, peak, floor = _schedule(draw)
    _expect_rates(learner, (0, total // 3, 1, total), (0, total, peak, floor))
