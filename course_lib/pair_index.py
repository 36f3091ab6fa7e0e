"""Count adjacent pairs of tokens, and keep the counts right while pairs are merged.

Training a byte-pair encoding asks, again and again, for the most frequent pair and merges it.
Counting afresh each time would read the whole text for every merge. Here each merge touches only
the places where its pair stands, and each touch makes the text one token shorter: all merges
together cost about as much as reading the text once.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping

Pair = tuple[int, int]

_NOWHERE = -1
# A pair that stands once compresses nothing: a merge would only learn that one place by heart.
_LEAST_COUNT = 2


class PairIndex:
    """Sequences of tokens, with the number and the places of every adjacent pair.

    The sequences lie one after the other in flat lists, linked forwards and backwards, so that
    two tokens become one without moving the rest. A pair's place is that of its first token.
    """

    def __init__(self, sequences: Mapping[bytes, int]) -> None:
        """Lay out the sequences; each byte is a token.

        Args:
            sequences: The different sequences, and how often each stands in the text.
        """
        self._tokens: list[int] = []
        self._previous: list[int] = []
        self._next: list[int] = []
        self._times: list[int] = []  # how often the token's sequence stands in the text
        self._count: Counter[Pair] = Counter()
        self._places: defaultdict[Pair, set[int]] = defaultdict(set)
        for sequence, times in sequences.items():
            if sequence:
                self._lay_out(sequence, times)
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
        """Put the token `merged` wherever `pair` stands, in each sequence from left to right."""
        grown: set[Pair] = set()
        for place in sorted(self._places[pair]):
            if self._pair_at(place) == pair:  # else its first token was just used: 7, 7, 7
                grown |= self._merge_at(place, merged)
        for new_pair in grown:
            heapq.heappush(self._heap, (-self._count[new_pair], new_pair))

    def _merge_at(self, place: int, merged: int) -> set[Pair]:
        """Merge one token with the next, and return the pairs that now stand once more."""
        before, partner = self._previous[place], self._next[place]
        after = self._next[partner]
        for stale in (before, place, partner):
            self._forget(stale)
        self._tokens[place] = merged
        self._next[place] = after
        self._next[partner] = _NOWHERE
        if after != _NOWHERE:
            self._previous[after] = place
        return self._note(before) | self._note(place)

    def _lay_out(self, sequence: bytes, times: int) -> None:
        start, end = len(self._tokens), len(self._tokens) + len(sequence)
        self._tokens.extend(sequence)
        self._previous.extend([_NOWHERE, *range(start, end - 1)])
        self._next.extend([*range(start + 1, end), _NOWHERE])
        self._times.extend([times] * len(sequence))
        for place in range(start, end):
            self._note(place)

    def _pair_at(self, place: int) -> Pair | None:
        """Return the pair whose first token stands at `place`, if there is one."""
        if place == _NOWHERE or self._next[place] == _NOWHERE:
            return None
        return self._tokens[place], self._tokens[self._next[place]]

    def _note(self, place: int) -> set[Pair]:
        """Count the pair at `place`, if there is one, and return it."""
        pair = self._pair_at(place)
        if pair is None:
            return set()
        self._count[pair] += self._times[place]
        self._places[pair].add(place)
        return {pair}

    def _forget(self, place: int) -> None:
        """Count the pair at `place`, if there is one, no longer."""
        pair = self._pair_at(place)
        if pair is not None:
            self._count[pair] -= self._times[place]
            self._places[pair].discard(place)
