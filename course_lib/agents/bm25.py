"""Retrieval by words: BM25, from an index that lists where each word stands.

A word counts for more the fewer texts have it, and for ever less the oftener it is repeated in one
text; a long text gets less for each. Robertson and Zaragoza 2009, "The Probabilistic Relevance
Framework: BM25 and Beyond", in the form whose weights are never negative.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Posting:
    """A text in which a word stands.

    Attributes:
        document: Number of the text.
        count: How often the word stands in it.
    """

    document: int
    count: int


@dataclass(frozen=True)
class Hit:
    """A text that was found.

    Attributes:
        document: Number of the text.
        score: How well it fits; what scores compare depends on who found it.
    """

    document: int
    score: float


@dataclass(frozen=True)
class WordIndex:
    """Where each word of a collection stands.

    Attributes:
        postings: For each word, the texts that have it, by their numbers.
        lengths: How many words each text has.
        k1: How soon repetition stops to count: at 0 at once.
        b: How much a long text is held back: at 0 not at all, at 1 in proportion to its length.
    """

    postings: Mapping[str, tuple[Posting, ...]]
    lengths: tuple[int, ...]
    k1: float = 1.5
    b: float = 0.75

    @classmethod
    def of(
        cls, documents: Sequence[Sequence[str]], *, k1: float = 1.5, b: float = 0.75
    ) -> "WordIndex":
        """Read all texts once.

        Args:
            documents: The words of each.
            k1: See the attributes, as for `b`.
            b: The other one.

        Raises:
            ValueError: There are no texts, or a constant is out of its range.
        """
        if not documents:
            raise ValueError("an index of no texts finds nothing")
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError(f"k1 is at least 0, and b from 0 to 1, unlike {k1=} and {b=}")
        postings: dict[str, list[Posting]] = {}
        for number, words in enumerate(documents):
            for word, count in Counter(words).items():
                postings.setdefault(word, []).append(Posting(number, count))
        lengths = tuple(len(words) for words in documents)
        return cls({word: tuple(found) for word, found in postings.items()}, lengths, k1, b)

    @property
    def mean_length(self) -> float:
        """How many words a text has in the mean."""
        return sum(self.lengths) / len(self.lengths)

    def rarity(self, word: str) -> float:
        """Return the weight of a word: positive, and larger the fewer texts have it."""
        n_with = len(self.postings.get(word, ()))
        n_without = len(self.lengths) - n_with
        return math.log1p((n_without + 0.5) / (n_with + 0.5))

    def search(self, query: Sequence[str], n_hits: int) -> list[Hit]:
        """Find the texts that fit a query best, best first, of equals the earlier.

        Only the lists of the query's words are read. A word that is asked for twice counts twice.

        Args:
            query: Its words.
            n_hits: How many texts to return at most; those without any of the words are no hits.
        """
        scores: dict[int, float] = {}
        mean_length = self.mean_length
        for word, n_asked in Counter(query).items():
            weight = n_asked * self.rarity(word)
            for posting in self.postings.get(word, ()):
                share = self.lengths[posting.document] / mean_length
                held_back = self.k1 * (1 - self.b + self.b * share)
                gain = weight * posting.count * (self.k1 + 1) / (posting.count + held_back)
                scores[posting.document] = scores.get(posting.document, 0.0) + gain
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        return [Hit(document, score) for document, score in ranked[:n_hits]]
