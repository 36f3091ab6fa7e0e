"""Merge the pairs of one sequence of tokens, the one learned first before all others.

This is how an encoding of Sennrich et al. 2016 (arXiv:1508.07909) is applied to a new text.

Two ways to the same result: one for the short pieces that words are, one for sequences of any
length. Both take what was learned as a table from each pair to the token that it becomes. Tokens
are numbered in the order of learning, so the smallest of the tokens that could be made is the
next.
"""

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise

from course_lib.pair_index import Pair

# Larger than every token: stands where a pair becomes none.
_NEVER = 1 << 62
# Stand in the list of tokens, and are none: after the last one, and where the second token of a
# merged pair was.
_END = -1
_USED_UP = -2


def merge_by_scanning(tokens: Sequence[int], learned: Mapping[Pair, int]) -> list[int]:
    """Merge by looking through the whole sequence for each next pair.

    Cost: O(n²) in the length, but with the smallest of constants.

    Args:
        tokens: The sequence; it is not changed.
        learned: The token that each pair becomes, larger than both.

    Returns:
        The tokens that are left when no pair of neighbours can be merged.
    """
    merged = list(tokens)
    candidates = [learned.get(pair, _NEVER) for pair in pairwise(merged)]
    while candidates and (smallest := min(candidates)) != _NEVER:
        place = candidates.index(smallest)  # the leftmost
        merged[place : place + 2] = [smallest]
        del candidates[place]
        # The pairs with the neighbours are others now.
        for start in (place - 1, place):
            if 0 <= start < len(candidates):
                candidates[start] = learned.get((merged[start], merged[start + 1]), _NEVER)
    return merged


def merge_by_queue(tokens: Sequence[int], learned: Mapping[Pair, int]) -> list[int]:
    """Merge by keeping the tokens that could be made in a heap, with their places.

    Gives what `merge_by_scanning` gives. Cost: O(n log n).
    """
    # A ring: the end stands after the last token and, as the token at -1, before the first.
    merged = [*tokens, _END]
    previous = [*range(-1, len(tokens))]
    following = [*range(1, len(merged)), 0]
    queue: list[tuple[int, int]] = []

    def candidate(place: int) -> int | None:
        return learned.get((merged[place], merged[following[place]]))

    def queue_up(place: int) -> None:
        if (token := candidate(place)) is not None:
            heapq.heappush(queue, (token, place))

    for place in range(len(tokens)):
        queue_up(place)
    while queue:
        token, place = heapq.heappop(queue)
        if candidate(place) != token:
            continue  # one of the two was merged with its other neighbour
        partner = following[place]
        before, after = previous[place], following[partner]
        merged[place], merged[partner] = token, _USED_UP
        following[place], previous[after] = after, place
        queue_up(before)
        queue_up(place)
    return [token for token in merged[:-1] if token != _USED_UP]
