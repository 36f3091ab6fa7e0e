import math

import pytest
import torch

from course_lib.activations import gelu_exact, gelu_sigmoid, gelu_tanh

X = torch.linspace(-6, 6, 49, dtype=torch.float64)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def by_hand(formula):
    return torch.tensor([formula(x) for x in X.tolist()], dtype=torch.float64)


class TestGeluExact:
    def test_hand_worked_case(self):
        # Φ(1) = 0.841345, Φ(−1) = 0.158655.
        x = torch.tensor([1.0, -1.0, 0.0])
        torch.testing.assert_close(gelu_exact(x), torch.tensor([0.841345, -0.158655, 0.0]))

    def test_matches_the_formula_in_plain_numbers(self):
        expected = by_hand(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2)
        torch.testing.assert_close(gelu_exact(X), expected, **TIGHT)


class TestGeluTanh:
    def test_hand_worked_case(self):
        # √(2/π)·1.044715 = 0.833560, whose tanh is 0.682384.
        torch.testing.assert_close(gelu_tanh(torch.tensor([1.0])), torch.tensor([0.841192]))

    def test_matches_the_formula_in_plain_numbers(self):
        expected = by_hand(
            lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
        )
        torch.testing.assert_close(gelu_tanh(X), expected, **TIGHT)

    def test_is_close_to_the_exact_one_and_not_equal(self):
        difference = (gelu_tanh(X) - gelu_exact(X)).abs().max().item()
        assert 1e-4 < difference < 1e-3


class TestGeluSigmoid:
    def test_hand_worked_case(self):
        # 1/(1 + e^−1.702) = 0.845796.
        torch.testing.assert_close(gelu_sigmoid(torch.tensor([1.0])), torch.tensor([0.845796]))

    def test_matches_the_formula_in_plain_numbers(self):
        expected = by_hand(lambda x: x / (1 + math.exp(-1.702 * x)))
        torch.testing.assert_close(gelu_sigmoid(X), expected, **TIGHT)

    def test_is_off_by_up_to_two_hundredths(self):
        difference = (gelu_sigmoid(X) - gelu_exact(X)).abs().max().item()
        assert difference == pytest.approx(0.02, abs=0.001)


@pytest.mark.parametrize("activation", [gelu_exact, gelu_tanh, gelu_sigmoid])
def test_gradients_match_finite_differences(activation):
    assert torch.autograd.gradcheck(activation, X.clone().requires_grad_())
