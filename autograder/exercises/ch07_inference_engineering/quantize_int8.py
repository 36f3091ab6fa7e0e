"""Answers to the exercise about weights in eight bits: mistakes, and other right ways."""

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.ch07_inference_engineering.quantize_int8_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "A channel of zeros has the largest value 0 and so the scale 0: 0/0 is nan. Give it the scale "
    "1."
)
def zero_channel_divides_by_zero() -> tuple:
    """Divide by whatever comes."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = largest / 127
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The whole numbers go to −128, or the scale is taken for 128 steps. Use ±127: then a weight "
    "and its opposite are rounded alike, and no number is too large for eight bits."
)
def uses_128() -> tuple:
    """Use the last number too."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 128)
        return (w / scale).round().clamp(-128, 127).to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "There is one scale for everything. A channel of small weights then has hardly any steps: "
    "each channel gets the scale of its own largest value."
)
def one_scale_for_all() -> tuple:
    """Take the largest of all weights."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        own = w.abs().amax(others, keepdim=True) if others else w.abs()
        largest = w.abs().max().expand_as(own)
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The channels lie along the wrong axis: `axis` names the one that *keeps* its length, one "
    "scale for each place along it. The largest is taken over all other axes."
)
def reduces_the_named_axis() -> tuple:
    """Take the maximum along the axis."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [axis]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The sign is lost: you take the absolute values themselves, not only their maximum."
)
def sign_lost() -> tuple:
    """Round sizes."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).abs().round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "Turning to int8 cuts off what stands behind the point: 1.9 steps become 1. Round first."
)
def cut_off_for_rounded() -> tuple:
    """Trust the conversion."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The largest value is taken without its sign: a channel whose largest weight is negative "
    "overflows. Take the maximum of the *absolute* values."
)
def largest_without_absolute() -> tuple:
    """Take the plain maximum."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.amax(others, keepdim=True) if others else w
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The scale that comes back is its reciprocal, steps per unit. What is asked for is what one "
    "step is worth, so that the way back is a product."
)
def scale_turned_round() -> tuple:
    """Return steps per unit."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), 1 / scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The scales keep all axes of the weights. One number a channel: their shape is (n_channels,)."
)
def scale_keeps_axes() -> tuple:
    """Do not flatten."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "The way back divides by the scale. A scale is what one step is worth: multiply."
)
def divides_on_the_way_back() -> tuple:
    """Divide twice."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q / scale.reshape(shape)

    return quantize_int8, dequantize


@exercise.misconception(
    "On the way back the scales always meet the last axis, whatever `axis` says. Give them the "
    "shape that has the channels at that axis."
)
def scale_along_the_last_axis() -> tuple:
    """Let the scales broadcast."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        others = [one for one in range(w.dim()) if one != axis % w.dim()]
        largest = w.abs().amax(others, keepdim=True) if others else w.abs()
        scale = torch.where(largest == 0, 1.0, largest / 127)
        return (w / scale).round().to(torch.int8), scale.flatten()

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        shape = [1] * q.dim()
        shape[axis] = -1
        return q * scale

    return quantize_int8, dequantize


@exercise.alternative
def channels_to_the_front() -> tuple:
    """Bring the channels to the front, work on rows, and bring them back."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        moved = w.movedim(axis, 0)
        rows = moved.reshape(len(moved), -1)
        scale = torch.linalg.vector_norm(rows, ord=torch.inf, dim=1) / 127
        scale = scale + (scale == 0)
        whole = torch.round(rows / scale[:, None]).clamp(-127, 127)
        return whole.reshape(moved.shape).movedim(0, axis).to(torch.int8), scale

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        return (q.movedim(axis, -1) * scale).movedim(-1, axis)

    return quantize_int8, dequantize


@exercise.alternative
def channel_by_channel() -> tuple:
    """Take the channels one by one."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        scales, whole = [], []
        for channel in w.unbind(axis):
            step = max(channel.max().item(), -channel.min().item()) / 127 or 1.0
            scales.append(step)
            whole.append((channel / step).round().char())
        return torch.stack(whole, axis), torch.tensor(scales, dtype=w.dtype, device=w.device)

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        channels = zip(q.unbind(axis), scale, strict=True)
        return torch.stack([one.to(scale.dtype) * step for one, step in channels], dim=axis)

    return quantize_int8, dequantize


@exercise.alternative
def with_numpy() -> tuple:
    """Compute outside torch; on the way back einsum finds the axis."""

    def quantize_int8(w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        numbers = w.detach().numpy()
        others = tuple(np.delete(np.arange(numbers.ndim), axis))
        largest = np.abs(numbers).max(axis=others, keepdims=True)
        step = np.where(largest > 0, largest / 127, 1).astype(numbers.dtype)
        return torch.from_numpy(np.rint(numbers / step).astype(np.int8)), torch.from_numpy(
            step.ravel()
        )

    def dequantize(q: Tensor, scale: Tensor, axis: int) -> Tensor:
        letters = "abcdefg"[: q.dim()]
        form = f"{letters},{letters[axis]}->{letters}"
        return torch.einsum(form, q.to(scale.dtype), scale)

    return quantize_int8, dequantize
