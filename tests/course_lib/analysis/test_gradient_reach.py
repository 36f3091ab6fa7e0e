import pytest
import torch

from course_lib.analysis.gradient_reach import gradient_reach
from course_lib.recurrent import LSTM

B, T, DIN, D = 2, 5, 3, 4


def inputs(seed=0):
    x = torch.randn(B, T, DIN, generator=torch.Generator().manual_seed(seed), dtype=torch.double)
    return x.requires_grad_()


def test_hand_worked():
    # y = (3 x_0 + 4 x_1, 12 x_1): the Jacobian at position 0 is (3, 0), at position 1 it is
    # (4, 12), and the roots of the sums of squares are 3 and √160.
    x = torch.ones(1, 2, 1, dtype=torch.double, requires_grad=True)
    y = torch.cat([3 * x[:, 0] + 4 * x[:, 1], 12 * x[:, 1]], dim=-1)
    torch.testing.assert_close(gradient_reach(y, x), torch.tensor([[3.0, 160**0.5]]).double())


def test_agrees_with_the_jacobian_of_each_sequence_alone():
    lstm = LSTM(DIN, D, torch.Generator().manual_seed(1)).double()
    x = inputs()
    reach = gradient_reach(lstm(x).h[:, -1], x)
    for row in range(B):
        jacobian = torch.autograd.functional.jacobian(
            lambda one: lstm(one.unsqueeze(0)).h[0, -1], x[row].detach()
        )  # D T Din
        expected = jacobian.pow(2).sum(dim=(0, 2)).sqrt()
        torch.testing.assert_close(reach[row], expected, atol=1e-12, rtol=1e-12)


def test_what_comes_later_moves_nothing():
    lstm, x = LSTM(DIN, D, torch.Generator().manual_seed(1)).double(), inputs()
    reach = gradient_reach(lstm(x).h[:, 2], x)
    assert (reach[:, 3:] == 0).all()
    assert (reach[:, :3] > 0).all()


def test_leaves_no_gradient_behind():
    x = inputs()
    gradient_reach((x * 2).sum(dim=1), x)
    assert x.grad is None


def test_a_constant_has_no_reach():
    with pytest.raises(ValueError, match="must be computed from x"):
        gradient_reach(torch.ones(B, D), inputs().detach())
