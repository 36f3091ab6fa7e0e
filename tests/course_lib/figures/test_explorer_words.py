"""The explorer's sentence, on weights chosen for it."""

import pytest
import torch

from course_lib.figures.explorer_numbers import ExplorerNumbers
from course_lib.figures.explorer_words import in_words

TOKENS = ["a", "b", "c", "d", "e", "f"]


def words(row, spread=2.0, allowed=None):
    weights = torch.zeros(6, 6).double()
    weights[1] = torch.tensor(row)
    nothing = torch.zeros(6, 6).double()
    numbers = ExplorerNumbers(nothing, nothing, weights, nothing, torch.full((6,), spread))
    return in_words(TOKENS, 1, numbers, None if allowed is None else torch.tensor(allowed).bool())


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([0.6, 0.3, 0.1, 0, 0, 0], "“b” looks most at “a” (0.60), then at “b” (0.30)."),
        ([0.3, 0.3, 0.2, 0.2, 0, 0], "most at “a” and “b” (0.30 each), then at “c” and “d” (0.20 "),
        ([0.1, 0.1, 0.7, 0.1, 0, 0], "“c” (0.70), then at “a”, “b” and “d” (0.10 each)."),
        ([0.1, 0.1, 0.6, 0.1, 0.1, 0], "“c” (0.60), then at 4 tokens (0.10 each)."),
        ([0, 0, 0, 0, 0, 1.0], "“b” looks most at “f” (1.00). Spread: as if even over 2.0 of 6"),
        ([0.998, 0.002, 0, 0, 0, 0], "“b” looks most at “a” (1.00). Spread"),
        ([1 / 6] * 6, "“b” looks at all 6 tokens alike (0.17 each)."),
        ([0.169, 0.165, 0.166, 0.1666, 0.1667, 0.1667], "looks at all 6 tokens alike (0.17 each)."),
    ],
)
def test_equal_weights_share_a_name_and_tiny_ones_have_none(row, sentence):
    assert sentence in words(row)


def test_hidden_tokens_are_not_counted():
    allowed = [True, True, False, False, False, False]
    assert words([0.5, 0.5, 0, 0, 0, 0], allowed=allowed) == (
        "“b” looks at all 2 tokens alike (0.50 each)."
    )
    assert words([0.0] * 6, allowed=[False] * 6) == "“b” may look at nothing: its output is zero."
