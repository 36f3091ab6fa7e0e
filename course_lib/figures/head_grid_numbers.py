"""What the grid of heads computes of a text; `head_grid/arithmetic.js` does the same.

Axes: H heads of all layers, T words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.analysis.head_roles import Relation, best_offset, shares_found

DIGITS = 9  # sums round differently in the page: both are cut where that cannot show


@dataclass(frozen=True)
class PartScore:
    """How much each head plays one simple part on a text.

    Attributes:
        name: "previous", "first" or "induction".
        scores: For each head the mean weight on the place where the part would have it look; no
            number where the text has no such place.
        even: What a head would score that looks at all words that it sees alike.
    """

    name: str
    scores: tuple[float, ...]
    even: float


@dataclass(frozen=True)
class RelationScore:
    """How often each head looks along a known relation.

    Attributes:
        name: The kind of relation.
        n_pairs: How many pairs of the kind the text has.
        found: For each head in how many of them its largest weight lies on the related word.
        offset: The number of places back at which most of the related words stand.
        found_by_offset: How many stand there.
    """

    name: str
    n_pairs: int
    found: tuple[int, ...]
    offset: int
    found_by_offset: int


@dataclass(frozen=True)
class HeadNumbers:
    """All that the grid shows of a text besides its weights.

    Attributes:
        parts: Previous token, first token, induction.
        relations: One a kind.
        n_pairs: Pairs of all kinds.
        found: For each head how many of them it finds.
    """

    parts: tuple[PartScore, ...]
    relations: tuple[RelationScore, ...]
    n_pairs: int
    found: tuple[int, ...]


def measure_heads(
    weights: Float[Tensor, "H T T"],
    relations: Sequence[dict[str, Any]],
    repeat: Sequence[int],
) -> HeadNumbers:
    """Measure where each head looks.

    Args:
        weights: Attention weights of a causal model.
        relations: Dictionaries with name and pairs (place that looks, related place), none empty.
        repeat: First place of the second copy and the period; empty where nothing repeats.
    """
    n_words = weights.shape[-1]
    after_the_first = list(range(1, n_words))
    start, period = repeat or (n_words, 1)
    repeated = list(range(start, n_words))
    parts = (
        _part("previous", weights, after_the_first, [t - 1 for t in after_the_first]),
        _part("first", weights, after_the_first, [0] * len(after_the_first)),
        _part("induction", weights, repeated, [t - period + 1 for t in repeated]),
    )
    kinds = tuple(_relation(weights, each["name"], each["pairs"]) for each in relations)
    by_head = zip(*(kind.found for kind in kinds), strict=True)
    return HeadNumbers(
        parts=parts,
        relations=kinds,
        n_pairs=sum(kind.n_pairs for kind in kinds),
        found=tuple(map(sum, by_head)) if kinds else (0,) * len(weights),
    )


def _part(
    name: str, weights: Float[Tensor, "H T T"], queries: list[int], keys: list[int]
) -> PartScore:
    """Average the weights of some pairs, each head's and an even head's."""
    even = torch.tensor([1 / (t + 1) for t in queries], dtype=torch.float64).mean().item()
    scores = weights[:, queries, keys].mean(dim=1).tolist()
    return PartScore(name, tuple(round(each, DIGITS) for each in scores), round(even, DIGITS))


def _relation(
    weights: Float[Tensor, "H T T"], name: str, pairs: Sequence[Sequence[int]]
) -> RelationScore:
    related = [Relation(0, source, target) for source, target in pairs]
    shares = shares_found([weights.unsqueeze(0)], related)[0]
    yardstick = best_offset(related)
    return RelationScore(
        name=name,
        n_pairs=len(related),
        found=tuple(round(share * len(related)) for share in shares.tolist()),
        offset=yardstick.offset,
        found_by_offset=round(yardstick.share * len(related)),
    )
