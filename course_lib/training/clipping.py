"""Shorten a gradient that is too long, as one vector: its direction stays.

Training loops take torch's `clip_grad_norm_`, which does the same in place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Clipped:
    """Gradients of at most a given length.

    Attributes:
        grads: One tensor a parameter.
        norm: Length before, all parameters taken as one vector.
        factor: What all of them were multiplied with: 1 where nothing was too long.
    """

    grads: tuple[Float[Tensor, "..."], ...]
    norm: float
    factor: float


def global_norm(grads: Sequence[Float[Tensor, "..."]]) -> float:
    """Measure the length of all gradients taken as one vector."""
    return math.sqrt(sum(grad.double().square().sum().item() for grad in grads))


def clip_together(grads: Sequence[Float[Tensor, "..."]], longest: float) -> Clipped:
    """Shorten gradients so that all of them together are no longer than allowed.

    Implements Pascanu et al. 2013 (arXiv:1211.5063), algorithm 1.

    Args:
        grads: One tensor a parameter.
        longest: Greatest length of all of them as one vector.

    Returns:
        The gradients, new tensors where they were too long.

    Raises:
        ValueError: The allowed length is not above 0, or the gradients are not finite.
    """
    if not longest > 0:
        raise ValueError(f"the longest gradient must be longer than 0, got {longest}")
    norm = global_norm(grads)
    if not math.isfinite(norm):
        raise ValueError(f"gradients of length {norm} have no direction")
    factor = min(1.0, longest / norm) if norm else 1.0
    if factor == 1.0:
        return Clipped(tuple(grads), norm, factor)
    return Clipped(tuple(torch.mul(grad, factor) for grad in grads), norm, factor)
