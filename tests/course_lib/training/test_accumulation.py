import pytest
import torch
from torch import nn

from course_lib.training.accumulation import LossSum, add_gradients

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(7, 3, dtype=torch.float64, generator=GENERATOR)
Y = torch.randn(7, 1, dtype=torch.float64, generator=GENERATOR)


def model() -> nn.Linear:
    line = nn.Linear(3, 1).double()
    nn.init.ones_(line.weight)
    nn.init.zeros_(line.bias)
    return line


def mean_error(line, rows):
    return (line(X[rows]) - Y[rows]).square().mean()


def summed_error(line, rows):
    return LossSum((line(X[rows]) - Y[rows]).square().sum(), len(rows))


class TestAddGradients:
    def test_hand_worked_case(self):
        # (w − 1)² + (w − 2)² and (w − 6)² at w = 0: sum 41, slopes −2 − 4 − 12 = −18, over three.
        line = nn.Linear(1, 1, bias=False).double()
        nn.init.zeros_(line.weight)

        def loss(line, targets):
            return LossSum((line.weight - torch.tensor(targets)).square().sum(), len(targets))

        value = add_gradients(line, [[1.0, 2.0], [6.0]], loss)
        assert value == pytest.approx(41 / 3, rel=1e-12)
        assert line.weight.grad.item() == pytest.approx(-6.0, rel=1e-12)

    def test_unequal_parts_are_the_whole(self):
        whole, parts = model(), model()
        mean_error(whole, range(7)).backward()
        value = add_gradients(parts, [[0, 1, 2, 3], [4], [5, 6]], summed_error)
        assert value == pytest.approx(mean_error(whole, range(7)).item(), rel=1e-12)
        for ours, theirs in zip(parts.parameters(), whole.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-12, atol=1e-12)

    def test_a_mean_of_means_is_another_thing(self):
        whole, parts = model(), model()
        mean_error(whole, range(7)).backward()
        add_gradients(parts, [[0, 1, 2, 3], [4], [5, 6]], mean_error)
        assert (parts.weight.grad - whole.weight.grad).abs().max() > 1e-3

    def test_equal_parts_may_hand_in_their_means(self):
        whole, parts = model(), model()
        mean_error(whole, range(6)).backward()
        value = add_gradients(parts, [[0, 1], [2, 3], [4, 5]], mean_error)
        assert value == pytest.approx(mean_error(whole, range(6)).item(), rel=1e-12)
        torch.testing.assert_close(parts.weight.grad, whole.weight.grad, rtol=1e-12, atol=1e-12)

    def test_parameters_without_a_gradient_are_passed_over(self):
        line = model()
        line.bias.requires_grad_(requires_grad=False)
        add_gradients(line, [[0, 1], [2]], summed_error)
        assert line.bias.grad is None

    def test_bfloat16_rounds_products_and_leaves_the_rest(self):
        full, half, seen = model().float(), model().float(), []

        def loss(line, rows):
            out = line(X[rows].float())
            seen.append(out.dtype)
            return (out.float() - Y[rows].float()).square().mean()

        add_gradients(full, [range(7)], loss)
        add_gradients(half, [range(7)], loss, torch.bfloat16)
        assert seen == [torch.float32, torch.bfloat16]
        assert half.weight.grad.dtype == torch.float32
        assert not torch.equal(half.weight.grad, full.weight.grad)
        # bfloat16 keeps eight bits of a number: errors near 1/256.
        torch.testing.assert_close(half.weight.grad, full.weight.grad, rtol=0.05, atol=0.05)

    def test_no_target_is_refused(self):
        with pytest.raises(ValueError, match="no target is counted"):
            add_gradients(model(), [[]], summed_error)

    def test_float16_is_refused(self):
        with pytest.raises(ValueError, match=r"torch\.float16 loses small gradients"):
            add_gradients(model(), [range(7)], mean_error, torch.float16)
