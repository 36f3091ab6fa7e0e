"""Three ways to look something up in the course's own text: by words, by vectors, and by both."""

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.agents.bm25 import Hit, WordIndex
from course_lib.agents.latent_vectors import LatentIndex
from course_lib.agents.ranking import first_places, fuse
from course_lib.agents.words import search_words
from course_lib.data.book_sections import Chunk

WAYS = ("words", "vectors", "both")


@dataclass(frozen=True)
class BookSearch:
    """Chunks of text that can be looked up.

    Attributes:
        chunks: The chunks.
        word_index: Where their words stand.
        latent_index: Their vectors.
        depth: How many chunks of each ranking are fused.
    """

    chunks: tuple[Chunk, ...]
    word_index: WordIndex
    latent_index: LatentIndex
    depth: int = 50

    @classmethod
    def of(cls, chunks: Sequence[Chunk], n_dimensions: int = 100) -> "BookSearch":
        """Read some chunks.

        Args:
            chunks: What can be found.
            n_dimensions: See `LatentIndex`.

        Raises:
            ValueError: There are too few chunks.
        """
        documents = [search_words(chunk.text) for chunk in chunks]
        latent_index = LatentIndex.of(documents, n_dimensions)
        return cls(tuple(chunks), WordIndex.of(documents), latent_index)

    def search(self, query: str, way: str, n_hits: int) -> list[Chunk]:
        """Find the chunks that fit best, best first.

        Args:
            query: What is looked for, in plain words.
            way: One of `WAYS`.
            n_hits: How many chunks to return at most.

        Raises:
            ValueError: There is no such way.
        """
        words = search_words(query)
        if way == "words":
            found = _documents(self.word_index.search(words, n_hits))
        elif way == "vectors":
            found = _documents(self.latent_index.search(words, n_hits))
        elif way == "both":
            by_words = _documents(self.word_index.search(words, self.depth))
            found = fuse([by_words, _documents(self.latent_index.search(words, self.depth))])
        else:
            raise ValueError(f"there is no way {way!r}; there are {', '.join(WAYS)}")
        return [self.chunks[document] for document in found[:n_hits]]

    def search_sections(self, query: str, way: str) -> list[str]:
        """Rank the keys of sections, each by its best chunk; see `search`."""
        found = self.search(query, way, n_hits=len(self.chunks))
        return first_places([chunk.section for chunk in found])


def _documents(hits: Sequence[Hit]) -> list[int]:
    return [hit.document for hit in hits]
