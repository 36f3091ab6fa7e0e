"""Notes that are found by likeness, and that not everybody may read.

A note has a vector, and a question has one; the notes that point in the same direction are found.
Who may read a note is checked before anything is ranked, so that what is kept from a reader leaves
no trace in what they get, not even a gap.

Axes: N notes, E dimensions.
"""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.agents.words import search_words

Embed = Callable[[str], Float[Tensor, " E"]]
"""Gives a text its vector."""

EVERYBODY = "everybody"


@dataclass(frozen=True)
class Note:
    """Something to be remembered.

    Attributes:
        text: What.
        readers: Who may read it; with `EVERYBODY` among them, anybody.
        source: Where it comes from.
    """

    text: str
    readers: frozenset[str] = frozenset({EVERYBODY})
    source: str = ""

    def may_be_read_by(self, reader: str) -> bool:
        """Whether somebody may read it."""
        return EVERYBODY in self.readers or reader in self.readers


class NoteStore:
    """Keeps notes, and finds those that are like a question."""

    def __init__(self, embed: Embed) -> None:
        """Begin with no notes; `embed` gives texts their vectors."""
        self._embed = embed
        self._notes: list[Note] = []
        self._vectors: list[Float[Tensor, " E"]] = []

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, first one first: for whoever keeps the store."""
        return tuple(self._notes)

    def add(self, note: Note) -> None:
        """Keep a note."""
        self._notes.append(note)
        self._vectors.append(self._embed(note.text))

    def search(self, query: str, n_notes: int, reader: str | None = None) -> list[Note]:
        """Find the notes that are most like a question, best first, of equals the newer.

        Args:
            query: The question.
            n_notes: How many to return at most. Those that have nothing in common with the
                question are not found.
            reader: Who asks: only what they may read is found. None: nobody looks at who asks.
        """
        allowed = [
            number
            for number, note in enumerate(self._notes)
            if reader is None or note.may_be_read_by(reader)
        ]
        if not allowed:
            return []
        vectors = torch.stack([self._vectors[number] for number in allowed])  # N E
        scores = (vectors @ self._embed(query)).tolist()
        ranked = sorted(zip(scores, allowed, strict=True), reverse=True)
        return [self._notes[number] for score, number in ranked[:n_notes] if score > 0]


def hashed_vector(n_dimensions: int = 512) -> Embed:
    """Return an embedding that needs no training: each word has a direction of its own, nearly.

    A word is sent to one dimension by a hash of its letters, and to one of the two signs, so that
    words that meet in one dimension cancel as often as they add up (feature hashing, Weinberger et
    al. 2009, arXiv:0902.2206). It knows no likeness but that of equal words.

    Args:
        n_dimensions: How many dimensions there are.

    Raises:
        ValueError: There are none.
    """
    if n_dimensions < 1:
        raise ValueError(f"a vector has at least one dimension, not {n_dimensions}")

    def embed(text: str) -> Float[Tensor, " E"]:
        vector = torch.zeros(n_dimensions, dtype=torch.float64)
        for word, count in Counter(search_words(text)).items():
            code = zlib.crc32(word.encode())
            sign = 1 if code & 1 else -1
            vector[(code >> 1) % n_dimensions] += sign * math.log1p(count)
        length = vector.norm()
        return vector / length if length > 0 else vector

    return embed


def share_found(found: Sequence[Sequence[Note]], texts: Sequence[str]) -> float:
    """Return in what share of searches a text was among the notes.

    Raises:
        ValueError: There are no searches, or not equally many texts.
    """
    if not found or len(found) != len(texts):
        raise ValueError(f"each search needs its text, got {len(found)} and {len(texts)}")
    pairs = zip(found, texts, strict=True)
    return sum(any(note.text == text for note in notes) for notes, text in pairs) / len(texts)
