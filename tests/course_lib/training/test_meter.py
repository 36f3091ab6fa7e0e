import math

import pytest

from course_lib.training.meter import KEPT, Meter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class TestMeter:
    def test_hand_worked_case(self):
        # Two steps of 512 tokens in 4 seconds: 256 tokens a second. 98 steps are left, 2 s each.
        clock = Clock()
        meter = Meter(100, 512, clock)
        for step, loss in enumerate((2.0, 2.0)):
            clock.now += 2.0
            meter(step, loss)
        assert meter.line() == "loss 2.000, 256 tokens/s, 3:16 min left"

    def test_seconds_have_two_digits(self):
        clock = Clock()
        meter = Meter(66, 10, clock)
        clock.now += 1.0
        meter(0, 1.0)
        assert meter.line().endswith("1:05 min left")

    def test_the_loss_follows_slowly(self):
        meter = Meter(10, 1, Clock())
        meter(0, 0.0)
        meter(1, 1.0)
        before = meter.loss
        for step in range(2, 10):
            meter(step, 1.0)
        assert 0.5 < before < meter.loss < 0.95

    def test_the_first_loss_counts_whole(self):
        meter = Meter(10, 1, Clock())
        meter(0, 7.0)
        assert meter.loss == pytest.approx(7.0)

    def test_the_loss_is_a_weighted_mean(self):
        meter, losses = Meter(10, 1, Clock()), [5.0, 3.0, 4.0]
        for step, loss in enumerate(losses):
            meter(step, loss)
        weights = [KEPT**2, KEPT, 1.0]
        mean = sum(w * x for w, x in zip(weights, losses, strict=True)) / sum(weights)
        assert meter.loss == pytest.approx(mean)

    def test_a_training_taken_up_again_counts_its_own_steps_only(self):
        clock = Clock()
        meter = Meter(100, 10, clock)
        clock.now += 1.0
        meter(89, 1.0)
        assert meter.tokens_per_s == pytest.approx(10.0)
        assert meter.seconds_left == pytest.approx(10.0)

    def test_before_the_first_step_there_is_nothing_to_tell(self):
        meter = Meter(10, 1, Clock())
        assert meter.line() == "not a step yet"
        assert all(map(math.isnan, (meter.loss, meter.tokens_per_s, meter.seconds_left)))

    @pytest.mark.parametrize(("n_steps", "tokens_per_step"), [(0, 5), (5, 0)])
    def test_nothing_to_count_is_refused(self, n_steps, tokens_per_step):
        with pytest.raises(ValueError, match=f"{n_steps=} and {tokens_per_step=}"):
            Meter(n_steps, tokens_per_step)
