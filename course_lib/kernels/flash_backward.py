"""The backward pass of attention by tiles: weights are made again, not remembered.

Axes: N sequences times key/value heads, g query heads that share a key/value head, Tq queries,
Tk keys, Dh width of a head, Dv width of a value. `rows` are the queries of a tile, those of all
g heads one head after the other; `columns` are its keys.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.kernels.flash_tiles import TileGrid, hide, multiply_into, room_for_a_tile, rows_of
from course_lib.kernels.online_softmax import LOG2_E


@dataclass(frozen=True)
class FlashGradients:
    """Slopes of the loss: by how much it grows as each number of `q`, `k` or `v` does."""

    q: Float[Tensor, "N g Tq Dh"]
    k: Float[Tensor, "N Tk Dh"]
    v: Float[Tensor, "N Tk Dv"]


def mixture_pull(
    values: Float[Tensor, "*batch Tq Dv"],
    d_values: Float[Tensor, "*batch Tq Dv"],
    d_lse: Float[Tensor, "*batch Tq"],
) -> Float[Tensor, "*batch Tq"]:
    """Return what each query's scores have in common in their slopes, to be taken off.

    A score gains from how far its value beats the mixture, and this is the mixture's part: D in
    Dao 2023 (arXiv:2307.08691), algorithm 2. The log-sum-exp adds its own slope to all of them.

    Args:
        values: The first output of `flash_forward`.
        d_values: The slope of the loss with respect to each number of it.
        d_lse: The slope with respect to each number of the second output.
    """
    return (d_values * values).sum(dim=-1) - d_lse


@torch.no_grad()
def flash_backward(
    q: Float[Tensor, "N g Tq Dh"],
    k: Float[Tensor, "N Tk Dh"],
    v: Float[Tensor, "N Tk Dv"],
    values: Float[Tensor, "N g Tq Dv"],
    lse: Float[Tensor, "N g Tq"],
    d_values: Float[Tensor, "N g Tq Dv"],
    d_lse: Float[Tensor, "N g Tq"],
    grid: TileGrid,
    key_mask: Bool[Tensor, "N Tk"] | None = None,
) -> FlashGradients:
    """Carry slopes of the loss from the output of `flash_forward` back to its input.

    Implements Dao 2023 (arXiv:2307.08691), algorithm 2, with its two loops exchanged: the outer
    one goes over the keys there because that is how the work is shared between processors.
    Memory: O(Tq + Tk) extra, against O(Tq·Tk) for the direct form.

    Args:
        q: Queries.
        k: Keys, each shared by g query heads.
        v: Values, shared in the same way.
        values: The first output of the forward pass.
        lse: The second.
        d_values: The slope of the loss with respect to each number of the first.
        d_lse: The slope with respect to each number of the second.
        grid: How the scores are cut into tiles.
        key_mask: True where a key may be looked at. None lets every key be seen.

    Returns:
        The slopes with respect to the queries, keys and values.
    """
    scale = 1.0 / math.sqrt(q.shape[-1])
    # A query that saw nothing has an lse of −∞. With any finite number its weights become 0.
    lse = lse.masked_fill(lse == -torch.inf, 0.0) * LOG2_E
    d_q, d_k, d_v = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
    room, other_room = room_for_a_tile(grid, q), room_for_a_tile(grid, q)
    for queries in grid.query_tiles():
        q_tile = rows_of(q, queries) * (scale * LOG2_E)  # N rows Dh
        d_tile = rows_of(d_values, queries)  # N rows Dv
        delta = mixture_pull(values[:, :, queries], d_values[:, :, queries], d_lse[:, :, queries])
        lse_tile = lse[:, :, queries].flatten(1)[..., None]  # N rows 1
        d_q_tile = torch.zeros_like(q_tile)  # N rows Dh
        for keys in grid.key_tiles(queries):
            scores = multiply_into(room, q_tile, k[:, keys].mT)  # N rows columns
            seen = None if key_mask is None else key_mask[:, keys]
            hide(scores, grid.hidden(queries, keys, q.device), seen)
            weights = scores.sub_(lse_tile).exp2_()
            d_v[:, keys].baddbmm_(weights.mT, d_tile)
            d_weights = multiply_into(other_room, d_tile, v[:, keys].mT)  # N rows columns
            d_scores = d_weights.sub_(delta.flatten(1)[..., None]).mul_(weights)
            d_q_tile.baddbmm_(d_scores, k[:, keys])
            d_k[:, keys].baddbmm_(d_scores.mT, q_tile)
        d_q[:, :, queries] = d_q_tile.mul_(scale).unflatten(1, (q.shape[1], -1))
    return FlashGradients(q=d_q, k=d_k.div_(LOG2_E), v=d_v)
