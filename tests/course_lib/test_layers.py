import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.layers import (
    LAYER_NORM_EPS,
    FeedForward,
    GatedFeedForward,
    LayerNorm,
    gated,
    layer_norm_from,
    standardise,
)

B, T, D, D_FF = 2, 5, 6, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TestStandardise:
    def test_hand_worked_case(self):
        # Mean 3, deviations −2, 0, 2: population variance 8/3. With 1/3 added it is 3.
        row = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)
        expected = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64) / math.sqrt(3)
        torch.testing.assert_close(standardise(row, 1 / 3), expected, **TIGHT)

    @pytest.mark.parametrize("eps", [1e-5, 0.1, 2.0])
    def test_matches_torch(self, eps):
        x = rand(B, T, D) * 3 + 7
        torch.testing.assert_close(standardise(x, eps), F.layer_norm(x, (D,), eps=eps), **TIGHT)

    def test_a_row_shifted_and_stretched_stays_the_same(self):
        x = rand(B, T, D)
        # With nothing added to the variance the invariance is exact but for rounding.
        torch.testing.assert_close(standardise(5 * x + 3, 0.0), standardise(x, 0.0), **TIGHT)

    def test_a_constant_row_becomes_zero_with_a_finite_gradient(self):
        row = torch.full((D,), 4.0, requires_grad=True)
        out = standardise(row, LAYER_NORM_EPS)
        out.square().sum().backward()
        assert torch.equal(out, torch.zeros(D))
        assert row.grad.isfinite().all()


class TestLayerNorm:
    def test_matches_torch_with_learned_gain_and_bias(self):
        ours, theirs = LayerNorm(D).double(), nn.LayerNorm(D, dtype=torch.float64)
        ours.gain.data = theirs.weight.data = rand(D, seed=1)
        ours.bias.data = theirs.bias.data = rand(D, seed=2)
        x = rand(B, T, D) / 100  # so small that what is added to the variance shows
        torch.testing.assert_close(ours(x), theirs(x), **TIGHT)

    def test_starts_as_standardise(self):
        x = rand(T, D)
        assert torch.equal(LayerNorm(D).double()(x), standardise(x, LAYER_NORM_EPS))


class TestLayerNormFrom:
    def test_it_normalises_with_the_parameters_given(self):
        x, gain, bias = rand(B, T, D), rand(D, seed=1), rand(D, seed=2)
        expected = F.layer_norm(x, (D,), gain, bias, LAYER_NORM_EPS)
        torch.testing.assert_close(layer_norm_from(gain, bias)(x), expected, **TIGHT)

    def test_it_owns_copies_in_their_dtype(self):
        gain, bias = torch.ones(D), torch.zeros(D)
        norm = layer_norm_from(gain, bias)
        assert norm.gain.dtype == norm.bias.dtype == torch.float32
        assert norm.gain.requires_grad
        assert norm.bias.requires_grad
        gain += 1
        assert torch.equal(norm.gain, torch.ones(D))
        assert layer_norm_from(gain.double(), bias.double()).bias.dtype == torch.float64

    def test_parameters_of_unequal_width_are_refused(self):
        with pytest.raises(ValueError, match="5 gains do not fit 6 biases"):
            layer_norm_from(torch.ones(5), torch.zeros(6))


