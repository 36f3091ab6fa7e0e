"""Shorten gradients that are too long, all by one factor."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="clip_by_global_norm",
    points=8,
    exports=("clip_by_global_norm",),
    not_allowed=(
        "torch.nn.utils.clip_grad_norm_",
        "torch.nn.utils.get_total_norm",
        "torch.nn.utils.clip_grads_with_norm_",
        "course_lib.training.clipping.clip_together",
        "course_lib.training.clipping.global_norm",
    ),
    hints=(
        "Lay all numbers of all tensors in one long row. Its length is the root of the sum of all "
        "squares: add up the squares of every tensor first, and take one root in the end.",
        "There is one factor for all, the greatest length allowed over the length found, and only "
        "when the second is the larger of the two. Multiply so that new tensors come out "
        "(`grad * factor`), not `grad.mul_`. With no gradient at all there is nothing to divide "
        "by, and nothing too long.",
    ),
    time_limit_s=5.0,
)


def _length(grads: list[Tensor]) -> float:
    """Measure all tensors as one vector, in float64."""
    return torch.stack([grad.double().norm() for grad in grads]).norm().item()


def _clipped(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Compute what is expected in float64."""
    length = _length(grads)
    factor = max_norm / length if length > max_norm else 1.0
    return [(grad.double() * factor).to(grad.dtype) for grad in grads]


def _gradients(draw: Draw, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Draw gradients of several shapes; the first are much longer than the last."""
    a, b, c = draw.sizes(3)
    shapes = ((b,), (a, c), ()) if draw.small else ((a, b), (c,), (b, a, c), ())
    scales = (4.0, 2.0, 1.0, 0.5)
    return [
        draw.normal(*shape, scale=scale, dtype=dtype) + 0.3
        for shape, scale in zip(shapes, scales, strict=False)
    ]


@exercise.item(
    "as one vector",
    points=3,
    sentence="The length is that of all tensors together, the root of the sum of all squares; when "
    "it is above the limit, every tensor is multiplied by limit / length, the same for all.",
)
def _(learner: Learner, draw: Draw) -> None:
    grads = _gradients(draw)
    limits = (0.5, 0.9 * min(float(grad.norm()) for grad in grads if grad.dim()))
    for max_norm in limits:
        expect_close(learner.clip_by_global_norm(grads, max_norm), _clipped(grads, max_norm))


@exercise.item(
    "too long only together",
    points=1,
    sentence="Tensors none of which is longer than the limit may be too long together; then all of "
    "them are shortened.",
)
def _(learner: Learner, draw: Draw) -> None:
    grads = _gradients(draw)
    max_norm = 1.05 * max(float(grad.norm()) for grad in grads)
    # A second tensor as long as the longest: no one is above the limit, and all of them are.
    grads.append(grads[0].flip(0))
    grads.append(-grads[0])
    expect_close(learner.clip_by_global_norm(grads, max_norm), _clipped(grads, max_norm))


@exercise.item(
    "short ones stay",
    points=2,
    sentence="Gradients that are not longer than the limit come back as they are: they are never "
    "made longer.",
)
def _(learner: Learner, draw: Draw) -> None:
    grads = _gradients(draw)
    for share in (1.05, 3.0):
        expect_close(learner.clip_by_global_norm(grads, share * _length(grads)), grads)
    small = [grad / 100 for grad in grads]
    expect_close(learner.clip_by_global_norm(small, 1.05 * _length(small)), small)


@exercise.item(
    "no gradient at all",
    points=1,
    sentence="Gradients that are all 0 come back as 0: there is nothing to divide by.",
)
def _(learner: Learner, draw: Draw) -> None:
    grads = [torch.zeros_like(grad) for grad in _gradients(draw)]
    expect_close(learner.clip_by_global_norm(grads, 0.5), grads)


@exercise.item(
    "float64 to the last digit, inputs unchanged",
    points=1,
    sentence="float64 stays float64, with nothing added to the length, and the result is exactly "
    "as long as the limit; the gradients that were handed in are what they were.",
)
def _(learner: Learner, draw: Draw) -> None:
    grads = _gradients(draw, torch.float64)
    expect_close(learner.clip_by_global_norm(grads, 0.5), _clipped(grads, 0.5))
    expect_close(learner.clip_by_global_norm(grads[:1], 0.75), _clipped(grads[:1], 0.75))
    expect_unchanged(learner)
