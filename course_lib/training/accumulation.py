"""The gradient of several batches as if they were one: for batches that do not fit in memory."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class LossSum:
    """A loss before it is divided, for batches that count unequal numbers of targets.

    Attributes:
        total: Sum over all targets that count.
        n_targets: How many those are.
    """

    total: Float[Tensor, ""]
    n_targets: int


Loss = Callable[[nn.Module, Batch], Tensor | LossSum]
"""Gives the mean loss of a model on a batch, or the sum and what to divide it by."""


def add_gradients(
    model: nn.Module,
    batches: Iterable[Batch],
    loss: Loss[Batch],
    precision: torch.dtype = torch.float32,
) -> float:
    """Add to the gradients of a model that of the mean loss over some batches.

    A mean of means would weigh the targets of a short batch more than those of a long one. So sums
    are added up first, and divided by the number of all targets at the end; a loss that is a mean
    counts as one target.

    Args:
        model: Its parameters' gradients, all None or 0, are added to.
        batches: One after the other: only one is in memory.
        loss: What is to be lowered.
        precision: Dtype of matrix products while the loss is computed. Parameters and gradients
            keep theirs (Micikevicius et al. 2018, arXiv:1710.03740, section 3.1).

    Returns:
        The mean loss.

    Raises:
        ValueError: Nothing is counted, or the precision cannot be trained in.
    """
    total, n_targets = 0.0, 0
    for batch in batches:
        with _products_in(precision, model):
            found = loss(model, batch)
        part = found if isinstance(found, LossSum) else LossSum(found, 1)
        part.total.backward()
        total += part.total.item()
        n_targets += part.n_targets
    if n_targets == 0:
        raise ValueError("no target is counted: the mean loss would be 0 divided by 0")
    if n_targets > 1:
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad /= n_targets
    return total / n_targets


def _products_in(precision: torch.dtype, model: nn.Module) -> AbstractContextManager[object]:
    """Let matrix products be computed in a dtype, on the device of the model."""
    if precision == torch.float32:
        return nullcontext()
    if precision != torch.bfloat16:
        raise ValueError(f"{precision} loses small gradients: take float32 or bfloat16")
    return torch.autocast(next(model.parameters()).device.type, dtype=precision)
