import math

import pytest
import torch
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    SequentialLR,
)

from course_lib.training.schedules import (
    constant,
    constant_after_warmup,
    cosine_decay,
    inverse_root_decay,
    linear_decay,
    stable_then_decay,
)

N_STEPS, N_WARMUP = 50, 7


def factors_of_torch(make_scheduler):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make_scheduler(optimizer)
    factors = []
    for _ in range(N_STEPS + 1):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


class TestLinearDecay:
    def test_hand_worked_case(self):
        # Two steps up, four down: 1/2, 1, then 1 − 0/4 … at step 2, 0 from step 6 on.
        schedule = linear_decay(6, 2)
        assert [schedule(step) for step in range(8)] == [0.5, 1, 1, 0.75, 0.5, 0.25, 0, 0]

    def test_matches_torch(self):
        theirs = factors_of_torch(
            lambda optimizer: LinearLR(optimizer, 1.0, 0.0, total_iters=N_STEPS)
        )
        ours = [linear_decay(N_STEPS)(step) for step in range(N_STEPS + 1)]
        assert ours == pytest.approx(theirs, abs=1e-12)


class TestCosineDecay:
    def test_hand_worked_case(self):
        # Two steps up, four down a half cosine: cos 0, 45°, 90°, 135°, each plus 1, halved.
        schedule = cosine_decay(6, 2)
        half_root = 2**0.5 / 2
        expected = [0.5, 1, 1, (1 + half_root) / 2, 0.5, (1 - half_root) / 2, 0, 0]
        assert [schedule(step) for step in range(8)] == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("floor", [0.0, 0.1])
    def test_matches_torch(self, floor):
        theirs = factors_of_torch(
            lambda optimizer: CosineAnnealingLR(optimizer, N_STEPS, eta_min=floor)
        )
        ours = [cosine_decay(N_STEPS, floor=floor)(step) for step in range(N_STEPS + 1)]
        assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("decay", [linear_decay, cosine_decay])
class TestBoth:
    def test_rises_to_one_then_falls_and_every_step_moves(self, decay):
        factors = [decay(N_STEPS, N_WARMUP)(step) for step in range(N_STEPS)]
        assert factors[N_WARMUP - 1] == 1
        assert factors[:N_WARMUP] == sorted(factors[:N_WARMUP])
        assert factors[N_WARMUP:] == sorted(factors[N_WARMUP:], reverse=True)
        assert min(factors) > 0

    @pytest.mark.parametrize("n_warmup", [-1, 50, 51])
    def test_a_warmup_that_leaves_no_decay_is_refused(self, decay, n_warmup):
        with pytest.raises(ValueError, match=f"n_warmup={n_warmup} must be .* n_steps=50"):
            decay(N_STEPS, n_warmup)

    def test_a_floor_is_reached_and_kept_and_does_not_lift_the_warmup(self, decay):
        plain, raised = decay(N_STEPS, N_WARMUP), decay(N_STEPS, N_WARMUP, floor=0.3)
        for step in range(N_WARMUP):
            assert raised(step) == plain(step)
        for step in range(N_WARMUP, N_STEPS):
            assert raised(step) == pytest.approx(0.3 + 0.7 * plain(step), abs=1e-12)
        assert {raised(step) for step in range(N_STEPS, N_STEPS + 5)} == {0.3}

    @pytest.mark.parametrize("floor", [-0.1, 1.1, math.nan])
    def test_a_floor_that_is_no_share_is_refused(self, decay, floor):
        with pytest.raises(ValueError, match=f"floor={floor} must be a share of the peak"):
            decay(N_STEPS, floor=floor)


class TestInverseRootDecay:
    def test_hand_worked_case(self):
        # Up in four steps; at the 16th and the 64th the root of 4/16 and of 4/64.
        schedule = inverse_root_decay(4)
        assert [schedule(step) for step in (0, 1, 3, 15, 63)] == [0.25, 0.5, 1, 0.5, 0.25]
        assert [inverse_root_decay(0)(step) for step in (0, 3)] == [1, 0.5]

    def test_matches_the_published_equation(self):
        def published(step, d_model=512, warmup_steps=N_WARMUP):
            return d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)

        schedule = inverse_root_decay(N_WARMUP)
        ours = [schedule(step) for step in range(400)]
        theirs = [published(step + 1) / published(N_WARMUP) for step in range(400)]
        assert ours == pytest.approx(theirs, abs=1e-12)


class TestStableThenDecay:
    def test_hand_worked_case(self):
        # Two steps up, two as they are, four down to a half: 1 − 0/8, 1 − 1/8 …
        schedule = stable_then_decay(8, 2, 4, floor=0.5)
        expected = [0.5, 1, 1, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.5]
        assert [schedule(step) for step in range(10)] == expected

    def test_matches_torch(self):
        def stages(optimizer):
            flat = ConstantLR(optimizer, factor=1.0, total_iters=1)
            down = LinearLR(optimizer, 1.0, 0.2, total_iters=13)
            return SequentialLR(optimizer, [flat, down], milestones=[N_STEPS - 13])

        theirs = factors_of_torch(stages)
        schedule = stable_then_decay(N_STEPS, 0, 13, floor=0.2)
        assert [schedule(step) for step in range(N_STEPS + 1)] == pytest.approx(theirs, abs=1e-12)

    def test_without_a_stable_stage_it_is_the_linear_one(self):
        staged = stable_then_decay(N_STEPS, N_WARMUP, N_STEPS - N_WARMUP, floor=0.1)
        straight = linear_decay(N_STEPS, N_WARMUP, floor=0.1)
        for step in range(N_STEPS + 3):
            assert staged(step) == pytest.approx(straight(step), abs=1e-12)

    @pytest.mark.parametrize("n_decay", [0, -1, N_STEPS - N_WARMUP + 1])
    def test_a_decay_without_room_is_refused(self, n_decay):
        with pytest.raises(ValueError, match=f"n_decay={n_decay} must be above 0 and leave room"):
            stable_then_decay(N_STEPS, N_WARMUP, n_decay)

    def test_a_warmup_and_a_floor_that_do_not_fit_are_refused(self):
        with pytest.raises(ValueError, match="n_warmup=50 must be"):
            stable_then_decay(N_STEPS, 50, 1)
        with pytest.raises(ValueError, match=r"floor=2\.0 must be a share"):
            stable_then_decay(N_STEPS, N_WARMUP, 1, floor=2.0)


class TestWithoutAnEnd:
    def test_constant_after_warmup(self):
        schedule = constant_after_warmup(4)
        assert [schedule(step) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
        assert constant_after_warmup(0)(0) == 1

    @pytest.mark.parametrize("make", [constant_after_warmup, inverse_root_decay])
    def test_a_negative_warmup_is_refused(self, make):
        with pytest.raises(ValueError, match="n_warmup=-1 must be at least 0"):
            make(-1)


def test_constant_is_one_at_every_step():
    assert {constant(step) for step in range(5)} == {1.0}
