"""FlashAttention tile by tile: which tile is worked on, what is kept, and what is fetched.

The figure holds queries, keys and values; its module computes in the reader's browser, and
`FlashTiles.work` computes the same with the library's own tiles and online softmax.
"""

from collections.abc import Sequence

import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from course_lib.figures.base import Figure, Preset
from course_lib.figures.tile_numbers import TileWork
from course_lib.figures.tile_words import tiles_in_words
from course_lib.kernels.flash_tiles import TileGrid

# What a chapter's cell needs.
__all__ = ["FlashTiles", "Preset"]

MOST = 12  # queries or keys; more squares than 12 × 12 are too small to read
STATE = ("block_q", "block_k", "causal", "step")
START = (
    "Press “Next tile” and follow one row of tiles: scores come and go, and a maximum, a sum and "
    "a mixture stay. Then change the blocks."
)


class FlashTiles(Figure):
    """A table of squares cut into tiles, buttons to go through them, and what each row keeps.

    Attributes:
        queries: One row a query.
        keys_: One row a key; a widget has a list `keys` of its own.
        values: One row a key.
        most: Largest block.
        block_q: Queries in a tile.
        block_k: Keys in a tile.
        causal: Whether a query sees only itself and what came before.
        step: How many tiles are done; more than there are counts as all.
    """

    queries = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    keys_ = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    values = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    most = traitlets.Int(1).tag(sync=True)
    block_q = traitlets.Int(1, min=1, max=MOST).tag(sync=True)
    block_k = traitlets.Int(1, min=1, max=MOST).tag(sync=True)
    causal = traitlets.Bool(default_value=False).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        q: Float[Tensor, "Tq Dh"],
        k: Float[Tensor, "_ _"],
        v: Float[Tensor, "_ Dv"],
        *,
        block_q: int = 3,
        block_k: int = 3,
        causal: bool = False,
        step: int = 1,
        see: str = START,
        presets: Sequence[Preset] = (),
        title: str = "FlashAttention, tile by tile",
        description: str = (
            "A table of queries and keys, cut into tiles that are worked on one after the other. "
            "Buttons go on or back; beside the table stands what is kept of each query."
        ),
    ) -> None:
        """Check the tensors and pack them for the page.

        Args:
            q: Queries.
            k: Keys, as many as there are queries.
            v: Values.
            block_q: Queries in a tile at first.
            block_k: Keys in a tile at first.
            causal: Whether a query sees only itself and what came before, at first.
            step: How many tiles are done at first.
            see: What there is to see and to try at the start.
            presets: Buttons for other states.
            title: One line above the figure.
            description: What there is to see, for a reader who does not see it.

        Raises:
            ValueError: The shapes do not fit each other, there are too many rows, or a number is
                not finite.
            traitlets.TraitError: A block or the step is out of reach.
        """
        if len(q) != len(k) or len(k) != len(v) or q.shape[1] != k.shape[1]:
            raise ValueError(
                f"queries {tuple(q.shape)}, keys {tuple(k.shape)} and values {tuple(v.shape)} do "
                "not fit each other"
            )
        if not 1 <= len(q) <= MOST:
            raise ValueError(f"{len(q)} rows cannot be shown: 1 to {MOST} can")
        if not all(bool(each.isfinite().all()) for each in (q, k, v)):
            raise ValueError("a query, key or value holds a number that is not finite")
        super().__init__(
            queries=q.tolist(),
            keys_=k.tolist(),
            values=v.tolist(),
            most=len(q),
            title=title,
            description=description,
        )
        self.block_q, self.block_k = block_q, block_k
        self.causal, self.step = causal, step
        self.offer(see, presets, restored=STATE)

    def work(self) -> TileWork:
        """Return the attention, cut as the reader has it now."""
        q, k, v = (
            torch.tensor(each, dtype=torch.float64)
            for each in (self.queries, self.keys_, self.values)
        )
        grid = TileGrid(
            n_queries=len(q),
            n_keys=len(k),
            causal=self.causal,
            block_q=self.block_q,
            block_k=self.block_k,
        )
        return TileWork(q, k, v, grid)

    @property
    def done(self) -> int:
        """How many tiles are done: `step`, or all where there are fewer."""
        return min(self.step, len(self.work().tiles))

    def summary(self) -> str:
        """Say what the figure shows now."""
        return tiles_in_words(self.work(), self.done)

    def text_alternative(self) -> str:
        """Say what the figure shows in words."""
        return f"{super().text_alternative()}\n{self.summary()}"
