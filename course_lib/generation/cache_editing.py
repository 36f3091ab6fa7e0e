"""What is done to caches besides appending: forget the last positions, or reorder the sequences.

Speculative decoding takes back tokens that were refused; beam search goes on from some of its rows
and drops others. Not every cache can do both: one that has overwritten old positions cannot go
back to them.

Axes: R rows of the next batch.
"""

from typing import Protocol, runtime_checkable

from jaxtyping import Int
from torch import Tensor

from course_lib.generation.language_model import LayerCache


@runtime_checkable
class TruncatableCache(Protocol):
    """A cache that can forget its last positions."""

    def truncated(self, n_seen: int) -> LayerCache:
        """Return the cache as it was after so many positions; this one is not used again."""
        ...


@runtime_checkable
class SelectableCache(Protocol):
    """A cache whose sequences can be dropped, repeated and reordered."""

    def selected(self, rows: Int[Tensor, " R"]) -> LayerCache:
        """Return a cache of the sequences at these rows; this one is not used again."""
        ...


def truncate(caches: tuple[LayerCache, ...], n_seen: int) -> tuple[LayerCache, ...]:
    """Take caches back to their first positions.

    Args:
        caches: One cache a layer, or none.
        n_seen: How many positions they keep; those that hold no more stay as they are.

    Returns:
        The caches to go on with.

    Raises:
        ValueError: A cache cannot go back.
    """
    if not caches or caches[0].n_seen <= n_seen:
        return caches
    following = []
    for cache in caches:
        if not isinstance(cache, TruncatableCache):
            raise ValueError(f"a {type(cache).__name__} cannot go back to {n_seen} positions")
        following.append(cache.truncated(n_seen))
    return tuple(following)


def select_rows(caches: tuple[LayerCache, ...], rows: Int[Tensor, " R"]) -> tuple[LayerCache, ...]:
    """Go on with some of the sequences in caches, in a new order, some perhaps several times.

    Args:
        caches: One cache a layer, or none.
        rows: Which sequence each row of the next batch goes on from.

    Returns:
        The caches of the next batch.

    Raises:
        ValueError: A cache cannot be reordered.
    """
    following = []
    for cache in caches:
        if not isinstance(cache, SelectableCache):
            raise ValueError(f"the sequences of a {type(cache).__name__} cannot be reordered")
        following.append(cache.selected(rows))
    return tuple(following)
