"""The sentences of the grid of heads."""

import math

import pytest
import torch

from course_lib.figures.head_grid_numbers import measure_heads
from course_lib.figures.head_grid_words import (
    SPACE,
    best_head,
    long_name,
    measures,
    place_in_words,
    score_in_words,
    short_name,
    text_in_words,
    weight_below,
)
from tests.course_lib.figures.test_head_grid_numbers import PAIRS, WEIGHTS

WORDS = ["a", "b", "a", "b"]
NUMBERS = measure_heads(WEIGHTS, PAIRS, (2, 2))


def spaced(rows):
    """Return rows with common spaces."""
    return [[cell.replace(SPACE, " ") for cell in row] for row in rows]


class TestNames:
    @pytest.mark.parametrize(
        ("head", "n_heads", "short", "long"),
        [
            (0, 4, "1.1", "Layer 1, head 1"),
            (6, 4, "2.3", "Layer 2, head 3"),
            (6, 3, "3.1", "Layer 3, head 1"),
        ],
    )
    def test_layer_and_head(self, head, n_heads, short, long):
        assert short_name(head, n_heads) == short
        assert long_name(head, n_heads) == long

    def test_the_best_of_equals_is_the_first(self):
        assert best_head([0.1, 0.5, 0.2, 0.5]) == 1


class TestPlace:
    def test_the_first_word_has_no_choice(self):
        said = place_in_words(WORDS, WEIGHTS[0, 0], 0, [])
        assert said == "Word 1 of 4, “a”, has nothing before it: it looks at itself."

    def test_two_words_looked_at(self):
        said = place_in_words(WORDS, WEIGHTS[1, 3], 3, [])
        assert said == (
            "Word 4 of 4, “b”, looks most at word 4, “b” (0.75), then at word 3, “a” (0.25)."
        )

    def test_a_second_that_would_be_written_zero_is_left_out(self):
        row = torch.tensor([0.004, 0.996])
        said = place_in_words(["a", "b"], row, 1, [])
        assert said == "Word 2 of 2, “b”, looks most at word 2, “b” (1.00)."

    def test_equal_weights_come_in_the_order_of_the_text(self):
        row = torch.tensor([0.2, 0.4, 0.4])
        said = place_in_words(["a", "b", "c"], row, 2, [])
        assert said.endswith("most at word 2, “b” (0.40), then at word 3, “c” (0.40).")

    def test_what_is_known_of_the_next_word(self):
        said = place_in_words(WORDS, WEIGHTS[0, 2], 2, PAIRS)
        assert said.endswith(
            "(0.25). Next comes “b”, related to word 2, “b” (owner), which gets 0.25."
        )

    def test_two_relations_at_the_end_of_the_text(self):
        said = place_in_words(WORDS, WEIGHTS[0, 3], 3, PAIRS)
        assert said.endswith(
            " Next comes the next word, related to word 3, “a” (owner), which gets 0.50; "
            "and to word 1, “a” (again), which gets 0.00."
        )


class TestMeasures:
    def test_all_rows(self):
        assert spaced(measures(NUMBERS, 0, 2)) == [
            ["previous", "0.50", "0.50 (head 1.1)", "looking evenly: 0.36"],
            ["first", "0.42", "0.42 (head 1.1)", "looking evenly: 0.36"],
            ["induction", "0.38", "0.44 (head 1.2)", "looking evenly: 0.29"],
            ["owner", "1 of 3", "2 of 3 (head 1.2)", "always 1 back: 2 of 3"],
            ["again", "0 of 1", "0 of 1 (none)", "always 3 back: 1 of 1"],
        ]

    def test_no_place_to_measure(self):
        numbers = measure_heads(WEIGHTS, [{"name": "x", "pairs": [[2, 2]]}], ())
        rows = spaced(measures(numbers, 1, 2))
        assert rows[2:] == [
            ["induction", "–", "–", "no such place here"],
            ["x", "0 of 1", "0 of 1 (none)", "always at itself: 1 of 1"],
        ]

    def test_a_score(self):
        assert [score_in_words(0.125), score_in_words(math.nan)] == ["0.13", "–"]

    def test_what_stays_on_one_line(self):
        *_, by_best, by_rule = measures(NUMBERS, 0, 2)[3]
        assert by_best.split(" ") == [SPACE.join(["2", "of", "3"]), f"(head{SPACE}1.2)"]
        assert by_rule.split(" ")[-1] == SPACE.join(["2", "of", "3"])

    def test_a_weight_below_a_word(self):
        assert weight_below(0.125, is_later=False) == "0.13"
        assert weight_below(0.005, is_later=False) == "0.01"
        assert weight_below(0.0049, is_later=False) == ""
        assert weight_below(0.0, is_later=True) == "–"

    def test_a_text(self):
        assert text_in_words(NUMBERS, 2).replace(SPACE, " ") == (
            "previous: 0.50 by layer 1, head 1, 0.36 by looking evenly; "
            "first: 0.42 by layer 1, head 1, 0.36 by looking evenly; "
            "induction: 0.44 by layer 1, head 2, 0.29 by looking evenly; "
            "owner: 2 of 3 (head 1.2), always 1 back: 2 of 3; "
            "again: 0 of 1 (none), always 3 back: 1 of 1."
        )
