import math

import numpy as np
import pytest
import torch

from course_lib.agents.latent_vectors import LatentIndex

DOCUMENTS = [
    ["car", "road", "wheel"],
    ["automobile", "road", "wheel", "wheel"],
    ["flower", "petal"],
    ["flower", "garden", "petal"],
    [],
]


def cosines_by_numpy(documents, query, n_dimensions):
    """The same in numpy, by the eigenvectors of the words' table instead of its singular ones."""
    words = list(dict.fromkeys(word for document in documents for word in document))
    counts = np.array([[document.count(word) for word in words] for document in documents], float)
    rarity = np.log((1 + len(documents)) / (1 + (counts > 0).sum(0))) + 1

    def unit(x):
        length = np.linalg.norm(x, axis=-1, keepdims=True)
        return np.divide(x, length, out=np.zeros_like(x), where=length > 1e-10)

    table = unit(np.log1p(counts) * rarity)
    values, vectors = np.linalg.eigh(table.T @ table)
    kept = vectors[:, np.argsort(-values)[:n_dimensions]]
    asked = np.log1p(np.array([query.count(word) for word in words], float)) * rarity
    return unit(table @ kept) @ unit(asked @ kept)


class TestSearch:
    def test_a_text_is_found_by_a_word_that_it_does_not_have(self):
        hits = LatentIndex.of(DOCUMENTS, 2).search(["car"], 2)
        assert {hit.document for hit in hits} == {0, 1}  # the second speaks of an automobile
        assert all(hit.score > 0.99 for hit in hits)

    @pytest.mark.parametrize("n_dimensions", [2, 3, 4])
    def test_against_numpy(self, n_dimensions):
        index = LatentIndex.of(DOCUMENTS, n_dimensions)
        query = ["wheel", "road", "wheel", "unknown"]
        wanted = cosines_by_numpy(DOCUMENTS, query, n_dimensions)
        assert index.embed(query).any()
        found = {hit.document: hit.score for hit in index.search(query, 5)}
        # Eigenvalues are squares of singular values: the other way loses half of the digits.
        assert [found[n] for n in range(5)] == pytest.approx(wanted.tolist(), abs=1e-7)

    def test_with_all_dimensions_a_text_finds_itself(self):
        index = LatentIndex.of(DOCUMENTS, 4)
        for number, words in enumerate(DOCUMENTS[:4]):
            [hit] = index.search(words, 1)
            assert hit.document == number
            assert hit.score == pytest.approx(1, abs=1e-12)

    def test_unknown_words_find_nothing(self):
        index = LatentIndex.of(DOCUMENTS, 2)
        assert index.search(["unknown"], 3) == []
        assert not index.embed([]).any()

    def test_vectors_have_length_one_or_none(self):
        index = LatentIndex.of(DOCUMENTS, 3)
        lengths = index.text_vectors.norm(dim=1).tolist()
        assert lengths == pytest.approx([1, 1, 1, 1, 0], abs=1e-12)
        assert index.embed(["petal", "car"]).norm().item() == pytest.approx(1, abs=1e-12)

    def test_it_is_the_same_every_time(self):
        first, second = LatentIndex.of(DOCUMENTS, 3), LatentIndex.of(DOCUMENTS, 3)
        assert torch.equal(first.text_vectors, second.text_vectors)

    def test_rare_words_weigh_more(self):
        index = LatentIndex.of(DOCUMENTS, 3)
        rarity = {word: index.rarity[number].item() for word, number in index.numbers.items()}
        # "car" stands in 1 of 5 texts, "road" in 2.
        assert rarity["car"] == pytest.approx(math.log(6 / 2) + 1)
        assert rarity["road"] == pytest.approx(math.log(6 / 3) + 1)


@pytest.mark.parametrize("n_dimensions", [0, 6])
def test_so_many_dimensions_there_are_not(n_dimensions):
    with pytest.raises(ValueError, match=f"no {n_dimensions} dimensions"):
        LatentIndex.of(DOCUMENTS, n_dimensions)
