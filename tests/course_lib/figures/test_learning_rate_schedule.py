"""The schedule figure's Python side: what it holds, computes, says and refuses."""

import re
from dataclasses import replace

import pytest
import traitlets

from course_lib.figures.base import MAX_MODULE_BYTES
from course_lib.figures.learning_rate_schedule import (
    LearningRateSchedule,
    Preset,
    ScheduleShape,
    two_schedules,
)
from course_lib.figures.schedule_numbers import schedule_numbers

A = ScheduleShape(kind="cosine", n_warmup=40, n_steps=400, n_decay=80, peak=3e-4, floor=3e-5)
B = replace(A, kind="stable, then decay", n_steps=300, peak=6e-4)


def schedule(*shapes, **options):
    return LearningRateSchedule(*shapes, **{"max_steps": 500, "max_rate": 1e-3} | options)


class TestState:
    def test_one_schedule_and_two(self):
        one, two = schedule(A, step=70), schedule(A, B)
        assert (one.compared, one.shape(0), one.shape(1)) == (False, A, A)
        assert (two.compared, two.shape(0), two.shape(1)) == (True, A, B)
        assert one.numbers() == [schedule_numbers(A, 70)]
        assert two.numbers() == [schedule_numbers(A, 0), schedule_numbers(B, 0)]

    def test_what_the_page_sends_becomes_a_schedule(self):
        figure = schedule(A)
        # JavaScript writes a floor of 0.0 as 0.
        figure.shapes = [A.for_the_page() | {"floor": 0}, B.for_the_page()]
        assert figure.shape(0) == replace(A, floor=0.0)

    def test_a_preset_sets_both(self):
        figure = schedule(A, presets=[Preset("Two", "See both.", two_schedules(A, B))])
        start, two = figure.presets
        assert start["values"] == two_schedules(A) | {"step": 0}
        assert two["values"] == two_schedules(A, B) | {"step": 0}
        assert two["values"]["compared"]

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("step", 501, "step 501 lies beyond 500"),
            ("step", -1, "step"),
            ("active", 2, "active"),
            ("shapes", [A.for_the_page()], "two schedules, not 1"),
            ("shapes", [{"kind": "cosine"}] * 2, "a schedule does not fit: 'peak'"),
            ("shapes", [A.for_the_page() | {"n_warmup": 400}] * 2, "n_warmup=400 must be"),
            ("shapes", [A.for_the_page() | {"more": 1}] * 2, "a schedule does not fit"),
            ("shapes", [replace(A, n_steps=501).for_the_page()] * 2, "501 steps .* at 500 and"),
            ("shapes", [replace(A, peak=2e-3).for_the_page()] * 2, "up to 0.002 leave the axes"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, name, value, message):
        figure = schedule(A)
        before = getattr(figure, name)
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(figure, name, value)
        assert getattr(figure, name) == before

    @pytest.mark.parametrize("axes", [{"max_steps": 1}, {"max_steps": 200_001}, {"max_rate": 0.0}])
    def test_axes_without_room(self, axes):
        with pytest.raises(ValueError, match="must lie between 2 and 200000"):
            schedule(A, **axes)

    def test_a_start_that_leaves_the_axes(self):
        with pytest.raises(traitlets.TraitError, match=r"400 steps up to 0\.0003 leave the axes"):
            schedule(A, max_steps=300)


class TestModule:
    def test_it_stands_alone_and_is_small(self):
        module = LearningRateSchedule._esm
        assert len(module.encode()) < MAX_MODULE_BYTES
        assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(", module, re.M)
        assert not re.search(r"https?:|url\((?!#)", LearningRateSchedule._css)


class TestWords:
    def test_one_and_two(self):
        one = schedule(A, title="T", description="D.")
        assert one.text_alternative() == f"T. D.\n{one.summary()}"
        assert one.summary().startswith("A, cosine: 40 steps of warm-up")
        assert "B" not in one.summary()
        two = schedule(A, B).summary()
        assert " B, stable, then decay: 40 steps" in two
        assert two.endswith("times those of A.")
