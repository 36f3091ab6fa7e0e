"""What the schedule figure computes: the rate of each step, their sum, the share of warm-up."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from course_lib.training.schedules import (
    Schedule,
    constant_after_warmup,
    cosine_decay,
    inverse_root_decay,
    linear_decay,
    stable_then_decay,
)

# The kinds that fall to a floor at the end of the training.
WITH_FLOOR = ("linear", "cosine", "stable, then decay")


@dataclass(frozen=True, kw_only=True)
class ScheduleShape:
    """A learning-rate schedule in numbers.

    Attributes:
        kind: One of `KINDS`.
        n_warmup: Steps of the rise.
        n_steps: Steps of the whole training.
        n_decay: Steps of the fall at the end; only "stable, then decay" looks at it.
        peak: The largest rate.
        floor: The rate at the end; only the kinds in `WITH_FLOOR` look at it.
    """

    kind: str
    n_warmup: int
    n_steps: int
    n_decay: int
    peak: float
    floor: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no kind {self.kind!r}; there are: {', '.join(KINDS)}")
        if not 0 < self.peak < math.inf:
            raise ValueError(f"{self.peak=} must be above 0")
        if not 0 <= self.floor <= self.peak:
            raise ValueError(f"{self.floor=} must lie between 0 and {self.peak=}")
        # The kinds without an end would take a warm-up that is never over.
        if not 0 <= self.n_warmup < self.n_steps:
            raise ValueError(f"{self.n_warmup=} must be at least 0 and less than {self.n_steps=}")
        KINDS[self.kind](self)

    @property
    def factor(self) -> Schedule:
        """The schedule of `course_lib.training.schedules`, a share of the peak."""
        return KINDS[self.kind](self)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.peak * self.factor(step)

    def for_the_page(self) -> dict:
        """Give all of it as plain data."""
        return asdict(self)


KINDS: dict[str, Callable[[ScheduleShape], Schedule]] = {
    "constant": lambda shape: constant_after_warmup(shape.n_warmup),
    "linear": lambda shape: linear_decay(
        shape.n_steps, shape.n_warmup, floor=shape.floor / shape.peak
    ),
    "cosine": lambda shape: cosine_decay(
        shape.n_steps, shape.n_warmup, floor=shape.floor / shape.peak
    ),
    "inverse square root": lambda shape: inverse_root_decay(shape.n_warmup),
    "stable, then decay": lambda shape: stable_then_decay(
        shape.n_steps, shape.n_warmup, shape.n_decay, floor=shape.floor / shape.peak
    ),
}


@dataclass(frozen=True, kw_only=True)
class ScheduleNumbers:
    """What the figure shows of one schedule.

    Attributes:
        rate: The rate of the chosen step.
        area: The sum of the rates of all steps.
        of_peak: That sum, as a share of what the peak at every step would give.
        warmup_share: The warm-up, as a share of the steps.
    """

    rate: float
    area: float
    of_peak: float
    warmup_share: float


def schedule_numbers(shape: ScheduleShape, step: int) -> ScheduleNumbers:
    """Compute what the figure shows of a schedule at a step."""
    factor = shape.factor
    total = math.fsum(factor(each) for each in range(shape.n_steps))
    return ScheduleNumbers(
        rate=shape.peak * factor(step),
        area=shape.peak * total,
        of_peak=total / shape.n_steps,
        warmup_share=shape.n_warmup / shape.n_steps,
    )