class TestFeedForward:
    def test_hand_worked_case(self):
        # One wide, one hidden: 2·1 + 1 = 3; GELU(3) = 3·Φ(3) = 3·0.99865; times 10, minus 5.
        layer = FeedForward(1, 1)
        for parameter, value in zip(layer.parameters(), [2.0, 1.0, 10.0, -5.0], strict=True):
            parameter.data.fill_(value)
        torch.testing.assert_close(layer(torch.tensor([[1.0]])), torch.tensor([[24.95950]]))

    def test_matches_the_formula_in_plain_numbers(self):
        layer, x = FeedForward(D, D_FF).double(), rand(D)
        hidden = [
            sum(w * value for w, value in zip(row, x.tolist(), strict=True)) + b
            for row, b in zip(
                layer.to_hidden.weight.tolist(), layer.to_hidden.bias.tolist(), strict=True
            )
        ]
        bent = [h * (1 + math.erf(h / math.sqrt(2))) / 2 for h in hidden]
        out = [
            sum(w * value for w, value in zip(row, bent, strict=True)) + b
            for row, b in zip(layer.to_out.weight.tolist(), layer.to_out.bias.tolist(), strict=True)
        ]
        torch.testing.assert_close(layer(x), torch.tensor(out, dtype=torch.float64), **TIGHT)

    def test_positions_do_not_mix(self):
        layer, x = FeedForward(D, D_FF).double(), rand(B, T, D)
        changed = x.clone()
        changed[:, 2] += 1
        same = (layer(x) == layer(changed)).all(dim=-1)
        assert same[0].tolist() == [True, True, False, True, True]

    def test_another_activation_and_no_biases(self):
        layer, x = FeedForward(D, D_FF, F.relu, has_bias=False).double(), rand(B, T, D)
        W_in, W_out = layer.to_hidden.weight.T, layer.to_out.weight.T
        torch.testing.assert_close(layer(x), (x @ W_in).clamp(min=0) @ W_out, **TIGHT)
        assert set(layer.state_dict()) == {"to_hidden.weight", "to_out.weight"}


class TestGated:
    def test_hand_worked_case(self):
        # Gates relu(2, −2) = (2, 0) on (3, 3): 6 and 0, of which 10 and 20 times: 60.
        out = gated(
            torch.tensor([1.0]),
            W_gate=torch.tensor([[2.0, -2.0]]),
            W_up=torch.tensor([[3.0, 3.0]]),
            W_down=torch.tensor([[10.0], [20.0]]),
            activation=F.relu,
        )
        assert out.tolist() == [60.0]

    def test_matches_loops(self):
        x, W_gate, W_up, W_down = (
            rand(D),
            rand(D, 7, seed=1),
            rand(D, 7, seed=2),
            rand(7, D, seed=3),
        )
        hidden = []
        for f in range(7):
            gate = sum(x[d].item() * W_gate[d, f].item() for d in range(D))
            up = sum(x[d].item() * W_up[d, f].item() for d in range(D))
            hidden.append(gate / (1 + math.exp(-gate)) * up)
        out = [sum(h * W_down[f, d].item() for f, h in enumerate(hidden)) for d in range(D)]
        expected = torch.tensor(out, dtype=torch.float64)
        torch.testing.assert_close(gated(x, W_gate, W_up, W_down, F.silu), expected, **TIGHT)


class TestGatedFeedForward:
    @pytest.mark.parametrize("activation", [F.silu, F.gelu])
    def test_is_the_function_of_its_weights(self, activation):
        layer, x = GatedFeedForward(D, D_FF, activation).double(), rand(B, T, D)
        W_gate, W_up, W_out = (part.weight.T for part in (layer.to_gate, layer.to_up, layer.to_out))
        torch.testing.assert_close(layer(x), gated(x, W_gate, W_up, W_out, activation), **TIGHT)

    def test_biases_are_added_where_wanted(self):
        layer, x = GatedFeedForward(D, D_FF, F.silu, has_bias=True).double(), rand(B, T, D)
        gate = x @ layer.to_gate.weight.T + layer.to_gate.bias
        up = x @ layer.to_up.weight.T + layer.to_up.bias
        expected = (F.silu(gate) * up) @ layer.to_out.weight.T + layer.to_out.bias
        torch.testing.assert_close(layer(x), expected, **TIGHT)


@pytest.mark.parametrize(
    "layer", [LayerNorm(D), FeedForward(D, D_FF), GatedFeedForward(D, D_FF, F.silu)]
)
def test_gradients_match_finite_differences_and_reach_all_that_is_learned(layer):
    x = rand(T, D).requires_grad_()
    assert torch.autograd.gradcheck(layer.double(), x)
    gradients = torch.autograd.grad((layer(x) * rand(T, D, seed=1)).sum(), list(layer.parameters()))
    assert len(gradients) >= 2
    assert all(gradient.any() for gradient in gradients)
