"""Answers to the exercise about clipping: mistakes, and other right ways."""

import math

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.ch06_training.clip_by_global_norm_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Each tensor is shortened by its own length. Then the gradient points another way: long parts "
    "lose more than short ones. There is one length, of all tensors as one vector, and one factor."
)
def per_tensor(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Clip tensor by tensor."""
    return [grad * min(1.0, max_norm / max(float(grad.norm()), 1e-12)) for grad in grads]


@exercise.misconception(
    "Gradients are always brought to the limit, short ones too. Near a minimum they are short, and "
    "should be: shorten only what is longer than the limit."
)
def always_rescales(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Normalise."""
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    return [grad * (max_norm / length) for grad in grads]


@exercise.misconception(
    "The gradients that were handed in are changed (`mul_`, `/=`). Make new tensors: whoever draws "
    "or logs the old ones finds others."
)
def changes_its_input(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Multiply in place."""
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    if length > max_norm:
        for grad in grads:
            grad.mul_(max_norm / length)
    return grads


@exercise.misconception(
    "Every number is cut off at the limit. That is clipping *by value*: it turns the gradient "
    "towards a corner. Multiply all numbers by one factor, so that the direction stays."
)
def by_value(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Clamp."""
    return [grad.clamp(-max_norm, max_norm) for grad in grads]


@exercise.misconception(
    "The lengths of the tensors are added up. Lengths of parts do not add: 3 and 4 at a right "
    "angle make 5, not 7. Add the squares, and take one root in the end."
)
def lengths_added(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Add norms."""
    length = sum(float(grad.norm()) for grad in grads)
    return [grad * (max_norm / length) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "The root is missing: the sum of the squares is the *square* of the length."
)
def no_root(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Take the sum of squares for the length."""
    length = sum(float(grad.square().sum()) for grad in grads)
    return [grad * (max_norm / length) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "The longest tensor decides for all. Tensors that are short each may be too long together: the "
    "length is the root of the sum of all squares."
)
def longest_tensor_decides(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Take the largest norm."""
    length = max(float(grad.norm()) for grad in grads)
    return [grad * (max_norm / length) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "You take the *mean* of the squares. A length is the root of their sum: it grows with the "
    "number of parameters."
)
def mean_of_squares(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Take the typical number for the length."""
    length = torch.cat([grad.flatten() for grad in grads]).square().mean().sqrt()
    return [grad * (max_norm / length) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "The sizes of all numbers are added up. Asked for is the ordinary length of a vector: the root "
    "of the sum of all squares."
)
def sizes_added(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Take the sum of absolute values."""
    length = sum(float(grad.abs().sum()) for grad in grads)
    return [grad * (max_norm / length) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "The factor is upside down: long gradients become longer. It is limit / length, below 1."
)
def factor_upside_down(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Multiply by length over limit."""
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    return [grad * (length / max_norm) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "Gradients that are too long are dropped: nothing would be learned from them. Shorten them, "
    "and keep their direction."
)
def too_long_is_dropped(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Skip the update."""
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    return [torch.zeros_like(grad) for grad in grads] if length > max_norm else list(grads)


@exercise.misconception(
    "Where no gradient is left you divide by 0. Ask first whether the length is above the limit; 0 "
    "never is."
)
def divides_by_zero(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Work the factor out in any case."""
    length = math.sqrt(sum(float(grad.square().sum()) for grad in grads))
    factor = min(1.0, max_norm / length)
    return [grad * factor for grad in grads]


@exercise.misconception(
    "Something is added to the length before dividing, as torch does. Then the result is a little "
    "shorter than the limit. Divide by the length itself; only ask before whether it is above the "
    "limit."
)
def something_added(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Guard the division as torch does."""
    length = torch.cat([grad.flatten() for grad in grads]).norm()
    return [grad * (max_norm / (length + 1e-6)).clamp(max=1.0) for grad in grads]


@exercise.alternative
def square_by_square(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Add up tensor by tensor, in Python floats."""
    total = 0.0
    for grad in grads:
        total += grad.pow(2).sum().item()
    length = math.sqrt(total)
    factor = max_norm / length if length > max_norm else 1.0
    return [factor * grad for grad in grads]


@exercise.alternative
def norm_of_norms(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Take the length of the lengths; a factor of ∞ becomes 1."""
    length = torch.stack([torch.linalg.vector_norm(grad) for grad in grads]).norm()
    factor = torch.clamp(max_norm / length, max=1.0)
    return [torch.mul(grad, factor) for grad in grads]


@exercise.alternative
def with_numpy(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Measure in numpy and divide copies in place."""
    row = np.concatenate([grad.detach().numpy().ravel() for grad in grads]).astype(np.float64)
    excess = max(1.0, float(np.sqrt(row @ row)) / max_norm)
    return [grad.clone().div_(excess) for grad in grads]


@exercise.alternative
def cut_apart_again(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Shorten one long vector and cut it into the old shapes."""
    row = torch.cat([grad.reshape(-1) for grad in grads])
    length = row.dot(row).sqrt()
    if length <= max_norm:
        return [grad.clone() for grad in grads]
    pieces = (row / length * max_norm).split([grad.numel() for grad in grads])
    return [piece.reshape(grad.shape) for piece, grad in zip(pieces, grads, strict=True)]
