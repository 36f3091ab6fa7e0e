"""Look at a few vectors instead of all of them: an inverted file of cells.

The vectors are sorted into cells around centres, as a library sorts books into rooms. A query is
compared with the centres, and then only with what lies in the cells that are nearest. What it
misses lies just across a border. The coarse half of the index of Jégou et al. 2011, "Product
Quantization for Nearest Neighbor Search"; their other half stores each vector in a few bytes.

Axes: N vectors, C cells, E dimensions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

N_ROUNDS = 25  # of sorting and moving the centres; they stand still long before, on small sets


@dataclass(frozen=True)
class Found:
    """What a search came to, and what it cost.

    Attributes:
        numbers: Numbers of the vectors that were found, best first.
        n_compared: With how many vectors, centres included, the query was compared.
    """

    numbers: list[int]
    n_compared: int


@dataclass(frozen=True)
class CellIndex:
    """Vectors in cells.

    Attributes:
        vectors: The vectors, each of length 1.
        centres: The centre of each cell, of length 1.
        cells: Numbers of the vectors in each cell.
    """

    vectors: Float[Tensor, "N E"]
    centres: Float[Tensor, "C E"]
    cells: tuple[Int[Tensor, " _"], ...]

    @classmethod
    def of(
        cls, vectors: Float[Tensor, "N E"], n_cells: int, generator: torch.Generator
    ) -> "CellIndex":
        """Sort vectors into cells, by k-means on the directions.

        Args:
            vectors: The vectors; only their directions count.
            n_cells: How many cells.
            generator: Draws the vectors at which the centres begin.

        Raises:
            ValueError: There are fewer vectors than cells, or no cell.
        """
        if not 1 <= n_cells <= len(vectors):
            raise ValueError(f"{len(vectors)} vectors do not fill {n_cells} cells")
        vectors = torch.nn.functional.normalize(vectors, dim=1)
        centres = vectors[torch.randperm(len(vectors), generator=generator)[:n_cells]]
        for _ in range(N_ROUNDS):
            nearest = (vectors @ centres.T).argmax(dim=1)
            sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
            # A cell that has lost all its vectors keeps its centre.
            is_empty = sums.norm(dim=1, keepdim=True) == 0
            centres = torch.where(is_empty, centres, torch.nn.functional.normalize(sums, dim=1))
        nearest = (vectors @ centres.T).argmax(dim=1)
        cells = tuple((nearest == cell).nonzero()[:, 0] for cell in range(n_cells))
        return cls(vectors, centres, cells)

    def search(self, query: Float[Tensor, " E"], n_hits: int, n_probed: int) -> Found:
        """Find the vectors in whose direction a query points, as far as they lie near.

        Args:
            query: A vector; only its direction counts.
            n_hits: How many to return at most.
            n_probed: How many cells to look into; with all of them the search is exact.

        Raises:
            ValueError: There are not so many cells, or nothing is asked for.
        """
        if n_hits < 1 or not 1 <= n_probed <= len(self.cells):
            raise ValueError(f"{n_hits=} and {n_probed=} do not fit {len(self.cells)} cells")
        probed = (self.centres @ query).topk(n_probed).indices.tolist()
        numbers = torch.cat([self.cells[cell] for cell in probed])
        order = (self.vectors[numbers] @ query).argsort(descending=True, stable=True)
        return Found(numbers[order[:n_hits]].tolist(), len(self.centres) + len(numbers))


def recall_against_exact(found: Sequence[int], exact: Sequence[int]) -> float:
    """Return the share of the exact hits that were found.

    Raises:
        ValueError: There are no exact hits.
    """
    if not exact:
        raise ValueError("an exact search found nothing, so nothing can be missed")
    return len(set(exact) & set(found)) / len(set(exact))
