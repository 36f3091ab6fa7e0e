import copy

import pytest
import torch
from torch import nn

from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay
from course_lib.training.small_models import begin_quietly, small_adamw, train_small


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(3, 4)
        self.to_out = nn.Linear(4, 2)


def tiny():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Tiny()


def batches(n):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(5, 3, generator=generator) for _ in range(n)]


def loss(model, x):
    return model.to_out(model.inside(x).tanh()).square().mean()


def test_only_the_weights_that_write_to_the_stream_are_shrunk():
    model, before = tiny(), tiny()
    begin_quietly(model, 0.25)
    assert torch.equal(model.to_out.weight, before.to_out.weight * 0.25)
    assert torch.equal(model.to_out.bias, before.to_out.bias)
    assert torch.equal(model.inside.weight, before.inside.weight)
    assert model.to_out.weight.requires_grad


def test_the_optimiser_forgets_squares_within_fifty_steps():
    (group,) = small_adamw(tiny(), 0.5, weight_decay=0.3).param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.5, (0.9, 0.98), 0.3)
    assert group["fused"]
    assert small_adamw(tiny(), 0.5).param_groups[0]["weight_decay"] == 0.01


@pytest.mark.parametrize("weight_decay", [0.01, 0.0, 0.4])
def test_it_trains_as_the_loop_does_with_a_rise_and_a_line(weight_decay):
    model, seen, expected = tiny(), [], tiny()
    settings = {"learning_rate": 0.1, "n_steps": 7, "n_warmup": 2}
    trained = train_small(
        model,
        batches(7),
        loss,
        **settings,
        weight_decay=weight_decay,
        on_step=lambda step, value: seen.append((step, value)),
    )
    losses = train(
        expected,
        batches(7),
        loss,
        torch.optim.AdamW(
            expected.parameters(),
            lr=0.1,
            betas=(0.9, 0.98),
            weight_decay=weight_decay,
            fused=True,
        ),
        n_steps=7,
        schedule=linear_decay(7, 2),
    )
    assert trained is model
    assert not trained.training
    assert seen == list(enumerate(losses))
    pairs = zip(trained.parameters(), expected.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_too_few_batches_are_said():
    with pytest.raises(ValueError, match="batches"):
        train_small(tiny(), batches(2), loss, learning_rate=0.1, n_steps=3, n_warmup=1)


def test_a_copy_is_not_trained_with_it():
    model = tiny()
    kept = copy.deepcopy(model)
    train_small(model, batches(3), loss, learning_rate=0.1, n_steps=3, n_warmup=1)
    assert not torch.equal(kept.inside.weight, model.inside.weight)
    assert torch.equal(kept.inside.weight, tiny().inside.weight)
