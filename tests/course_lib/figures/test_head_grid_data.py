"""Texts for the grid of heads: refused where they do not fit, and packed for the page."""

import math
import re

import pytest
import torch

from course_lib.figures.head_grid_data import (
    MAX_WORDS,
    HeadText,
    check_texts,
    describe,
    pack_weights,
    unpack_weights,
)


def causal(n_heads, n_words, seed=0):
    """Return attention weights of one layer, drawn."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(n_heads, n_words, n_words, generator=generator, dtype=torch.float64)
    hidden = torch.ones(n_words, n_words, dtype=torch.bool).triu(1)
    return scores.masked_fill(hidden, -math.inf).softmax(dim=-1)


def text(n_words=5, n_layers=2, n_heads=3, **parts):
    """Return a text of letters in alphabetical order."""
    given = {
        "label": "Letters",
        "model": "a model",
        "words": [chr(97 + i) for i in range(n_words)],
        "weights": [causal(n_heads, n_words, seed) for seed in range(n_layers)],
    }
    return HeadText(**(given | parts))


def spoilt(layer, **change):
    """Return a text with one number of one layer changed."""
    weights = [causal(3, 5, seed) for seed in range(2)]
    for where, number in change.items():
        head, query, key = map(int, where.removeprefix("at_").split("_"))
        weights[layer][head, query, key] = number
    return text(weights=weights)


class TestCheck:
    def test_it_returns_the_sizes(self):
        assert check_texts([text(), text(7)]) == (2, 3)
        assert check_texts([text(1, n_layers=1, n_heads=4)]) == (1, 4)

    def test_what_fits_is_let_through(self):
        relations = {"owner: who has it": [(3, 1), (2, 2)], "again": []}
        twice = text(words=list("abcab"), relations=relations, repeat=(3, 3))
        half = text(weights=[causal(3, 5, seed).half() for seed in range(2)])
        assert check_texts([twice, half]) == (2, 3)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ([], "give 1 to 4 texts, got 0"),
            ([text()] * 5, "give 1 to 4 texts, got 5"),
            ([text(0)], "“Letters” has 0 words: give 1 to 40"),
            ([text(MAX_WORDS + 1)], "“Letters” has 41 words"),
            ([text(weights=[])], "“Letters” has 0 layers: give 1 to 6"),
            ([text(n_layers=7)], "“Letters” has 7 layers"),
            ([text(n_heads=5)], "1 to 4 heads, the same in each layer; 5; 5); got (5, 5, 5)"),
            ([text(weights=[causal(3, 5), causal(2, 5)])], "weights of layer 2 of “Letters”"),
            ([text(weights=[causal(3, 4)])], "got (3, 4, 4)"),
            (
                [text(), text(n_heads=2)],
                "“Letters” has (layers, heads) = (2, 2), the first text (2, 3)",
            ),
            ([spoilt(1, at_2_3_3=math.nan)], "weights of layer 2 of “Letters” must be finite"),
            ([spoilt(0, at_2_3_3=-0.1)], "must be finite and not negative"),
            ([spoilt(0, at_1_2_3=0.001)], "look at words that come later: show a causal model"),
            ([spoilt(1, at_0_0_0=0.75)], "must sum to 1; one is off by 0.25"),
            ([text(relations={"owner": [(5, 1)]})], "relates place 5 to 1 (owner)"),
            ([text(relations={"owner": [(1, 2)]})], "a place from 0 to 4 is related to itself or"),
            ([text(relations={"owner": [(1, -1)]})], "relates place 1 to -1"),
            ([text(repeat=(5, 2))], "repeat of “Letters” is (5, 2)"),
            ([text(repeat=(2, 0))], "a period from 1 to the start"),
            ([text(repeat=(2, 3))], "repeat of “Letters” is (2, 3)"),
            (
                [text(words=list("abcac"), repeat=(3, 3))],
                "does not repeat itself: place 4 has 'c', 3 before it stands 'b'",
            ),
        ],
    )
    def test_what_does_not_fit_is_refused(self, given, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            check_texts(given)


class TestDescribe:
    def test_names_and_meanings_are_parted(self):
        relations = {"owner: who has it": [(3, 1)], "again": [(4, 0), (2, 2)], "none: at all": []}
        assert describe(text(words=tuple("abcab"), relations=relations, repeat=(3, 3))) == {
            "label": "Letters",
            "model": "a model",
            "words": list("abcab"),
            "relations": [
                {"name": "owner", "meaning": "who has it", "pairs": [[3, 1]]},
                {"name": "again", "meaning": "", "pairs": [[4, 0], [2, 2]]},
            ],
            "repeat": [3, 3],
        }

    def test_nothing_known_is_empty(self):
        assert describe(text())["relations"] == describe(text())["repeat"] == []


class TestPacking:
    def test_texts_of_different_lengths_survive(self):
        texts = [text(5), text(7), text(1)]
        tables = unpack_weights(pack_weights(texts), [5, 7, 1], 6)
        for table, each in zip(tables, texts, strict=True):
            assert table.dtype == torch.float64
            assert (table - torch.cat(list(each.weights))).abs().max() <= 0.0005 + 1e-12
            assert not table.triu(1).any()

    def test_by_hand(self):
        weights = torch.tensor([[[1.0, 0.0], [0.2504, 0.7496]]])
        packed = pack_weights([text(2, weights=[weights])])
        assert packed == bytes([0xE8, 3, 250, 0, 0xEE, 2])  # 1000, 250, 750: low byte first
        table = unpack_weights(packed, [2], 1)[0]
        assert table.tolist() == [[[1.0, 0.0], [0.25, 0.75]]]
