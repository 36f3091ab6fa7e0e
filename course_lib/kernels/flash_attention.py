"""Attention by tiles, with its gradient: what `scaled_dot_product_attention` gives, in less memory.

Axes: B batch, H query heads, Hkv key/value heads, N both B and Hkv, g query heads that share a
key/value head, Tq queries, Tk keys, Dh width of a head, Dv width of a value.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from course_lib.kernels.flash_backward import flash_backward
from course_lib.kernels.flash_forward import flash_forward
from course_lib.kernels.flash_tiles import TileGrid

# Large enough that a product outweighs what it costs to call it, small enough that a tile of
# eight heads stays in the processor's cache.
TILE = 256


@dataclass(frozen=True)
class FlashOutput:
    """What tiled attention computed.

    Attributes:
        values: One mixture of the value rows per query; zeros for a query that may look at nothing.
        lse: Logarithm of the sum of the exponentials of each query's scores; −∞ for a query that
            may look at nothing. Float32, or float64 if the queries are.
    """

    values: Float[Tensor, "B H Tq Dv"]
    lse: Float[Tensor, "B H Tq"]


def flash_attention(
    q: Float[Tensor, "B H Tq _"],
    k: Float[Tensor, "B Hkv Tk _"],
    v: Float[Tensor, "B Hkv Tk Dv"],
    *,
    causal: bool = False,
    key_mask: Bool[Tensor, "B Tk"] | None = None,
    block_q: int = TILE,
    block_k: int = TILE,
) -> FlashOutput:
    """Mix the values by how well each query matches each key, one tile of scores at a time.

    The result is that of `grouped_attention`, and so is its gradient. Dao et al. 2022
    (arXiv:2205.14135), in the order of Dao 2023 (arXiv:2307.08691).
    Memory: O(Tq + Tk) extra, against O(Tq·Tk) for the direct form.

    Args:
        q: Queries by head.
        k: Keys by key/value head. Each serves a run of adjacent query heads.
        v: Values by key/value head.
        causal: Whether a query may look only at its own position and at those before it. The
            queries are the last positions of the keys' sequence; torch's own `is_causal` takes
            them for the first.
        key_mask: True where a key may be looked at: False for padding. None lets every key be seen.
        block_q: Queries in a tile.
        block_k: Keys in a tile.

    Returns:
        The mixtures in the dtype of `q`, and the log-sum-exp. Gradients flow through both.

    Raises:
        ValueError: The shapes do not fit each other, or a tile would hold nothing.
    """
    check_heads(q, k, v)
    grid = TileGrid(
        n_queries=q.shape[2], n_keys=k.shape[2], causal=causal, block_q=block_q, block_k=block_k
    )
    n_kv_heads = k.shape[1]
    work = torch.promote_types(q.dtype, torch.float32)
    shared = q.unflatten(1, (n_kv_heads, -1)).flatten(0, 1)  # N g Tq Dh
    keys, table = k.flatten(0, 1), v.flatten(0, 1)  # N Tk Dh, N Tk Dv
    if key_mask is not None:
        key_mask = key_mask.repeat_interleave(n_kv_heads, dim=0)  # N Tk
    values, lse = _FlashAttention.apply(
        shared.to(work), keys.to(work), table.to(work), grid, key_mask
    )
    values = values.reshape(*q.shape[:3], v.shape[3])  # B H Tq Dv
    return FlashOutput(values=values.to(q.dtype), lse=lse.reshape(q.shape[:3]))


def check_heads(q: Tensor, k: Tensor, v: Tensor) -> None:
    """Refuse heads that do not fit each other.

    Raises:
        ValueError: The widths of queries and keys differ, or the shapes of keys and values in more
            than their width, or the query heads cannot be shared out evenly.
    """
    if q.shape[3] != k.shape[3]:
        raise ValueError(f"queries of width {q.shape[3]} cannot meet keys of width {k.shape[3]}")
    if k.shape[:3] != v.shape[:3]:
        raise ValueError(
            f"keys {tuple(k.shape)} and values {tuple(v.shape)} differ in more than their width"
        )
    if q.shape[1] % k.shape[1]:
        raise ValueError(
            f"{q.shape[1]} query heads are not a multiple of {k.shape[1]} key/value heads"
        )


class _FlashAttention(torch.autograd.Function):
    """Tie the two passes together for autograd."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own type, to which fields may be added
        q: Tensor,
        k: Tensor,
        v: Tensor,
        grid: TileGrid,
        key_mask: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        values, lse = flash_forward(q, k, v, grid, key_mask)
        ctx.save_for_backward(q, k, v, values, lse, key_mask)
        ctx.grid = grid
        return values, lse

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - of the decorator's making
        ctx: Any,  # noqa: ANN401 - as above
        *slopes: Tensor,
    ) -> tuple[Tensor | None, ...]:
        d_values, d_lse = slopes
        q, k, v, values, lse, key_mask = ctx.saved_tensors
        back = flash_backward(q, k, v, values, lse, d_values, d_lse, ctx.grid, key_mask)
        return back.q, back.k, back.v, None, None
