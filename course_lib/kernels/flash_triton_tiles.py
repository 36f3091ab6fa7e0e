# ruff: noqa: ANN001, ANN201 - Triton reads annotations as its own and knows no others
"""What the three Triton kernels of tiled attention share: loading, hiding, and the choice of tiles.

A kernel is a program that runs once for every tile of rows. It sees addresses and numbers. In
memory q lies as (N, Tq, Dh), N being sequences times heads; k and v as (N / n_sharing, Tk, Dh).
In capitals: what is fixed when the program is compiled.
"""

from collections.abc import Callable

import triton
import triton.language as tl
from triton.runtime import Autotuner

TUNED_FOR = ["D_HEAD", "CAUSAL", "size_class"]
"""Arguments of a kernel: when one of them changes, the best tiles are looked for again."""

# In Triton's interpreter speed is no matter. Small tiles of two sizes make short tests cross many.
_IN_THE_INTERPRETER = triton.Config({"BLOCK_Q": 16, "BLOCK_K": 32})


def tuned(*sizes: tuple[int, int, int, int]) -> Callable[[Callable], Autotuner]:
    """Let a kernel be tried with several tile sizes, and run with the fastest.

    Args:
        sizes: Queries in a tile, keys in a tile, warps that share it, tiles loaded ahead.
    """
    configs = [
        triton.Config({"BLOCK_Q": q, "BLOCK_K": k}, num_warps=warps, num_stages=stages)
        for q, k, warps, stages in sizes
    ]

    def decorate(kernel: Callable) -> Autotuner:
        compiled = isinstance(kernel, triton.JITFunction)
        return triton.autotune(configs if compiled else [_IN_THE_INTERPRETER], TUNED_FOR)(kernel)

    return decorate


@triton.jit
def load_rows(pointer, rows, n_rows, D_HEAD: tl.constexpr, BOUNDED: tl.constexpr):
    """Load rows of a matrix. If `BOUNDED`, there may be rows past its end, which are 0."""
    places = pointer + rows[:, None] * D_HEAD + tl.arange(0, D_HEAD)[None, :]
    if BOUNDED:
        return tl.load(places, mask=rows[:, None] < n_rows, other=0.0)
    return tl.load(places)


@triton.jit
def store_rows(pointer, rows, n_rows, x, D_HEAD: tl.constexpr):
    """Store rows of a matrix, without those past its end."""
    places = pointer + rows[:, None] * D_HEAD + tl.arange(0, D_HEAD)[None, :]
    tl.store(places, x.to(pointer.dtype.element_ty), mask=rows[:, None] < n_rows)


@triton.jit
def multiply(a, b, onto=None):
    """Return `a @ b`, added to `onto`; summed in float32, and without the rounding of TF32."""
    return tl.dot(a, b, onto, input_precision="ieee")


@triton.jit
def hide(scores, i, j, n_keys, n_before, CAUSAL: tl.constexpr):
    """Set scores to −∞ where query i may not look at key j, or where there is no key j."""
    seen = j < n_keys
    if CAUSAL:
        seen = seen & (j <= i + n_before)
    return tl.where(seen, scores, float("-inf"))


@triton.jit
def count_seen(
    first, n_keys, n_before, CAUSAL: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr
):
    """Return how many keys the tile of queries from `first` on sees, and how many in whole tiles.

    Up to the second number nothing is hidden from any query of the tile.
    """
    n_seen = n_keys
    n_whole = n_keys
    if CAUSAL:
        n_seen = tl.minimum(n_keys, first + BLOCK_Q + n_before)
        n_whole = tl.maximum(tl.minimum(n_keys, first + 1 + n_before), 0)
    return n_seen, n_whole // BLOCK_K * BLOCK_K
