import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from course_lib.training.schedules import constant, cosine_decay, linear_decay

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

    def test_matches_torch(self):
        theirs = factors_of_torch(lambda optimizer: CosineAnnealingLR(optimizer, N_STEPS))
        ours = [cosine_decay(N_STEPS)(step) for step in range(N_STEPS + 1)]
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


def test_constant_is_one_at_every_step():
    assert {constant(step) for step in range(5)} == {1.0}
