import pytest
import torch
from torch import nn

from course_lib.analysis.layer_gradients import layer_gradients


def test_hand_worked():
    # loss = (2 · 3 · x)² with x = 1: derivatives 2·6·3 = 36 by the 2, and 2·6·2 = 24 by the 3.
    first, second = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(first.weight, 2.0)
    nn.init.constant_(second.weight, 3.0)
    lengths = layer_gradients(
        lambda: second(first(torch.ones(1, 1))).square().sum(), [first, second]
    )
    assert lengths.tolist() == [36.0, 24.0]


def layers():
    torch_generator = torch.Generator().manual_seed(0)
    made = [nn.Linear(3, 5), nn.Linear(5, 4), nn.Linear(4, 2)]
    for layer in made:
        for parameter in layer.parameters():
            nn.init.normal_(parameter, generator=torch_generator)
    return [layer.double() for layer in made]


def loss_of(made):
    x = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    return nn.Sequential(made[0], nn.Tanh(), made[1], nn.Tanh(), made[2])(x).square().mean()


def test_against_backward():
    made = layers()
    lengths = layer_gradients(lambda: loss_of(made), made)
    loss_of(made).backward()
    for length, layer in zip(lengths, made, strict=True):
        squares = sum(p.grad.square().sum().item() for p in layer.parameters())
        assert length.item() == pytest.approx(squares**0.5, rel=1e-12)


def test_no_gradient_is_left_behind():
    made = layers()
    layer_gradients(lambda: loss_of(made), made)
    assert all(parameter.grad is None for layer in made for parameter in layer.parameters())


def test_a_layer_that_does_not_matter_counts_as_nothing():
    made = [*layers(), nn.Linear(2, 2).double(), nn.Tanh()]
    lengths = layer_gradients(lambda: loss_of(made), made)
    assert lengths[3:].tolist() == [0.0, 0.0]
    assert bool((lengths[:3] > 0).all())


def test_a_single_layer_in_the_middle():
    made = layers()
    [middle] = layer_gradients(lambda: loss_of(made), made[1:2])
    assert middle.item() == pytest.approx(layer_gradients(lambda: loss_of(made), made)[1].item())
