"""Weights in whole numbers of eight bits, with a scale for each channel, and back."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_equal,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="quantize_int8",
    points=8,
    exports=("quantize_int8", "dequantize"),
    not_allowed=(
        "torch.quantize_per_channel",
        "torch.quantize_per_tensor",
        "torch.fake_quantize_per_channel_affine",
        "torch.dequantize",
        "torch.Tensor.dequantize",
        "course_lib.kernels.quantization.quantize_int8",
        "course_lib.kernels.quantization.dequantize_int8",
        "course_lib.kernels.quantization.Int8Weight",
    ),
    hints=(
        "A channel's scale is its largest absolute value over 127: then that value becomes 127 or "
        "−127, and all others lie between. The largest is taken over every axis *but* the one "
        "that is kept: `movedim` brings it to the front, and the rest can be made one axis.",
        "To divide by the scales give them the shape of w with 1 at every axis but the channels'. "
        "Set a scale of 0 to 1 before you divide. Round before you turn to `torch.int8`, which "
        "only cuts off. The way back is a product with the scales in the same shape.",
    ),
    time_limit_s=5.0,
)

LARGEST = 127


def _spread(scale: Tensor, n_axes: int, axis: int) -> Tensor:
    """Give the scales the shape in which they meet the weights."""
    shape = [1] * n_axes
    shape[axis] = len(scale)
    return scale.reshape(shape)


def _scales(w: Tensor, axis: int) -> Tensor:
    """Compute the scales channel by channel."""
    largest = torch.stack([one.abs().max() for one in w.unbind(axis)])
    return torch.where(largest == 0, LARGEST, largest) / LARGEST


def _weights(draw: Draw, *shape: int, axis: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw weights whose channels are of very different sizes, and far from half steps.

    One of the channels is negative throughout.
    """
    w = draw.normal(*shape, dtype=torch.float64)
    w.select(axis, draw.integer(0, shape[axis] - 1)).abs_().neg_()
    sizes = 0.5 * 3.0 ** torch.arange(shape[axis])[draw.order(shape[axis])]
    w = w * _spread(sizes.double(), len(shape), axis)
    scale = _spread(_scales(w, axis), len(shape), axis)
    steps = w / scale
    whole = steps.round()
    # Rounding half a step may go either way; so numbers keep away from it.
    return ((whole + (steps - whole).clamp(-0.4, 0.4)) * scale).to(dtype)


def _pair(got: object, w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Take whole numbers and scales apart, and judge their shapes and dtypes."""
    if type(got) is not tuple or len(got) != 2:
        raise CheckError("the result is not a pair (q, scale)", got)
    q, scale = got
    return expect_tensor(q, w.shape, torch.int8), expect_tensor(scale, (w.shape[axis],), w.dtype)


@exercise.item(
    "a scale for each channel",
    points=2,
    sentence="The scale of a channel is its largest absolute value over 127; the channels lie "
    "along the axis that is named, and the scales have the dtype of the weights.",
)
def _(learner: Learner, draw: Draw) -> None:
    rows, columns = draw.sizes(2)
    for axis in (0, 1):
        w = _weights(draw, rows, columns, axis=axis)
        _, scale = _pair(learner.quantize_int8(w, axis), w, axis)
        expect_close(scale, _scales(w, axis))


@exercise.item(
    "rounded to whole steps",
    points=2,
    sentence="Each weight becomes the nearest whole number of steps, from −127 to 127: the largest "
    "of a channel becomes 127 or −127.",
)
def _(learner: Learner, draw: Draw) -> None:
    rows, columns = draw.sizes(2)
    for axis in (0, 1):
        w = _weights(draw, rows, columns, axis=axis)
        q, _ = _pair(learner.quantize_int8(w, axis), w, axis)
        scale = _spread(_scales(w.double(), axis), 2, axis)
        expect_equal(q, (w.double() / scale).round().to(torch.int8))
    w = draw.normal(rows, 1)
    w = torch.cat([w, -w], dim=1)
    q, _ = _pair(learner.quantize_int8(w, 1), w, 1)
    expect_true(bool((q[:, 0] == -q[:, 1]).all()), "a weight and its opposite differ in size", q)


@exercise.item(
    "a channel of zeros",
    points=1,
    sentence="A channel of zeros has the scale 1 and the numbers 0: nothing is divided by 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    rows, columns = draw.sizes(2)
    w = _weights(draw, rows, columns, axis=0).abs()  # signs are judged elsewhere
    empty = draw.integer(0, rows - 1)
    w[empty] = 0.0
    q, scale = _pair(learner.quantize_int8(w, 0), w, 0)
    expect_close(scale, _scales(w, 0))
    expect_equal(q[empty], torch.zeros(columns, dtype=torch.int8))


@exercise.item(
    "and back",
    points=2,
    sentence="`dequantize` multiplies each channel by its scale, in the dtype of the scales. There "
    "and back no weight is off by more than half a step.",
)
def _(learner: Learner, draw: Draw) -> None:
    rows, columns = draw.sizes(2)
    for axis in (0, 1):
        q = draw.integers(-LARGEST, LARGEST, rows, columns).to(torch.int8)
        scale = _scales(_weights(draw, rows, columns, axis=axis, dtype=torch.float64), axis)
        want = q.double() * _spread(scale, 2, axis)
        for one, same in ((scale, want), (scale.float(), want.float())):
            expect_close(learner.dequantize(q, one, axis), same)
        slopes = draw.normal(rows, columns, dtype=torch.float64)
        scale.requires_grad_()
        _, (gradient,) = learner.dequantize.vjp(slopes, q, scale, axis)
        expect_gradient(gradient, (slopes * q).sum(1 - axis))
        w = _weights(draw, rows, columns, axis=axis)
        q, scale = _pair(learner.quantize_int8(w, axis), w, axis)
        back = expect_tensor(learner.dequantize(q, scale, axis), w.shape, w.dtype)
        off = (back - w).abs() / _spread(scale, 2, axis)
        expect_true(bool((off < 0.51).all()), "a weight is off by more than half a step", back)


@exercise.item(
    "any axis, float64",
    points=1,
    sentence="Weights may have any number of axes, and the axis may be counted from the end. "
    "Inputs are unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    shape = draw.sizes(3)
    for axis in (1, -1, -3):
        w = _weights(draw, *shape, axis=axis, dtype=torch.float64)
        q, scale = _pair(learner.quantize_int8(w, axis), w, axis)
        expect_close(scale, _scales(w, axis))
        want = (w / _spread(scale, 3, axis)).round()
        expect_equal(q, want.to(torch.int8))
        back = learner.dequantize(q, scale, axis)
        expect_close(back, want * _spread(scale, 3, axis))
    alone = _weights(draw, shape[0], axis=0)
    q, scale = _pair(learner.quantize_int8(alone, 0), alone, 0)
    expect_close(scale, _scales(alone, 0))
    expect_equal(q, (LARGEST * alone.sign()).to(torch.int8))
    expect_unchanged(learner)
