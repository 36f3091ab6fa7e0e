"""Count adjacent pairs of tokens, and keep the counts right while pairs are merged.

Training a byte-pair encoding asks, again and again, for the most frequent pair and merges it.
Counting afresh each time would read the whole text for every merge. Here each merge touches only
the places where its pair stands, and each touch makes the text one token shorter: all merges
together cost about as much as reading the text once. Sennrich et al. 2016 (arXiv:1508.07909),
section 3.2, train with such an index too.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

Pair = tuple[int, int]

# Stand in the list of tokens, and are none: between two sequences, and where the second token of
# a merged pair was.
_BORDER = -1
_USED_UP = -2
_LARGEST_BYTE = 255
# A pair that stands once compresses nothing: a merge would only learn that one place by heart.
_LEAST_COUNT = 2


class PairIndex:
    """Sequences of tokens, with the number and the places of every adjacent pair.

    The sequences lie one after the other in one list, with a border before, between and after
    them, and linked forwards and backwards, so that two tokens become one without moving the
    rest. A pair's place is that of its first token.
    """

    def __init__(self, sequences: Mapping[bytes, int]) -> None:
        """Lay out the sequences; each byte is a token.

        Args:
            sequences: The different sequences, and how often each stands in the text.
        """
        self._tokens = [_BORDER]
        self._times = [0]  # how often the token's sequence stands in the text
        for sequence, times in sequences.items():
            self._tokens += [*sequence, _BORDER]
            self._times += [times] * (len(sequence) + 1)
        self._previous = list(range(-1, len(self._tokens) - 1))
        self._next = list(range(1, len(self._tokens) + 1))
        self._newest = _LARGEST_BYTE
        self._count: defaultdict[Pair, int] = defaultdict(int)
        # From left to right: all places of a pair come up together, in the layout or when the
        # newer of its tokens is made. A place stays when its pair is gone; `merge` passes over it.
        self._places: defaultdict[Pair, list[int]] = defaultdict(list)
        for place, pair in enumerate(pairwise(self._tokens)):
            if _BORDER not in pair:
                self._count[pair] += self._times[place]
                self._places[pair].append(place)
        # The smallest entry is the most frequent pair, and of equals the smallest pair.
        # Counts that have fallen since are mended when their entry comes to the top.
        self._heap = [(-count, pair) for pair, count in self._count.items()]
        heapq.heapify(self._heap)

    def most_frequent(self) -> Pair | None:
        """Return the pair that stands most often, of equals the smallest; None if none repeats.

        Overlaps count: (7, 7) stands twice in 7, 7, 7.
        """
        while self._heap:
            negative_count, pair = self._heap[0]
            if -negative_count == self._count[pair]:
                return pair if -negative_count >= _LEAST_COUNT else None
            heapq.heapreplace(self._heap, (-self._count[pair], pair))
        return None

    def merge(self, pair: Pair, merged: int) -> None:
        """Put the token `merged` wherever `pair` stands, in each sequence from left to right.

        Raises:
            ValueError: `merged` is not larger than every token so far, and may stand somewhere.
        """
        if merged <= self._newest:
            raise ValueError(f"{merged=} is not larger than {self._newest}, the newest token")
        self._newest = merged
        tokens, count = self._tokens, self._count
        first, second = pair
        grown: defaultdict[Pair, list[int]] = defaultdict(list)
        for place in self._places.pop(pair, []):
            partner = self._next[place]
            if tokens[place] != first or tokens[partner] != second:
                continue  # an earlier merge took one of the two; this one does in 7, 7, 7
            before, after = self._previous[place], self._next[partner]
            left, right, times = tokens[before], tokens[after], self._times[place]
            if left != _BORDER:
                count[left, first] -= times
                count[left, merged] += times
                grown[left, merged].append(before)
            if right != _BORDER:
                count[second, right] -= times
                count[merged, right] += times
                grown[merged, right].append(place)
            tokens[place], tokens[partner] = merged, _USED_UP
            self._next[place], self._previous[after] = after, place
        count.pop(pair, None)
        self._places |= grown
        for new_pair in grown:
            heapq.heappush(self._heap, (-count[new_pair], new_pair))
