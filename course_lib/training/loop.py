"""The loop that every training in the course shares: loss, gradient, step."""

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

from course_lib.training.schedules import Schedule, constant

Batch = TypeVar("Batch")


def train(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Callable[[nn.Module, Batch], Tensor],
    optimizer: Optimizer,
    *,
    n_steps: int,
    schedule: Schedule = constant,
    max_grad_norm: float = 1.0,
    on_step: Callable[[int, float], object] | None = None,
) -> list[float]:
    """Lower the loss, one step per batch.

    Args:
        model: What is trained, in place. It comes back in the mode (training or evaluation) in
            which it was handed over.
        batches: At least `n_steps` batches; a generator that never ends will do.
        loss: Mean loss of the model on a batch, a tensor with no axes.
        optimizer: Holds the model's parameters. Its learning rate is the peak of the schedule.
        n_steps: Number of batches to train on.
        schedule: Factor on the learning rate at each step, counted from 0.
        max_grad_norm: A gradient that is longer than this, all parameters taken together, is
            shortened to it. `math.inf` leaves every gradient as it is.
        on_step: Called after each step with the step and its loss, for a progress bar or a plot.

    Returns:
        The loss of each step's batch, before that step changed the model.

    Raises:
        ValueError: The batches ran out.
        FloatingPointError: The loss or its gradient became infinite or nan.
    """
    was_training = model.training
    peaks = [group["lr"] for group in optimizer.param_groups]
    history: list[float] = []
    model.train()
    try:
        # The range stands first: `zip` would otherwise draw one batch more than it uses.
        for step, batch in zip(range(n_steps), batches, strict=False):
            _set_learning_rates(optimizer, [peak * schedule(step) for peak in peaks])
            history.append(_take_step(model, loss(model, batch), optimizer, max_grad_norm))
            if on_step is not None:
                on_step(step, history[-1])
    finally:  # an interrupted cell, too, leaves model and optimiser as they were handed over
        _set_learning_rates(optimizer, peaks)
        model.train(was_training)
    if len(history) < n_steps:
        raise ValueError(f"the batches ran out after {len(history)} of {n_steps} steps")
    return history


def _take_step(model: nn.Module, loss: Tensor, optimizer: Optimizer, max_grad_norm: float) -> float:
    """Follow the gradient of one batch's loss, and return that loss."""
    optimizer.zero_grad()
    loss.backward()
    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm).item()
    value = loss.item()
    if not math.isfinite(value + grad_norm):
        raise FloatingPointError(
            f"the loss is {value}, its gradient's length {grad_norm}: try a lower learning rate"
        )
    optimizer.step()
    return value


def _set_learning_rates(optimizer: Optimizer, learning_rates: list[float]) -> None:
    for group, learning_rate in zip(optimizer.param_groups, learning_rates, strict=True):
        group["lr"] = learning_rate
