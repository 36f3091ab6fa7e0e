"""The loop that every training in the course shares: loss, gradient, step."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import torch
from torch import nn
from torch.optim import Optimizer
from tqdm import tqdm

from course_lib.training.accumulation import Batch, Loss, add_gradients
from course_lib.training.schedules import Schedule, constant
from course_lib.training.snapshots import Snapshots, load_snapshot, save_snapshot


def train(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Loss[Batch],
    optimizer: Optimizer,
    *,
    n_steps: int,
    schedule: Schedule = constant,
    max_grad_norm: float = 1.0,
    n_micro_batches: int = 1,
    precision: torch.dtype = torch.float32,
    snapshots: Snapshots | None = None,
    on_step: Callable[[int, float], object] | None = None,
    bar: str = "",
) -> list[float]:
    """Lower the loss, step by step.

    Args:
        model: What is trained, in place. It comes back in the mode (training or evaluation) in
            which it was handed over.
        batches: At least `n_steps` times `n_micro_batches` of them; a generator that never ends
            will do.
        loss: Mean loss of the model on a batch, a tensor with no axes; or its sum and the number
            of targets, where batches that make one step together count unequally many.
        optimizer: Holds the model's parameters. Its learning rate is the peak of the schedule.
        n_steps: Number of steps.
        schedule: Factor on the learning rate at each step, counted from 0.
        max_grad_norm: A gradient that is longer than this, all parameters taken together, is
            shortened to it. `math.inf` leaves every gradient as it is.
        n_micro_batches: Batches whose gradients are added up for one step, where one batch of that
            size would not fit in memory.
        precision: Dtype of matrix products while the loss is computed; parameters and optimiser
            keep theirs. `torch.bfloat16` halves what is moved.
        snapshots: Where to leave the state of the training. If a snapshot is there, the training
            goes on from it; `batches` must begin from the start all the same, for those that
            were used before are passed over.
        on_step: Called after each step with the step and its loss, for a plot or a meter.
        bar: What a progress bar is called; without a name there is none.

    Returns:
        The loss of each step, before that step changed the model; those before a snapshot too.

    Raises:
        ValueError: The batches ran out, the precision cannot be trained in, or the snapshot
            belongs to another model or to a longer training.
        FloatingPointError: The loss or its gradient became infinite or nan.
    """
    was_training = model.training
    peaks = [group["lr"] for group in optimizer.param_groups]
    chunks = _chunks(iter(batches), n_micro_batches)
    history = _resume(snapshots, model, optimizer, chunks, n_steps)
    steps = tqdm(range(len(history), n_steps), desc=bar, disable=not bar)
    model.train()
    try:
        # The range stands first: `zip` would otherwise draw one batch more than it uses.
        for step, chunk in zip(steps, chunks, strict=False):
            _set_learning_rates(optimizer, [peak * schedule(step) for peak in peaks])
            optimizer.zero_grad()
            history.append(add_gradients(model, chunk, loss, precision))
            _take_step(model, history[-1], optimizer, max_grad_norm)
            if snapshots is not None and len(history) % snapshots.every == 0:
                save_snapshot(snapshots.path, model, optimizer, history)
            if on_step is not None:
                on_step(step, history[-1])
    finally:  # an interrupted cell, too, leaves model and optimiser as they were handed over
        _set_learning_rates(optimizer, peaks)
        model.train(was_training)
    if len(history) < n_steps:
        raise ValueError(f"the batches ran out after {len(history)} of {n_steps} steps")
    return history


def _chunks(batches: Iterator[Batch], size: int) -> Iterator[list[Batch]]:
    """Put batches together by `size`; what is left over at the end is too few for a step."""
    while len(chunk := list(islice(batches, size))) == size:
        yield chunk


def _resume(
    snapshots: Snapshots | None,
    model: nn.Module,
    optimizer: Optimizer,
    chunks: Iterator[list[Batch]],
    n_steps: int,
) -> list[float]:
    """Go to the last snapshot, if there is one, and return the losses before it."""
    if snapshots is None:
        return []
    history = load_snapshot(snapshots.path, model, optimizer, n_steps)
    random = torch.get_rng_state()
    for _ in islice(chunks, len(history)):  # drawn once more, and passed over
        pass
    torch.set_rng_state(random)  # whether or not the batches drew from it
    return history


def _take_step(model: nn.Module, loss: float, optimizer: Optimizer, max_grad_norm: float) -> None:
    """Follow the gradient that the model's parameters hold."""
    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm).item()
    if not math.isfinite(loss + grad_norm):
        raise FloatingPointError(
            f"the loss is {loss}, its gradient's length {grad_norm}: try a lower learning rate"
        )
    optimizer.step()


def _set_learning_rates(optimizer: Optimizer, learning_rates: list[float]) -> None:
    for group, learning_rate in zip(optimizer.param_groups, learning_rates, strict=True):
        group["lr"] = learning_rate
