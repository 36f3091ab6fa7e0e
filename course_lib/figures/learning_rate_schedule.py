"""The learning-rate schedule: a reader shapes one, and compares it with a second.

The figure holds two schedules in numbers. Its module computes in the reader's browser;
`LearningRateSchedule.numbers` computes the same with `course_lib.training.schedules`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from course_lib.figures.base import Figure, Preset
from course_lib.figures.schedule_numbers import (
    KINDS,
    ScheduleNumbers,
    ScheduleShape,
    schedule_numbers,
)
from course_lib.figures.schedule_words import NAMES, comparison_in_words, schedule_in_words

# What a chapter's cell needs.
__all__ = ["LearningRateSchedule", "Preset", "ScheduleShape", "two_schedules"]

MOST_STEPS = 200_000  # all are added up whenever something moves
STATE = ("shapes", "compared", "active", "step")
START = (
    "Drag the round handles: the end of the warm-up, the peak, the end of the training, the "
    "floor. Then drag the upright line to read the rate of a step."
)


class LearningRateSchedule(Figure):
    """A curve with handles and sliders, the rate at a step, and the sum of all rates.

    Attributes:
        kinds: The kinds of schedule to choose from.
        max_steps: The longest training, the end of the axis of steps.
        max_rate: The largest rate, the end of the axis of rates.
        shapes: The two schedules, A and B, in numbers: see `ScheduleShape`.
        compared: Whether B is shown.
        active: The one that sliders and handles change, 0 or 1.
        step: The step whose rate is read.
    """

    kinds = traitlets.List(traitlets.Unicode(), list(KINDS)).tag(sync=True)
    max_steps = traitlets.Int(1).tag(sync=True)
    max_rate = traitlets.Float(1.0).tag(sync=True)
    shapes = traitlets.List(traitlets.Dict()).tag(sync=True)
    compared = traitlets.Bool(default_value=False).tag(sync=True)
    active = traitlets.Int(0, min=0, max=1).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        first: ScheduleShape,
        second: ScheduleShape | None = None,
        *,
        max_steps: int,
        max_rate: float,
        step: int = 0,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "A learning-rate schedule",
        description: str = "The learning rate against the step. Handles and sliders set warm-up, "
        "length, peak and floor; a second schedule can be compared.",
    ) -> None:
        """Begin with a schedule.

        Args:
            first: The schedule A.
            second: The schedule B, shown from the start. None begins with a copy of A that the
                reader may bring up.
            max_steps: The longest training that can be chosen.
            max_rate: The largest rate that can be chosen.
            step: The step whose rate is read at the start.
            see: What there is to see and to try at the start.
            presets: Buttons for other states; `two_schedules` writes their values.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: `max_steps` or `max_rate` are not above 0, or there are too many steps.
            traitlets.TraitError: A schedule does not fit them, or the step lies beyond.
        """
        if not (1 < max_steps <= MOST_STEPS and max_rate > 0):
            raise ValueError(
                f"{max_steps=} must lie between 2 and {MOST_STEPS}, and {max_rate=} be above 0"
            )
        super().__init__(
            max_steps=max_steps,
            max_rate=max_rate,
            step=step,
            title=title,
            description=description,
            **two_schedules(first, second),
        )
        self.offer(see, presets, restored=STATE)

    @traitlets.validate("shapes")
    def _check_shapes(self, proposal: traitlets.Bunch) -> list[dict[str, Any]]:
        if len(proposal.value) != len(NAMES):
            raise traitlets.TraitError(f"there are two schedules, not {len(proposal.value)}")
        for shape in map(_shape_of, proposal.value):
            if shape.n_steps > self.max_steps or shape.peak > self.max_rate:
                raise traitlets.TraitError(
                    f"{shape.n_steps} steps up to {shape.peak:g} leave the axes, which end at "
                    f"{self.max_steps} and {self.max_rate:g}"
                )
        return proposal.value

    @traitlets.validate("step")
    def _check_step(self, proposal: traitlets.Bunch) -> int:
        if proposal.value > self.max_steps:
            raise traitlets.TraitError(f"step {proposal.value} lies beyond {self.max_steps}")
        return proposal.value

    def shape(self, index: int) -> ScheduleShape:
        """Return schedule A or B as it is now, the reader's changes included."""
        return _shape_of(self.shapes[index])

    def numbers(self) -> list[ScheduleNumbers]:
        """Compute what the figure shows: of A, and of B where it is shown."""
        shown = range(1 + self.compared)
        return [schedule_numbers(self.shape(index), self.step) for index in shown]

    def summary(self) -> str:
        """Say how each schedule goes, and how their sums compare."""
        numbers = self.numbers()
        said = [
            schedule_in_words(NAMES[index], self.shape(index), self.step, now)
            for index, now in enumerate(numbers)
        ]
        if self.compared:
            said.append(comparison_in_words(*numbers))
        return " ".join(said)

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"


def two_schedules(first: ScheduleShape, second: ScheduleShape | None = None) -> dict[str, Any]:
    """Return what a preset sets to show one schedule or two."""
    shapes = [first.for_the_page(), (second or first).for_the_page()]
    return {"shapes": shapes, "compared": second is not None, "active": 0}


def _shape_of(values: Mapping[str, Any]) -> ScheduleShape:
    """Make a shape of what the page sends, in which a whole rate is an integer."""
    try:
        rates = {name: float(values[name]) for name in ("peak", "floor")}
        return ScheduleShape(**{**values, **rates})
    except (KeyError, TypeError, ValueError) as error:
        raise traitlets.TraitError(f"a schedule does not fit: {error}") from error
