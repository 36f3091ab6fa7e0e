"""What the figure of tiles computes: attention as far as it has come, and what it has fetched.

Axes: Tq queries, Tk keys, Dh width of a head, Dv width of a value.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Float
from torch import Tensor

from course_lib.kernels.flash_tiles import TileGrid
from course_lib.kernels.online_softmax import LOG2_E, OnlineSoftmax, add_piece, start


@dataclass(frozen=True)
class Tile:
    """One tile: which queries meet which keys, counted from 0, without the last."""

    first_query: int
    end_query: int
    first_key: int
    end_key: int


@dataclass(frozen=True)
class RowState:
    """What is kept of one query.

    Attributes:
        row_max: Largest score so far; −∞ before the first.
        row_sum: Sum of the exponentials so far, each less the maximum.
        mixture: Sum of the values so far, each times that exponential.
        shrink: What the last tile has multiplied sum and mixture with; 1 where nothing was kept.
    """

    row_max: float
    row_sum: float
    mixture: tuple[float, ...]
    shrink: float

    @property
    def result(self) -> tuple[float, ...]:
        """The mixture divided by the sum; zeros for a query that has seen nothing."""
        return tuple(part / self.row_sum if self.row_sum else 0.0 for part in self.mixture)


@dataclass(frozen=True)
class TileWork:
    """Attention cut into tiles.

    Attributes:
        q: Queries.
        k: Keys.
        v: Values.
        grid: How the table is cut.
    """

    q: Float[Tensor, "Tq Dh"]
    k: Float[Tensor, "Tk Dh"]
    v: Float[Tensor, "Tk Dv"]
    grid: TileGrid

    @cached_property
    def tiles(self) -> list[Tile]:
        """The tiles in the order of work, without those that are wholly hidden."""
        return [
            Tile(queries.start, queries.stop, keys.start, keys.stop)
            for queries in self.grid.query_tiles()
            for keys in self.grid.key_tiles(queries)
        ]

    @property
    def table_size(self) -> int:
        """How many scores the whole table would hold."""
        return len(self.q) * len(self.k)

    def score(self, query: int, key: int) -> float | None:
        """Return the score of a query and a key; None where the query may not look."""
        n_before = len(self.k) - len(self.q)
        if self.grid.causal and key > query + n_before:
            return None
        return (self.q[query] @ self.k[key]).item() / math.sqrt(self.q.shape[1])

    def rows_after(self, step: int) -> dict[int, RowState]:
        """Return what is kept of each query of the tile that was worked on last.

        Args:
            step: How many tiles are done; with 0 nothing is kept.
        """
        if not step:
            return {}
        here = self.tiles[step - 1]
        rows = range(here.first_query, here.end_query)
        state = start((1, len(rows), self.v.shape[1]), like=self.v)
        before = state.row_max
        for tile in self.tiles[:step]:
            if tile.first_query == here.first_query:
                before = state.row_max.clone()
                state = self._with_tile(state, tile)
        shrinks = (before - state.row_max).exp2()
        return {
            row: _row_state(state, place, shrinks[0, place, 0].item())
            for place, row in enumerate(rows)
        }

    def _with_tile(self, state: OnlineSoftmax, tile: Tile) -> OnlineSoftmax:
        queries = slice(tile.first_query, tile.end_query)
        keys = slice(tile.first_key, tile.end_key)
        scores = self.q[queries] @ self.k[keys].mT * (LOG2_E / math.sqrt(self.q.shape[1]))
        hidden = self.grid.hidden(queries, keys, self.q.device)
        if hidden is not None:
            scores = scores.masked_fill(hidden, -math.inf)
        return add_piece(state, scores[None], self.v[None, keys])

    def moved_after(self, step: int) -> int:
        """Count the numbers fetched from and written to the slow memory by then."""
        moved, d_head, d_value = 0, self.q.shape[1], self.v.shape[1]
        for at, tile in enumerate(self.tiles[:step]):
            n_rows = tile.end_query - tile.first_query
            moved += (tile.end_key - tile.first_key) * (d_head + d_value)
            if not at or self.tiles[at - 1].first_query != tile.first_query:
                moved += n_rows * d_head
            if self.is_last_of_row(at):
                moved += n_rows * d_value
        return moved

    def is_last_of_row(self, at: int) -> bool:
        """Tell whether the results of a tile's queries are ready when it is done."""
        following = self.tiles[at + 1 : at + 2]
        return not following or following[0].first_query != self.tiles[at].first_query

    @property
    def held(self) -> int:
        """Count the numbers that the fast memory must hold at most."""
        d_head, d_value = self.q.shape[1], self.v.shape[1]
        n_rows, n_columns = (
            min(self.grid.block_q, len(self.q)),
            min(self.grid.block_k, len(self.k)),
        )
        maximum_and_sum = 2
        kept = n_rows * (d_head + d_value + maximum_and_sum)
        return kept + n_columns * (d_head + d_value) + n_rows * n_columns


def moved_plainly(work: TileWork) -> int:
    """Count what the plain form moves: inputs and results once, and the table four times."""
    times_of_the_table = 4
    once = work.q.numel() + work.k.numel() + work.v.numel() + len(work.q) * work.v.shape[1]
    return once + times_of_the_table * work.table_size


def _row_state(state: OnlineSoftmax, place: int, shrink: float) -> RowState:
    row_sum = state.row_sum[0, place, 0].item()
    row_max = state.row_max[0, place, 0].item() / LOG2_E if row_sum else -math.inf
    kept_before = shrink > 0
    return RowState(
        row_max=row_max,
        row_sum=row_sum,
        mixture=tuple(state.mixture[0, place].tolist()),
        shrink=shrink if kept_before and row_sum else 1.0,
    )
