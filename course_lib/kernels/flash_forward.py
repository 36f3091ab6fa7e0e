"""The forward pass of attention by tiles: exact, and the table of scores never exists as a whole.

Axes: N sequences times key/value heads, g query heads that share a key/value head, Tq queries,
Tk keys, Dh width of a head, Dv width of a value. `rows` are the queries of a tile, those of all
g heads one head after the other; `columns` are its keys.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.kernels.flash_tiles import TileGrid, hide, multiply_into, room_for_a_tile, rows_of
from course_lib.kernels.online_softmax import LOG2_E, add_piece, finish, start


@torch.no_grad()
def flash_forward(
    q: Float[Tensor, "N g Tq Dh"],
    k: Float[Tensor, "N Tk Dh"],
    v: Float[Tensor, "N Tk Dv"],
    grid: TileGrid,
    key_mask: Bool[Tensor, "N Tk"] | None = None,
) -> tuple[Float[Tensor, "N g Tq Dv"], Float[Tensor, "N g Tq"]]:
    """Attend tile by tile.

    Implements Dao 2023 (arXiv:2307.08691), algorithm 1.
    Memory: O(Tq + Tk) extra, against O(Tq·Tk) for the direct form.

    Args:
        q: Queries.
        k: Keys, each shared by g query heads.
        v: Values, shared in the same way.
        grid: How the scores are cut into tiles.
        key_mask: True where a key may be looked at. None lets every key be seen.

    Returns:
        One mixture of the value rows per query, and the logarithm of the sum of the exponentials
        of its scores, from which `flash_backward` makes the weights again.
    """
    scale = LOG2_E / math.sqrt(q.shape[-1])
    values = q.new_empty(*q.shape[:3], v.shape[-1])  # N g Tq Dv
    lse = q.new_empty(q.shape[:3])  # N g Tq
    room = room_for_a_tile(grid, q)
    for queries in grid.query_tiles():
        q_tile = rows_of(q, queries) * scale  # N rows Dh
        state = start((*q_tile.shape[:2], v.shape[-1]), like=q)
        for keys in grid.key_tiles(queries):
            scores = multiply_into(room, q_tile, k[:, keys].mT)  # N rows columns
            seen = None if key_mask is None else key_mask[:, keys]
            hide(scores, grid.hidden(queries, keys, q.device), seen)
            state = add_piece(state, scores, v[:, keys])
        mixture, row_lse = finish(state)  # N rows Dv, N rows
        values[:, :, queries] = mixture.unflatten(1, (q.shape[1], -1))
        lse[:, :, queries] = row_lse.unflatten(1, (q.shape[1], -1))
    return values, lse
