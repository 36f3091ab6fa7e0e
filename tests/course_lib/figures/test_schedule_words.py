"""The schedule figure's sentences."""

from dataclasses import replace

import pytest

from course_lib.figures.schedule_numbers import ScheduleShape, schedule_numbers
from course_lib.figures.schedule_words import comparison_in_words, schedule_in_words

S = "\N{NO-BREAK SPACE}"
SHAPE = ScheduleShape(kind="cosine", n_warmup=400, n_steps=4000, n_decay=800, peak=3e-4, floor=3e-5)


def said(shape, step=1500):
    return schedule_in_words("A", shape, step, schedule_numbers(shape, step)).replace(S, " ")


def test_a_cosine():
    assert said(SHAPE) == (
        "A, cosine: 400 steps of warm-up (10.0 % of the steps), up to 3.00 × 10⁻⁴, then down to "
        "3.00 × 10⁻⁵. At step 1,500 the rate is 2.42 × 10⁻⁴, 80.8 % of the peak. The rates of all "
        "4,000 steps add up to 0.654, 54.5 % of what the peak at every step would give."
    )


@pytest.mark.parametrize(
    ("changed", "way"),
    [
        ({"kind": "constant"}, "up to 3.00 × 10⁻⁴, then on. At"),
        ({"kind": "inverse square root"}, "up to 3.00 × 10⁻⁴, then down, without an end. At"),
        ({"kind": "stable, then decay"}, "then down over the last 800 to 3.00 × 10⁻⁵. At"),
        (
            {"n_warmup": 0, "floor": 0.0},
            "A, cosine: no warm-up, 3.00 × 10⁻⁴ at once, then down to 0.",
        ),
        ({"n_warmup": 1}, "A, cosine: 1 step of warm-up (0.0 % of the steps), up"),
    ],
)
def test_ways(changed, way):
    assert way in said(replace(SHAPE, **changed))


def test_a_step_after_the_end_is_named_so():
    assert "At step 4,000 the rate is 3.00 × 10⁻⁵, 10.0 % of the peak, after the end." in said(
        SHAPE, 4000
    )
    assert "after the end" not in said(SHAPE, 3999)


def test_a_comparison():
    longer = replace(SHAPE, kind="constant", n_warmup=0, n_steps=2000, peak=6.54e-4)
    pair = [schedule_numbers(each, 0) for each in (SHAPE, longer)]
    assert comparison_in_words(*pair) == "The rates of B add up to 2.00 times those of A."
