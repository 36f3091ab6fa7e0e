"""What the schedule figure computes."""

import math
from dataclasses import replace

import pytest

from course_lib.figures.schedule_numbers import KINDS, WITH_FLOOR, ScheduleShape, schedule_numbers
from course_lib.training.schedules import cosine_decay

SHAPE = ScheduleShape(kind="linear", n_warmup=2, n_steps=6, n_decay=3, peak=0.4, floor=0.1)


class TestByHand:
    def test_a_straight_line(self):
        # Up: 0.2, 0.4. Down to 0.1 in four steps: 0.4, 0.325, 0.25, 0.175.
        rates = [SHAPE.rate(step) for step in range(8)]
        assert rates == pytest.approx([0.2, 0.4, 0.4, 0.325, 0.25, 0.175, 0.1, 0.1], abs=1e-12)
        now = schedule_numbers(SHAPE, 3)
        assert now.rate == pytest.approx(0.325, abs=1e-12)
        assert now.area == pytest.approx(1.75, abs=1e-12)
        assert now.of_peak == pytest.approx(1.75 / (6 * 0.4), abs=1e-12)
        assert now.warmup_share == pytest.approx(1 / 3, abs=1e-12)

    def test_half_a_cosine_makes_half_of_the_peak_and_a_half_of_the_floor(self):
        long = replace(SHAPE, kind="cosine", n_warmup=0, n_steps=10_000)
        # (1 + 1/4) / 2, and half a step that the sum from the left counts too much.
        assert schedule_numbers(long, 0).of_peak == pytest.approx(0.625, abs=1e-4)


class TestKinds:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_begins_with_a_share_of_the_warmup_and_reaches_the_peak(self, kind):
        shape = replace(SHAPE, kind=kind)
        assert shape.rate(0) == pytest.approx(0.2, abs=1e-12)
        assert max(shape.rate(step) for step in range(9)) == shape.peak

    @pytest.mark.parametrize("kind", KINDS)
    def test_those_with_a_floor_end_on_it(self, kind):
        far = replace(SHAPE, kind=kind).rate(10_000)
        expected = {"constant": 0.4, "inverse square root": 0.4 * math.sqrt(2 / 10_001)}
        assert far == pytest.approx(expected.get(kind, 0.1), abs=1e-12)
        assert (kind in expected) == (kind not in WITH_FLOOR)

    def test_they_are_the_library_s(self):
        shape = replace(SHAPE, kind="cosine", n_steps=50)
        theirs = cosine_decay(50, 2, floor=0.25)
        for step in range(60):
            assert shape.rate(step) == pytest.approx(0.4 * theirs(step), abs=1e-12)

    def test_they_differ(self):
        shape = replace(SHAPE, n_steps=50, n_decay=10)
        assert len({replace(shape, kind=kind).rate(45) for kind in KINDS}) == len(KINDS)


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"kind": "step"}, "no kind 'step'; there are: constant, linear"),
            ({"peak": 0.0}, "self.peak=0.0 must be above 0"),
            ({"peak": math.inf}, "must be above 0"),
            ({"floor": 0.5}, "self.floor=0.5 must lie between 0 and self.peak=0.4"),
            ({"floor": -0.1}, "must lie between 0"),
            ({"n_warmup": 6}, "n_warmup=6 must be at least 0 and less than"),
            ({"kind": "constant", "n_warmup": 6}, "n_warmup=6 must be at least 0 and less than"),
            ({"kind": "constant", "n_warmup": -1}, "n_warmup=-1 must be at least 0"),
            ({"kind": "stable, then decay", "n_decay": 5}, "n_decay=5 must be above 0"),
        ],
    )
    def test_what_is_no_schedule(self, wrong, message):
        with pytest.raises(ValueError, match=message):
            replace(SHAPE, **wrong)

    def test_a_decay_that_the_kind_does_not_look_at_is_not_asked(self):
        assert replace(SHAPE, n_decay=100).n_decay == 100


def test_all_of_it_goes_to_the_page():
    assert ScheduleShape(**SHAPE.for_the_page()) == SHAPE
