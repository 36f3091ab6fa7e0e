"""What the schedule figure says; `schedule/words.js` says the same in the page."""

from course_lib.figures.formats import counted, fixed, percent, significant, thousands
from course_lib.figures.powers import scientific
from course_lib.figures.schedule_numbers import WITH_FLOOR, ScheduleNumbers, ScheduleShape

NAMES = ("A", "B")
RATIO_DECIMALS = 2


def schedule_in_words(name: str, shape: ScheduleShape, step: int, now: ScheduleNumbers) -> str:
    """Say how a schedule goes, its rate at a step, and what its rates add up to.

    Args:
        name: What the schedule is called.
        shape: The schedule.
        step: The chosen step.
        now: What follows from both.
    """
    return (
        f"{name}, {shape.kind}: {_way(shape, now)}. At step {thousands(step)} the rate is "
        f"{scientific(now.rate)}, {percent(now.rate / shape.peak, 1)} of the peak"
        f"{'' if step < shape.n_steps else ', after the end'}. The rates of all "
        f"{counted(shape.n_steps, 'step')} add up to {significant(now.area)}, "
        f"{percent(now.of_peak, 1)} of what the peak at every step would give."
    )


def comparison_in_words(first: ScheduleNumbers, second: ScheduleNumbers) -> str:
    """Say how the sums of two schedules compare."""
    ratio = fixed(second.area / first.area, RATIO_DECIMALS)
    return f"The rates of B add up to {ratio} times those of A."


def _way(shape: ScheduleShape, now: ScheduleNumbers) -> str:
    """Say where it rises and where it falls."""
    peak = scientific(shape.peak)
    rise = (
        f"{counted(shape.n_warmup, 'step')} of warm-up "
        f"({percent(now.warmup_share, 1)} of the steps), up to {peak}"
        if shape.n_warmup
        else f"no warm-up, {peak} at once"
    )
    if shape.kind not in WITH_FLOOR:
        return f"{rise}, then {'on' if shape.kind == 'constant' else 'down, without an end'}"
    decay = (
        "" if shape.kind != "stable, then decay" else f" over the last {thousands(shape.n_decay)}"
    )
    return f"{rise}, then down{decay} to {scientific(shape.floor)}"
