"""`flash_attention` on a GPU: the same passes as Triton kernels.

On a CPU they run in Triton's interpreter, for learning and for tests: the environment variable
TRITON_INTERPRET must be 1 before this module is imported.

Axes: B batch, H query heads, Hkv key/value heads, N both B and H, Tq queries, Tk keys, Dh width of
a head and of a value.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from course_lib.kernels.flash_attention import FlashOutput, check_heads
from course_lib.kernels.online_softmax import LOG2_E

try:
    import triton
except ImportError as error:
    raise ImportError(
        "course_lib.kernels.flash_triton needs Triton, which runs on Linux: pip install triton; "
        "course_lib.kernels.flash_attention does the same in plain torch"
    ) from error

from course_lib.kernels.flash_triton_backward import delta_kernel, keys_kernel, queries_kernel
from course_lib.kernels.flash_triton_forward import forward_kernel

# A product of matrices on a GPU's matrix units is at least this wide.
SMALLEST_WIDTH = 16

DTYPES = frozenset({torch.float16, torch.bfloat16, torch.float32})

# Bound by memory: any number that fits the registers does as well.
ROWS_OF_DELTA = 64


def flash_attention_triton(
    q: Float[Tensor, "B H Tq _"],
    k: Float[Tensor, "B Hkv Tk _"],
    v: Float[Tensor, "B Hkv Tk _"],
    *,
    causal: bool = False,
) -> FlashOutput:
    """Mix the values by how well each query matches each key, one tile of scores at a time.

    As `flash_attention`, for all keys, and with every product summed in float32 whatever the dtype
    of the inputs. Dao 2023 (arXiv:2307.08691), algorithms 1 and 2.
    Memory: O(Tq + Tk) extra, against O(Tq·Tk) for the direct form.

    Args:
        q: Queries by head.
        k: Keys by key/value head. Each serves a run of adjacent query heads.
        v: Values by key/value head, as wide as the keys.
        causal: Whether a query may look only at its own position and at those before it. The
            queries are the last positions of the keys' sequence.

    Returns:
        The mixtures in the dtype of `q`, and the log-sum-exp. Gradients flow through both.

    Raises:
        ValueError: The shapes or dtypes do not fit each other or the kernels, or the tensors are
            not on a GPU and the kernels not in the interpreter.
    """
    check_heads(q, k, v)
    _check_kernels_can(q, k, v)
    n_sharing = q.shape[1] // k.shape[1]
    flat = [x.flatten(0, 1).contiguous() for x in (q, k, v)]  # N Tq Dh, then two of N/g Tk Dh
    values, lse = _FlashAttentionTriton.apply(*flat, n_sharing, causal)
    return FlashOutput(values=values.view(q.shape), lse=lse.view(q.shape[:3]))


def _check_kernels_can(q: Tensor, k: Tensor, v: Tensor) -> None:
    d_head = q.shape[3]
    if v.shape[3] != d_head:
        raise ValueError(f"values of width {v.shape[3]} must be as wide as keys, {d_head}")
    if d_head < SMALLEST_WIDTH or d_head & (d_head - 1):
        raise ValueError(f"the head width {d_head} is not a power of 2 from {SMALLEST_WIDTH} on")
    if not q.dtype == k.dtype == v.dtype:
        raise ValueError(f"q, k and v differ in dtype: {q.dtype}, {k.dtype}, {v.dtype}")
    interpreted = not isinstance(delta_kernel, triton.JITFunction)
    if not q.is_cuda and not interpreted:
        raise ValueError(
            f"the kernels run on a GPU, not on {q.device}; set TRITON_INTERPRET=1 before the "
            "import to run them in Triton's interpreter"
        )
    # The interpreter multiplies the bit patterns of bfloat16 as if they were integers.
    allowed = DTYPES - {torch.bfloat16} if interpreted else DTYPES
    if q.dtype not in allowed:
        names = ", ".join(sorted(map(str, allowed)))
        raise ValueError(f"{q.dtype} cannot be multiplied here, only {names}")


class _FlashAttentionTriton(torch.autograd.Function):
    """Launch the kernels of the two passes."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own type, to which fields may be added
        q: Tensor,
        k: Tensor,
        v: Tensor,
        n_sharing: int,
        causal: bool,
    ) -> tuple[Tensor, Tensor]:
        values = torch.empty_like(q)  # N Tq Dh
        lse = q.new_empty(q.shape[:2], dtype=torch.float32)  # N Tq
        ctx.sizes = _sizes(q, k, n_sharing, causal)
        with torch.cuda.device_of(q):
            forward_kernel[_tiles_of(q, "BLOCK_Q")](q, k, v, values, lse, **ctx.sizes)
        ctx.save_for_backward(q, k, v, values, lse)
        return values, lse

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - of the decorator's making
        ctx: Any,  # noqa: ANN401 - as above
        *slopes: Tensor,
    ) -> tuple[Tensor | None, ...]:
        q, k, v, values, lse = ctx.saved_tensors
        d_values, d_lse = (slope.contiguous() for slope in slopes)
        delta = torch.empty_like(lse)
        d_q, d_k, d_v = torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)
        sizes = {"n_rows": lse.numel(), "D_HEAD": q.shape[2], "BLOCK": ROWS_OF_DELTA}
        with torch.cuda.device_of(q):
            n_programs = triton.cdiv(lse.numel(), ROWS_OF_DELTA)
            delta_kernel[(n_programs,)](values, d_values, d_lse, delta, **sizes)
            shared = (q, k, v, lse, d_values, delta)
            queries_kernel[_tiles_of(q, "BLOCK_Q")](*shared, d_q, **ctx.sizes)
            keys_kernel[_tiles_of(k, "BLOCK_K")](*shared, d_k, d_v, **ctx.sizes)
        return d_q, d_k, d_v, None, None


def _sizes(q: Tensor, k: Tensor, n_sharing: int, causal: bool) -> dict[str, Any]:
    """Return the arguments that all kernels share."""
    return {
        "scale": LOG2_E / math.sqrt(q.shape[2]),
        "n_queries": q.shape[1],
        "n_keys": k.shape[1],
        "n_sharing": n_sharing,
        # The best tiles are those for lengths between two powers of 2.
        "size_class": max(q.shape[1], k.shape[1]).bit_length(),
        "CAUSAL": causal,
        "D_HEAD": q.shape[2],
    }


def _tiles_of(x: Tensor, block: str) -> Any:  # noqa: ANN401
    """Return how many programs to launch: one for each tile of rows and each head."""
    return lambda chosen: (triton.cdiv(x.shape[1], chosen[block]), x.shape[0])
