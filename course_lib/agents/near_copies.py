"""Texts that are nearly the same: found by the runs of words that they share.

Two texts are compared by their shingles, the runs of a few words that overlap like the shingles of
a roof (Broder 1997, "On the resemblance and containment of documents"). For large collections
Broder compares sketches of the shingles; here all of them are compared.
"""

from collections.abc import Sequence


def shingles(words: Sequence[str], n_words: int) -> frozenset[tuple[str, ...]]:
    """Return all runs of so many words; a shorter text is one run.

    Raises:
        ValueError: A run would have no words.
    """
    if n_words < 1:
        raise ValueError(f"a run has at least one word, not {n_words}")
    n_runs = max(1, len(words) - n_words + 1)
    return frozenset(tuple(words[start : start + n_words]) for start in range(n_runs))


def resemblance(first: Sequence[str], second: Sequence[str], n_words: int = 4) -> float:
    """Return the share of common runs among all runs of two texts, from 0 to 1.

    Args:
        first: The words of one text.
        second: Those of the other.
        n_words: Length of a run.

    Raises:
        ValueError: A run would have no words.
    """
    one, other = shingles(first, n_words), shingles(second, n_words)
    return len(one & other) / len(one | other)


def without_near_copies(
    texts: Sequence[Sequence[str]], most: float = 0.5, n_words: int = 4
) -> list[int]:
    """Keep of a ranking what does not resemble something better.

    Args:
        texts: The words of each text, best first.
        most: A text that resembles a kept one by more than this is left out.
        n_words: Length of a run.

    Returns:
        The places of the texts that are kept, from 0, in their order.

    Raises:
        ValueError: A run would have no words.
    """
    kept: list[int] = []
    for place, words in enumerate(texts):
        if all(resemblance(words, texts[better], n_words) <= most for better in kept):
            kept.append(place)
    return kept
