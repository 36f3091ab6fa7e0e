"""A few rows times a large matrix, in whichever way this machine does it fastest.

While a model generates, each step multiplies a handful of rows with every matrix it has. All the
time goes into reading the matrices, and how fast they are read depends on how they lie in memory
and on which kernel the arguments lead to. The ways below compute the same numbers, up to rounding.

Axes: B rows, Din width in, Dout width out.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

SkinnyProduct = Callable[[Float[Tensor, "B Din"]], Float[Tensor, "B Dout"]]
"""Multiplies rows with a matrix that it holds, and adds a bias."""

# The best of a few timings is the one that other processes disturbed least.
_N_TIMINGS = 5
# So much memory is gone through in each timing, so that no cache holds the matrices.
_TIMED_BYTES = 128 * 2**20


@dataclass(frozen=True)
class RowsFirst:
    """x @ W with W stored as (width in, width out): each row of W is read in one run.

    Attributes:
        W: The matrix.
        bias: Added to each row of the product.
    """

    W: Float[Tensor, "Din Dout"]
    bias: Float[Tensor, " Dout"]

    @classmethod
    def of(cls, weight: Float[Tensor, "Dout Din"], bias: Float[Tensor, " Dout"]) -> "RowsFirst":
        """Store the weight of an `nn.Linear` this way round."""
        return cls(weight.mT.contiguous(), bias)

    def __call__(self, x: Float[Tensor, "B Din"]) -> Float[Tensor, "B Dout"]:
        """Multiply and add the bias."""
        return torch.addmm(self.bias, x, self.W)


@dataclass(frozen=True)
class MatrixFirst:
    """(W x^T)^T with W stored as (width out, width in), as an `nn.Linear` does.

    The libraries behind torch have other kernels for a narrow second factor than for a narrow
    first one. A single row takes the other kernel too, so it is given a copy of itself as company.

    Attributes:
        W: The matrix.
        bias: Added to each row of the product, as a column.
    """

    W: Float[Tensor, "Dout Din"]
    bias: Float[Tensor, "Dout 1"]

    @classmethod
    def of(cls, weight: Float[Tensor, "Dout Din"], bias: Float[Tensor, " Dout"]) -> "MatrixFirst":
        """Store the weight of an `nn.Linear` this way round: as it is."""
        return cls(weight.contiguous(), bias[:, None])

    def __call__(self, x: Float[Tensor, "B Din"]) -> Float[Tensor, "B Dout"]:
        """Multiply and add the bias."""
        n_rows = x.shape[0]
        rows = x.repeat(2, 1) if n_rows == 1 else x
        return torch.addmm(self.bias, self.W, rows.mT).mT[:n_rows].contiguous()


WAYS: tuple[type[RowsFirst] | type[MatrixFirst], ...] = (RowsFirst, MatrixFirst)


def fastest_way(
    d_in: int, d_out: int, n_rows: int, dtype: torch.dtype = torch.float32
) -> type[RowsFirst] | type[MatrixFirst]:
    """Time the ways on matrices of one shape, and give the fastest.

    Args:
        d_in: Width in.
        d_out: Width out.
        n_rows: How many rows are multiplied at once (B).
        dtype: Of rows and matrices.

    Returns:
        One of `WAYS`. Another run may give another one where two are about as fast.
    """
    n_copies = max(2, _TIMED_BYTES // (d_in * d_out * dtype.itemsize))
    x, bias = torch.ones(n_rows, d_in, dtype=dtype), torch.ones(d_out, dtype=dtype)
    weights = [torch.ones(d_out, d_in, dtype=dtype) for _ in range(n_copies)]
    took = {}
    for way in WAYS:
        products = [way.of(weight, bias) for weight in weights]
        took[way] = min(_seconds(products, x) for _ in range(_N_TIMINGS))
    return min(WAYS, key=took.__getitem__)


def _seconds(products: Sequence[SkinnyProduct], x: Float[Tensor, "B Din"]) -> float:
    start = time.perf_counter()
    for product in products:
        product(x)
    return time.perf_counter() - start
