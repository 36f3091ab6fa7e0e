"""Retrieval by meaning, as far as one book teaches it: texts as vectors in few dimensions.

Words that stand in the same texts get similar vectors, so that a text can be found by words that it
does not hold. Latent semantic analysis (Deerwester et al. 1990, "Indexing by Latent Semantic
Analysis"): a singular value decomposition of the table of texts and words. Nothing is drawn at
random.

Axes: N texts, V words, E dimensions kept.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.agents.bm25 import Hit
from course_lib.agents.words import vocabulary_of


@dataclass(frozen=True)
class LatentIndex:
    """Texts and words as vectors.

    Attributes:
        numbers: Number of each word that is known.
        rarity: Weight of each word: the fewer texts have it, the larger.
        word_vectors: A vector for each word.
        text_vectors: A vector of length 1 for each text, or zeros.
    """

    numbers: dict[str, int]
    rarity: Float[Tensor, " V"]
    word_vectors: Float[Tensor, "V E"]
    text_vectors: Float[Tensor, "N E"]

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]], n_dimensions: int) -> "LatentIndex":
        """Learn the vectors from some texts.

        Args:
            documents: The words of each.
            n_dimensions: How many dimensions are kept.

        Raises:
            ValueError: There are not so many dimensions.
        """
        numbers = vocabulary_of(documents)
        if not 1 <= n_dimensions <= min(len(documents), len(numbers)):
            raise ValueError(
                f"{len(documents)} texts of {len(numbers)} words have no {n_dimensions} dimensions"
            )
        counts = torch.stack([_counts(words, numbers) for words in documents])  # N V
        n_with = (counts > 0).sum(dim=0)  # V
        rarity = ((1 + len(documents)) / (1 + n_with)).log() + 1
        table = _unit_rows(counts.log1p() * rarity)
        _, _, directions = torch.linalg.svd(table, full_matrices=False)  # directions: K V
        word_vectors = directions[:n_dimensions].T
        return cls(numbers, rarity, word_vectors, _unit_rows(table @ word_vectors))

    def embed(self, words: Sequence[str]) -> Float[Tensor, " E"]:
        """Return the vector of a text, new or known: of length 1, or zeros for unknown words."""
        row = _counts(words, self.numbers).log1p() * self.rarity
        return _unit_rows((row @ self.word_vectors)[None])[0]

    def search(self, query: Sequence[str], n_hits: int) -> list[Hit]:
        """Find the texts in whose direction a query points, best first, of equals the earlier.

        Args:
            query: Its words. If none is known, nothing is found.
            n_hits: How many texts to return at most.
        """
        vector = self.embed(query)
        if not vector.any():
            return []
        cosines = (self.text_vectors @ vector).tolist()
        ranked = sorted(range(len(cosines)), key=lambda n: -cosines[n])
        return [Hit(number, cosines[number]) for number in ranked[:n_hits]]


def _counts(words: Sequence[str], numbers: dict[str, int]) -> Float[Tensor, " V"]:
    known = torch.tensor([numbers[word] for word in words if word in numbers], dtype=torch.long)
    return torch.bincount(known, minlength=len(numbers)).double()


def _unit_rows(x: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Make every row as long as 1; what has next to no length, next to the largest, becomes 0."""
    lengths = x.norm(dim=1, keepdim=True)  # N 1
    is_nothing = lengths <= math.sqrt(torch.finfo(x.dtype).eps) * 1e-3
    return torch.where(is_nothing, 0.0, x / lengths.where(~is_nothing, 1.0))
