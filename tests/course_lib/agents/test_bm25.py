import math

import pytest
import torch

from course_lib.agents.bm25 import Hit, WordIndex

DOCUMENTS = [["cat", "sat", "mat"], ["cat", "cat"], ["dog"], []]


def scores_by_scanning(query, documents, k1, b):
    """Score every document on its own, reading all of its words: no index."""
    n, mean = len(documents), sum(map(len, documents)) / len(documents)
    scores = []
    for words in documents:
        score = 0.0
        for asked in query:
            n_with = sum(asked in each for each in documents)
            rarity = math.log(1 + (n - n_with + 0.5) / (n_with + 0.5))
            if not (count := words.count(asked)):
                continue
            score += rarity * count * (k1 + 1) / (count + k1 * (1 - b + b * len(words) / mean))
        scores.append(score)
    return scores


class TestSearch:
    def test_by_hand(self):
        # "cat" stands in 2 of 4: log(1 + 2.5/2.5) = log 2. The mean length is 6/4 = 1.5.
        # Text 0: 1 · 2.5 / (1 + 1.5 · (0.25 + 0.75 · 2)) = 2.5/3.625
        # Text 1: 2 · 2.5 / (2 + 1.5 · (0.25 + 0.75 · 4/3)) = 5/3.875
        hits = WordIndex.of(DOCUMENTS).search(["cat"], 9)
        assert [hit.document for hit in hits] == [1, 0]
        assert hits[0].score == pytest.approx(math.log(2) * 5 / 3.875, abs=1e-12)
        assert hits[1].score == pytest.approx(math.log(2) * 2.5 / 3.625, abs=1e-12)

    @pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.0, 0.75), (2.0, 0.0), (1.2, 1.0)])
    def test_the_index_gives_what_reading_all_texts_gives(self, k1, b):
        generator = torch.Generator().manual_seed(3)
        documents = [
            [f"w{n}" for n in torch.randint(9, (length,), generator=generator).tolist()]
            for length in (4, 0, 7, 13, 5, 2)
        ]
        query = ["w1", "w7", "w1", "w3", "unknown"]
        found = WordIndex.of(documents, k1=k1, b=b).search(query, 6)
        wanted = scores_by_scanning(query, documents, k1, b)
        assert {hit.document for hit in found} == {n for n, score in enumerate(wanted) if score}
        for hit in found:
            assert hit.score == pytest.approx(wanted[hit.document], abs=1e-12)

    def test_a_word_in_every_text_still_counts_for_something(self):
        assert WordIndex.of([["a"], ["a", "b"]]).rarity("a") > 0

    def test_of_equals_the_earlier_comes_first_and_no_more_than_asked_for(self):
        index = WordIndex.of([["x"], ["a"], ["a"], ["a"]])
        assert [hit.document for hit in index.search(["a"], 2)] == [1, 2]

    def test_texts_without_the_words_are_no_hits(self):
        assert WordIndex.of(DOCUMENTS).search(["bird"], 9) == []
        assert WordIndex.of(DOCUMENTS).search([], 9) == []

    def test_a_hit_is_a_number_and_a_score(self):
        [hit] = WordIndex.of([["a"], ["b"]]).search(["b"], 1)
        assert isinstance(hit, Hit)
        assert hit.document == 1


class TestErrors:
    def test_no_texts(self):
        with pytest.raises(ValueError, match="no texts"):
            WordIndex.of([])

    @pytest.mark.parametrize("constants", [{"k1": -0.1}, {"b": 1.1}, {"b": -0.1}])
    def test_constants_out_of_range(self, constants):
        with pytest.raises(ValueError, match="k1 is at least 0"):
            WordIndex.of(DOCUMENTS, **constants)
