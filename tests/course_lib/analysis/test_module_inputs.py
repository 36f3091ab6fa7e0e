import pytest
import torch
from torch import nn

from course_lib.analysis.module_inputs import module_inputs
from tests.course_lib.test_decoder import decoder, tokens


class Twice(nn.Module):
    """Calls one layer twice, and another never."""

    def __init__(self):
        super().__init__()
        self.used, self.idle = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x):
        return self.used(self.used(x))


def test_hand_worked_case():
    model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU(), nn.Linear(1, 3))
    model[0].weight.data = torch.tensor([[1.0, -2.0]])
    x = torch.tensor([[3.0, 1.0], [1.0, 5.0]])  # 3 − 2 = 1 and 1 − 10 = −9
    behind, before = module_inputs(model, ["2", "1"], x)
    assert behind.tolist() == [[1], [0]]
    assert before.tolist() == [[1], [-9]]
    assert not before.requires_grad


def test_inputs_come_in_the_order_of_the_names():
    model, token_ids = decoder(), tokens()
    names = [f"blocks.{layer}.attention.to_out" for layer in (1, 0)]
    found = module_inputs(model, names, token_ids)
    again = module_inputs(model, names[::-1], token_ids)
    assert torch.equal(found[0], again[1])
    assert torch.equal(found[1], again[0])
    assert not torch.equal(found[0], found[1])


def test_no_hook_stays():
    model, token_ids = decoder(), tokens()
    module_inputs(model, ["blocks.0.attention.to_out"], token_ids)
    assert not any(module._forward_pre_hooks for module in model.modules())
    with pytest.raises(AttributeError):
        module_inputs(model, ["blocks.0", "blocks.9"], token_ids)
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(("name", "times"), [("used", 2), ("idle", 0)])
def test_a_module_that_is_not_called_once_is_refused(name, times):
    with pytest.raises(ValueError, match=f"{name} was called {times} times, not once"):
        module_inputs(Twice(), [name], torch.ones(1, 2))
