"""Which head looks along a known relation, and whether a mere distance would do as well.

The comparison with a fixed distance is that of Clark et al. 2019 (arXiv:1906.04341), section 4.

Axes: L layers, B batch, H heads, T positions.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Relation:
    """Two related places of a sequence; the later one looks.

    Attributes:
        row: Which sequence of the batch.
        source: The place that looks.
        target: The place that it is related to, before the source.
    """

    row: int
    source: int
    target: int

    @property
    def offset(self) -> int:
        """How many places the target lies back."""
        return self.source - self.target


@dataclass(frozen=True)
class FixedOffset:
    """The yardstick of a head: always look the same number of places back.

    Attributes:
        offset: How many places.
        share: The share of the relations whose target lies there.
    """

    offset: int
    share: float


def shares_found(
    weights: Sequence[Float[Tensor, "B H T T"]], relations: Sequence[Relation]
) -> Float[Tensor, "L H"]:
    """Return the share of the relations whose target gets a head's largest weight.

    Args:
        weights: Attention weights, one tensor a layer.
        relations: At least one.

    Raises:
        ValueError: There is no relation.
    """
    if not relations:
        raise ValueError("a share of no relations is not defined: give at least one")
    rows, sources, targets = torch.tensor([(r.row, r.source, r.target) for r in relations]).T
    found = [(w[rows, :, sources].argmax(dim=-1) == targets[:, None]) for w in weights]  # n H
    return torch.stack(found).float().mean(dim=1)


def best_offset(relations: Iterable[Relation]) -> FixedOffset:
    """Return the distance at which most targets lie; of equally frequent ones the smallest.

    Raises:
        ValueError: There is no relation.
    """
    frequency = Counter(relation.offset for relation in relations)
    if not frequency:
        raise ValueError("no relation, no distance: give at least one")
    offset = min(frequency, key=lambda distance: (-frequency[distance], distance))
    return FixedOffset(offset, frequency[offset] / frequency.total())


def share_at(offset: int, relations: Sequence[Relation]) -> float:
    """Return the share of the relations whose target lies this many places back."""
    return sum(relation.offset == offset for relation in relations) / len(relations)
