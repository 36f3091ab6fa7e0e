"""Rows times a matrix in 8 bits, with the processor's own instructions for 8-bit products.

A model that generates reads all its weights for every token, and the reading takes the time. In
8 bits there is a quarter to read, but only if the weights are multiplied as they are: the rows
must be whole numbers too.

A row is written in digits, as a number is. The first digit is the row over its scale, rounded to
−127 … 127; the next is what the rounding left over, in steps 254 times as fine.

Axes: B rows, Din width in, Dout width out.
"""

from functools import cache

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from course_lib.kernels.quantization import LARGEST_INT8, Int8Weight, dequantize_int8

# Whole numbers of 8 bits times such, summed in 32 bits.
_multiply_int8 = torch.ops.aten._int_mm.default

# What rounding leaves over is half a step at most to either side: as many steps again.
NEXT_DIGIT = 2 * LARGEST_INT8


def int8_product(
    x: Float[Tensor, "*batch Din"], weight: Int8Weight, n_digits: int
) -> Float[Tensor, "*batch Dout"]:
    """Multiply rows with a matrix in 8 bits.

    On a CPU that multiplies 8-bit numbers exactly, and where no gradient is wanted, the rows are
    rounded to some digits as well. Anywhere else the matrix is turned back first.

    Args:
        x: The rows.
        weight: The matrix.
        n_digits: 1 rounds the rows as coarsely as the weights, by a 254th of a row's largest
            number at most. With 2 the error is 254 times smaller and next to that of the weights
            no longer counts, and the matrix is gone through twice.

    Returns:
        The products, in the dtype of `x`.

    Raises:
        ValueError: There is no digit.
    """
    if n_digits < 1:
        raise ValueError(f"a row cannot be written in {n_digits} digits")
    wants_gradient = x.requires_grad and torch.is_grad_enabled()
    if x.device.type != "cpu" or wants_gradient or not multiplies_int8_exactly():
        return x @ dequantize_int8(weight).to(x.dtype).mT
    rows = x.reshape(-1, x.shape[-1]).to(torch.promote_types(x.dtype, torch.float32))  # B Din
    digits, scale = digits_of(rows, n_digits)
    product = torch.zeros(len(rows), len(weight.scale), dtype=rows.dtype)  # B Dout
    for digit in reversed(digits):  # the finest first
        product.div_(NEXT_DIGIT).add_(_multiply_int8(digit, weight.values.mT))
    product.mul_(scale).mul_(weight.scale)
    return product.view(*x.shape[:-1], -1).to(x.dtype)


def digits_of(
    rows: Float[Tensor, "B Din"], n_digits: int
) -> tuple[list[Int8[Tensor, "B Din"]], Float[Tensor, "B 1"]]:
    """Write each row as a scale times whole numbers from −127 to 127.

    Args:
        rows: The rows.
        n_digits: How many whole numbers stand for one number.

    Returns:
        The digits, coarsest first, each worth `NEXT_DIGIT` of the next; and what one of the first
        is worth, by row. A row that holds a nan has a scale of nan.
    """
    scale = rows.abs().amax(dim=1, keepdim=True) / LARGEST_INT8  # B 1
    scale = scale.masked_fill(scale == 0, 1.0)
    left = rows / scale
    digits = []
    for _ in range(n_digits):
        digit = left.round()
        digits.append(digit.to(torch.int8))
        left = left.sub_(digit).mul_(NEXT_DIGIT)
    return digits, scale


@cache
def multiplies_int8_exactly() -> bool:
    """Tell whether this processor gets sums of 8-bit products right.

    Those without instructions for it (x86 before about 2019) shift one factor by 128, so that it is
    not negative, and add pairs of products in 16 bits, which end at 32767. What does not fit is cut
    off: 255·127 + 255·127 is 64770.
    """
    largest = torch.full((1, 2), LARGEST_INT8, dtype=torch.int8)
    return _multiply_int8(largest, largest.mT).item() == 2 * LARGEST_INT8**2
