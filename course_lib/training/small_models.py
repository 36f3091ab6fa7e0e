"""How the course trains its small models: a quiet beginning, one optimiser, one schedule.

Vaswani et al. 2017 (arXiv:1706.03762), section 5.3, raise the learning rate at first and let the
mean of the squared gradients fade within some fifty steps; short trainings need both.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import nn

from course_lib.training.accumulation import Batch, Loss
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

Model = TypeVar("Model", bound=nn.Module)


@torch.no_grad()
def begin_quietly(model: nn.Module, factor: float) -> None:
    """Shrink the first weights of what writes to the residual stream, in place.

    What attention and experts add then does not drown the embeddings. Radford et al. 2019 (GPT-2)
    do the same, with another factor.

    Args:
        model: Its output projections are called `to_out`.
        factor: What their weights are multiplied by.
    """
    for name, parameter in model.named_parameters():
        if name.endswith("to_out.weight"):
            parameter.mul_(factor)


def small_adamw(
    model: nn.Module, learning_rate: float, weight_decay: float = 0.01
) -> torch.optim.AdamW:
    """Make the optimiser of a short training.

    Args:
        model: Whose parameters it changes.
        learning_rate: The peak of the schedule.
        weight_decay: Share of the learning rate by which each weight shrinks at a step.
    """
    return torch.optim.AdamW(
        model.parameters(),
        lr=learning_rate,
        betas=(0.9, 0.98),
        weight_decay=weight_decay,
        fused=True,
    )


def train_small(
    model: Model,
    batches: Iterable[Batch],
    loss: Loss[Batch],
    *,
    learning_rate: float,
    n_steps: int,
    n_warmup: int,
    weight_decay: float = 0.01,
    on_step: Callable[[int, float], object] | None = None,
) -> Model:
    """Train a model from its first weights on: a short rise of the rate, then a straight line to 0.

    Args:
        model: What is trained, in place.
        batches: At least `n_steps` of them.
        loss: Mean loss of the model on a batch.
        learning_rate: The peak, at the end of the rise.
        n_steps: Number of batches.
        n_warmup: Steps of the rise.
        weight_decay: See `small_adamw`.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.

    Raises:
        ValueError: The batches ran out, or the rise is as long as the training.
        FloatingPointError: The loss or its gradient became infinite or nan.
    """
    train(
        model,
        batches,
        loss,
        small_adamw(model, learning_rate, weight_decay),
        n_steps=n_steps,
        schedule=linear_decay(n_steps, n_warmup),
        on_step=on_step,
    )
    return model.eval()
