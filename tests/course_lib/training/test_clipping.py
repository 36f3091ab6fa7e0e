import math

import pytest
import torch

from course_lib.training.clipping import clip_together, global_norm


def rand(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


GRADS = (rand(3, 5, seed=0), rand(7, seed=1), rand(2, 1, 4, seed=2))


class TestClipTogether:
    def test_hand_worked_case(self):
        # 2² + 3² + 6² = 49: length 7, shortened to 3.5 by halving each number.
        clipped = clip_together([torch.tensor([2.0, 3.0]), torch.tensor([[6.0]])], 3.5)
        assert [grad.tolist() for grad in clipped.grads] == [[1.0, 1.5], [[3.0]]]
        assert (clipped.norm, clipped.factor) == (7.0, 0.5)

    @pytest.mark.parametrize("longest", [0.3, 2.0, 100.0])
    def test_matches_torch(self, longest):
        parameters = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in GRADS]
        for parameter, grad in zip(parameters, GRADS, strict=True):
            parameter.grad = grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, longest)
        clipped = clip_together(GRADS, longest)
        assert clipped.norm == pytest.approx(norm.item(), rel=1e-12)
        for ours, theirs in zip(clipped.grads, parameters, strict=True):
            # torch divides by the norm plus 1e-6.
            torch.testing.assert_close(ours, theirs.grad, rtol=1e-5, atol=1e-12)

    def test_the_direction_stays_and_the_length_is_what_was_asked(self):
        clipped = clip_together(GRADS, 0.5)
        assert global_norm(clipped.grads) == pytest.approx(0.5, rel=1e-12)
        for before, after in zip(GRADS, clipped.grads, strict=True):
            torch.testing.assert_close(after / clipped.factor, before, rtol=1e-12, atol=1e-12)

    def test_what_is_short_enough_stays_as_it_is(self):
        clipped = clip_together(GRADS, global_norm(GRADS))
        assert clipped.factor == 1.0
        assert all(a is b for a, b in zip(clipped.grads, GRADS, strict=True))

    def test_a_gradient_of_zero_stays(self):
        clipped = clip_together([torch.zeros(3)], 1.0)
        assert clipped.grads[0].tolist() == [0.0, 0.0, 0.0]
        assert (clipped.norm, clipped.factor) == (0.0, 1.0)

    def test_leaves_its_arguments_alone(self):
        clip_together(GRADS, 0.01)
        assert torch.equal(GRADS[1], rand(7, seed=1))

    @pytest.mark.parametrize("longest", [0.0, -1.0, math.nan])
    def test_a_length_of_nothing_is_refused(self, longest):
        with pytest.raises(ValueError, match=f"longer than 0, got {longest}"):
            clip_together(GRADS, longest)

    def test_an_infinite_gradient_is_refused(self):
        with pytest.raises(ValueError, match="length inf have no direction"):
            clip_together([torch.tensor([1.0, math.inf])], 1.0)


def test_half_precision_does_not_overflow():
    grads = [torch.full((4,), 300.0, dtype=torch.float16)]
    assert global_norm(grads) == pytest.approx(600.0)  # 300² is more than float16 holds
