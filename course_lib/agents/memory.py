"""What an agent can still see of what it was told: the last words, a summary, or what it looks up.

All three are held to the same number of words at a question, for that is what a model can be shown.
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from course_lib.agents.note_store import Note, NoteStore
from course_lib.agents.words import search_words


@runtime_checkable
class Memory(Protocol):
    """Is told one thing after the other, and is asked later."""

    def tell(self, text: str) -> None:
        """Take note of something."""
        ...

    def recall(self, question: str) -> list[str]:
        """Return what can be seen when a question is asked, oldest first."""
        ...


class WindowMemory:
    """Keeps the last texts that fit, whatever they say."""

    def __init__(self, n_words: int) -> None:
        """Make a window of so many words.

        Raises:
            ValueError: It would have none.
        """
        _check_words(n_words)
        self._n_words = n_words
        self._texts: list[str] = []

    def tell(self, text: str) -> None:
        """Append a text and let go of the oldest that no longer fit."""
        self._texts.append(text)
        while _count(self._texts) > self._n_words:
            self._texts.pop(0)

    def recall(self, question: str) -> list[str]:
        """Return the window, whatever is asked."""
        return list(self._texts)


Summarise = Callable[[Sequence[str], int], list[str]]
"""Makes texts fit into a number of words."""


class SummaryMemory:
    """Keeps the last texts as they are, and of all before them a summary.

    When the window runs over, its older half is folded into the summary. What the summary leaves
    out is gone.
    """

    def __init__(self, n_words: int, summarise: Summarise) -> None:
        """Share the words between summary and window, half and half.

        Args:
            n_words: Words of both together.
            summarise: Writes the summary, from the one before and what is folded in.

        Raises:
            ValueError: There are not enough words for both.
        """
        _check_words(n_words // 2)
        self._n_words = n_words // 2
        self._summarise = summarise
        self._summary: list[str] = []
        self._texts: list[str] = []

    def tell(self, text: str) -> None:
        """Append a text, and fold what no longer fits into the summary."""
        self._texts.append(text)
        while _count(self._texts) > self._n_words:
            n_folded = max(1, len(self._texts) // 2)
            folded, self._texts = self._texts[:n_folded], self._texts[n_folded:]
            self._summary = self._summarise([*self._summary, *folded], self._n_words)

    def recall(self, question: str) -> list[str]:
        """Return the summary and the window, whatever is asked."""
        return [*self._summary, *self._texts]


class StoreMemory:
    """Keeps everything, and shows what is most like the question."""

    def __init__(self, store: NoteStore, n_words: int, n_notes: int = 20) -> None:
        """Show so many words of a store.

        Args:
            store: Where the notes are kept.
            n_words: Words that are shown.
            n_notes: How many notes are looked at.

        Raises:
            ValueError: No words are shown.
        """
        _check_words(n_words)
        self._store, self._n_words, self._n_notes = store, n_words, n_notes

    def tell(self, text: str) -> None:
        """Put a text into the store."""
        self._store.add(Note(text))

    def recall(self, question: str) -> list[str]:
        """Return the best notes that fit, in the order in which they were told."""
        shown: list[Note] = []
        for note in self._store.search(question, self._n_notes):
            if _count([each.text for each in [*shown, note]]) > self._n_words:
                break
            shown.append(note)
        return [note.text for note in self._store.notes if any(note is each for each in shown)]


def keep_rare(texts: Sequence[str], n_words: int) -> list[str]:
    """Make a summary of the sentences whose words are the rarest among them.

    A stand-in for a model that summarises: it judges by itself what matters, before anybody has
    asked.

    Args:
        texts: What there is to keep.
        n_words: How many words may be kept.

    Returns:
        Some of the texts, in their order.
    """
    told = [frozenset(search_words(text)) for text in texts]
    counts: dict[str, int] = {}
    for words in told:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    # A set has another order in every process. Sums rounded in another order differ, and so would
    # what is kept of two that are equally rare.
    rarity = [math.fsum(1 / counts[word] for word in words) / max(len(words), 1) for words in told]
    kept: list[int] = []
    for number in sorted(range(len(texts)), key=lambda n: (-rarity[n], -n)):
        if _count([texts[each] for each in [*kept, number]]) <= n_words:
            kept.append(number)
    return [texts[number] for number in sorted(kept)]


def _count(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _check_words(n_words: int) -> None:
    if n_words < 1:
        raise ValueError(f"a memory needs room for at least one word, not {n_words}")
