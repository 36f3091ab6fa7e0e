"""How tiled attention cuts its work: which tiles there are, and what is hidden in each.

The table of scores, queries down and keys across, never exists as a whole. It is cut into tiles,
and one tile at a time is computed, used and overwritten.

Axes: N sequences times key/value heads, g query heads that share a key/value head, Tq queries,
Tk keys, Dh width of a head. `rows` are the queries of a tile, those of all g heads one head after
the other; `columns` are its keys.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class TileGrid:
    """Where the tiles lie, and which of them hold anything to look at.

    Attributes:
        n_queries: Number of queries (Tq).
        n_keys: Number of keys (Tk).
        causal: Whether a query may look only at its own position and at those before it. The
            queries are the last positions of the keys' sequence, as they are with a cache.
        block_q: Queries in a tile; the last tile may have fewer.
        block_k: Keys in a tile; the last tile may have fewer.
    """

    n_queries: int
    n_keys: int
    causal: bool
    block_q: int
    block_k: int

    def __post_init__(self) -> None:
        if min(self.block_q, self.block_k) < 1:
            raise ValueError(f"a tile of {self.block_q} × {self.block_k} holds nothing")

    def query_tiles(self) -> list[slice]:
        """Return the queries of each row of tiles, from top to bottom."""
        return _cut(self.n_queries, self.block_q)

    def key_tiles(self, queries: slice) -> list[slice]:
        """Return the keys of each tile in a row of tiles, without those wholly hidden."""
        n_seen = queries.stop + self._n_before if self.causal else self.n_keys
        return [keys for keys in _cut(self.n_keys, self.block_k) if keys.start < n_seen]

    def hidden(
        self, queries: slice, keys: slice, device: torch.device
    ) -> Bool[Tensor, "Tq Tk"] | None:
        """Return True where a query of a tile may not look at a key, or None if it may everywhere.

        Only the tiles that the diagonal cuts need such a table.
        """
        if not self.causal or keys.stop - 1 <= queries.start + self._n_before:
            return None
        i = torch.arange(queries.start, queries.stop, device=device)
        j = torch.arange(keys.start, keys.stop, device=device)
        return j > i[:, None] + self._n_before

    @property
    def _n_before(self) -> int:
        """Position of the first query among the keys; negative if there are more queries."""
        return self.n_keys - self.n_queries


def _cut(length: int, width: int) -> list[slice]:
    return [slice(start, min(start + width, length)) for start in range(0, length, width)]


def rows_of(x: Float[Tensor, "N g Tq width"], queries: slice) -> Float[Tensor, "N rows width"]:
    """Return some queries of every head, one head after the other.

    All the heads that share keys meet them in one product, and no key or value is copied.
    """
    return x[:, :, queries].flatten(1, 2)


def hide(
    scores: Float[Tensor, "N rows columns"],
    hidden: Bool[Tensor, "Tq columns"] | None,
    key_mask: Bool[Tensor, "N columns"] | None,
) -> None:
    """Set the scores of a tile to −∞, in place, where a query may not look.

    Args:
        scores: The tile.
        hidden: True where a query may not look at a key, for all heads alike; None if it may
            everywhere.
        key_mask: True where a key may be looked at; None if every key may.
    """
    if hidden is not None:
        scores.unflatten(1, (-1, hidden.shape[0])).masked_fill_(hidden, -torch.inf)
    if key_mask is not None:
        scores.masked_fill_(~key_mask[:, None], -torch.inf)


def room_for_a_tile(grid: TileGrid, q: Float[Tensor, "N g Tq Dh"]) -> Float[Tensor, " n"]:
    """Reserve the memory that holds one tile after the other.

    Memory new for each tile would have to be cleared by the system each time, which can take as
    long as the product that is put there.
    """
    n_scores = min(grid.block_q, grid.n_queries) * min(grid.block_k, grid.n_keys)
    return q.new_empty(q.shape[0] * q.shape[1] * n_scores)


def multiply_into(
    room: Float[Tensor, " n"],
    a: Float[Tensor, "N rows inner"],
    b: Float[Tensor, "N inner columns"],
) -> Float[Tensor, "N rows columns"]:
    """Return `a @ b`, written at the start of `room`."""
    shape = (*a.shape[:2], b.shape[2])
    return torch.bmm(a, b, out=room[: math.prod(shape)].view(shape))
