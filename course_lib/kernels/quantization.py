"""Weights in 8 or 4 bits: whole numbers, and the scales that turn them back.

A row of a matrix is divided by a scale, so that its largest number becomes the largest whole
number there is room for, and rounded. Each weight is then off by half a step at most, and the step
is the scale.

Axes: Dout width out, Din width in: matrices lie as an `nn.Linear` stores them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int8, UInt8
from torch import Tensor

# −128 and −8 are left out, so that a weight and its opposite are rounded alike.
LARGEST_INT8 = 127
LARGEST_INT4 = 7


@dataclass(frozen=True)
class Int8Weight:
    """A matrix in whole numbers of 8 bits.

    Attributes:
        values: The whole numbers.
        scale: What one step is worth, a row: an output of the product.
    """

    values: Int8[Tensor, "Dout Din"]
    scale: Float[Tensor, " Dout"]


@dataclass(frozen=True)
class Int4Weight:
    """A matrix in whole numbers of 4 bits.

    Attributes:
        packed: Two whole numbers a byte, the first in the lower half. Each is kept with 8 added,
            so that it is not negative.
        scale: What one step is worth, for each run of weights in a row.
    """

    packed: UInt8[Tensor, "Dout half_Din"]
    scale: Float[Tensor, "Dout n_runs"]


def quantize_int8(weight: Float[Tensor, "Dout Din"]) -> Int8Weight:
    """Round a matrix to 8 bits, with a scale for each output.

    Dettmers et al. 2022 (arXiv:2208.07339), section 2.1, call it absmax quantization; here each
    row has its own maximum, so that a row of large weights does not make the others coarse.

    Args:
        weight: The matrix.

    Returns:
        Whole numbers from −127 to 127. A row of zeros has a scale of 1.

    Raises:
        ValueError: A weight is not finite.
    """
    values, scale = _rounded(weight, LARGEST_INT8)
    return Int8Weight(values=values, scale=scale)


def dequantize_int8(weight: Int8Weight) -> Float[Tensor, "Dout Din"]:
    """Turn the whole numbers back into weights."""
    return weight.values * weight.scale[:, None]


def quantize_int4(weight: Float[Tensor, "Dout Din"], n_per_scale: int) -> Int4Weight:
    """Round a matrix to 4 bits, with a scale for each run of weights in a row.

    Args:
        weight: The matrix.
        n_per_scale: How many weights share a scale. Fewer make a smaller error, and more scales
            to store: 32 weights in 4 bits and a scale in 32 come to 5 bits a weight.

    Returns:
        Whole numbers from −7 to 7, two a byte. A run of zeros has a scale of 1.

    Raises:
        ValueError: A weight is not finite, or the rows cannot be cut into such runs, or a run into
            pairs.
    """
    d_in = weight.shape[1]
    if n_per_scale < 1 or n_per_scale % 2 or d_in % n_per_scale:
        raise ValueError(
            f"rows of {d_in} weights cannot be cut into runs of {n_per_scale}, "
            "which must be an even number that divides them"
        )
    values, scale = _rounded(weight.unflatten(1, (-1, n_per_scale)), LARGEST_INT4)
    return Int4Weight(packed=pack_int4(values.flatten(1)), scale=scale)


def dequantize_int4(weight: Int4Weight) -> Float[Tensor, "Dout Din"]:
    """Turn the whole numbers back into weights."""
    values = unpack_int4(weight.packed).unflatten(1, (weight.scale.shape[1], -1))
    return (values * weight.scale[..., None]).flatten(1)


def pack_int4(values: Int8[Tensor, "Dout Din"]) -> UInt8[Tensor, "Dout half_Din"]:
    """Put two whole numbers from −8 to 7 in each byte, the first in the lower half."""
    low, high = (values + 8).to(torch.uint8).unflatten(1, (-1, 2)).unbind(2)
    return low | high << 4


def unpack_int4(packed: UInt8[Tensor, "Dout half_Din"]) -> Int8[Tensor, "Dout Din"]:
    """Undo `pack_int4`."""
    pairs = torch.stack([packed & 0b1111, packed >> 4], dim=2)  # Dout half_Din 2
    return pairs.flatten(1).to(torch.int8) - 8


def _rounded(
    weight: Float[Tensor, "*runs n"], largest: int
) -> tuple[Int8[Tensor, "*runs n"], Float[Tensor, "*runs"]]:
    """Divide each run of weights by a scale that makes its largest one `largest`, and round."""
    if not weight.isfinite().all():
        worst = weight[~weight.isfinite()][0].item()
        raise ValueError(f"a weight of {worst} cannot be rounded to a whole number of steps")
    scale = weight.abs().amax(dim=-1) / largest
    scale = scale.masked_fill(scale == 0, 1.0)
    return (weight / scale[..., None]).round().to(torch.int8), scale
