"""Several rankings made one, and how good a ranking is."""

from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def fuse(rankings: Sequence[Sequence[Item]], offset: int = 60) -> list[Item]:
    """Make one ranking of several, each item getting 1/(offset + place) from each that has it.

    Only places count, so rankings whose scores have nothing in common can be fused: reciprocal rank
    fusion (Cormack et al. 2009), whose authors chose the same offset.

    Args:
        rankings: Items without repeats, best first.
        offset: The larger, the less the first places stand out.

    Returns:
        All items, best first; of equals the one that was met first.

    Raises:
        ValueError: The offset is negative.
    """
    if offset < 0:
        raise ValueError(f"an offset is not negative, unlike {offset}")
    scores: dict[Item, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (offset + place)
    return sorted(scores, key=lambda item: -scores[item])


def first_places(items: Sequence[Item]) -> list[Item]:
    """Keep each item where it first stands: a ranking of parts becomes one of wholes."""
    return list(dict.fromkeys(items))


@dataclass(frozen=True)
class RankingQuality:
    """How well a search did on many questions.

    Attributes:
        ranks: Place of the first right item for each question, from 1; None if it was not found.
        recall: For each k that was asked for, the mean share of right items among the first k.
        mean_reciprocal_rank: Mean of 1/rank, 0 where nothing was found.
    """

    ranks: tuple[int | None, ...]
    recall: dict[int, float]
    mean_reciprocal_rank: float


def judge(
    rankings: Sequence[Sequence[Item]], relevant: Sequence[Set[Item]], cutoffs: Sequence[int]
) -> RankingQuality:
    """Judge rankings by what should have been found.

    Args:
        rankings: What was found for each question, best first.
        relevant: What should have been: at least one item for each.
        cutoffs: Each k to look at.

    Raises:
        ValueError: There are no questions, not equally many of both, or one has no right item.
    """
    if not rankings or len(rankings) != len(relevant) or not all(relevant):
        raise ValueError(
            f"each ranking needs its right items, got {len(rankings)} and {len(relevant)} of them"
        )
    pairs = list(zip(rankings, relevant, strict=True))
    ranks = [
        next((place for place, item in enumerate(ranking, start=1) if item in right), None)
        for ranking, right in pairs
    ]
    recall = {
        k: sum(len(right & set(ranking[:k])) / len(right) for ranking, right in pairs) / len(pairs)
        for k in cutoffs
    }
    gains = [0.0 if rank is None else 1 / rank for rank in ranks]
    return RankingQuality(tuple(ranks), recall, sum(gains) / len(gains))
