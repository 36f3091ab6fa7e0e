import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import LAYER_NORM_EPS, LayerNorm
from course_lib.normalisation import (
    FusedLayerNorm,
    OffsetRMSNorm,
    RMSNorm,
    root_mean_square_norm,
)

B, T, D = 2, 5, 6
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TestRootMeanSquareNorm:
    def test_hand_worked_case(self):
        # Mean square (9 + 16 + 0 + 0)/4 = 6.25; with 2.75 added 9, so each over 3.
        row = torch.tensor([3.0, -4.0, 0.0, 0.0], dtype=torch.float64)
        torch.testing.assert_close(root_mean_square_norm(row, 2.75), row / 3, **TIGHT)

    @pytest.mark.parametrize("eps", [1e-6, 0.1, 2.0])
    def test_matches_loops(self, eps):
        x = rand(B, T, D) * 3 + 7
        out = root_mean_square_norm(x, eps)
        for b in range(B):
            for t in range(T):
                mean_square = sum(value**2 for value in x[b, t].tolist()) / D
                expected = x[b, t] / math.sqrt(mean_square + eps)
                torch.testing.assert_close(out[b, t], expected, **TIGHT)

    def test_a_row_stretched_stays_the_same(self):
        x = rand(T, D)
        stretched = root_mean_square_norm(7 * x, 0.0)
        torch.testing.assert_close(stretched, root_mean_square_norm(x, 0.0), **TIGHT)

    def test_a_row_of_zeros_stays_zero_with_a_finite_gradient(self):
        row = torch.zeros(D, requires_grad=True)
        out = root_mean_square_norm(row, 1e-6)
        out.sum().backward()
        assert torch.equal(out, torch.zeros(D))
        assert row.grad.isfinite().all()


class TestRMSNorm:
    def test_scales_what_the_function_gives(self):
        norm = RMSNorm(D, 1e-3).double()
        norm.gain.data = rand(D, seed=1)
        x = rand(B, T, D) / 100  # so small that what is added to the mean square shows
        expected = root_mean_square_norm(x, 1e-3) * norm.gain
        torch.testing.assert_close(norm(x), expected, **TIGHT)

    def test_starts_with_gains_of_one(self):
        x = rand(T, D)
        torch.testing.assert_close(
            RMSNorm(D, 1e-6).double()(x), root_mean_square_norm(x, 1e-6), **TIGHT
        )


class TestOffsetRMSNorm:
    def test_adds_one_to_what_it_owns(self):
        offset, plain = OffsetRMSNorm(D, 1e-3).double(), RMSNorm(D, 1e-3).double()
        offset.gain_offset.data = rand(D, seed=1)
        plain.gain.data = 1 + rand(D, seed=1)
        x = rand(B, T, D) / 100
        torch.testing.assert_close(offset(x), plain(x), **TIGHT)

    def test_starts_with_gains_of_one(self):
        x = rand(T, D)
        assert torch.equal(OffsetRMSNorm(D, 1e-6).double()(x), RMSNorm(D, 1e-6).double()(x))


class TestFusedLayerNorm:
    def test_is_the_other_layer_norm(self):
        fused, plain = FusedLayerNorm(D, LAYER_NORM_EPS).double(), LayerNorm(D).double()
        plain.gain.data, plain.bias.data = rand(D, seed=1), rand(D, seed=2)
        fused.load_state_dict(plain.state_dict())
        x = rand(B, T, D) / 100
        torch.testing.assert_close(fused(x), plain(x), **TIGHT)

    def test_matches_torch_with_another_eps(self):
        norm = FusedLayerNorm(D, 0.3).double()
        x = rand(B, T, D)
        torch.testing.assert_close(norm(x), F.layer_norm(x, (D,), eps=0.3), **TIGHT)


@pytest.mark.parametrize("kind", [RMSNorm, OffsetRMSNorm, FusedLayerNorm])
def test_gradients_match_finite_differences(kind):
    assert torch.autograd.gradcheck(kind(D, 1e-3).double(), rand(T, D).requires_grad_())
