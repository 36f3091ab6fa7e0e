"""What the alignment explorer refuses, and how it packs the rest."""

import math

import numpy as np
import pytest
import torch

from course_lib.figures.alignment_data import pack_weights, recall_lines
from course_lib.figures.alignment_explorer import AlignmentExplorer
from tests.course_lib.figures.test_alignment_explorer import RECALL, THREE, TWO, changed, small


class TestPacking:
    def test_one_table_after_the_other_row_by_row(self):
        numbers = np.frombuffer(pack_weights([TWO, THREE]), dtype="<f4")
        assert numbers[:5].tolist() == [0.25, 0.75, 1.0, 0.0, 0.125]
        assert len(numbers) == 4 + 9

    def test_weights_that_need_a_gradient_and_nested_lists(self):
        tracked = changed(weights=THREE["weights"].clone().requires_grad_())
        nested = changed(weights=THREE["weights"].tolist())
        assert pack_weights([tracked]) == pack_weights([nested]) == pack_weights([THREE])

    def test_names_are_split_and_points_sorted(self):
        assert recall_lines({"LSTM, mixed": [(8, 0.5), (np.int64(4), np.float32(1))]}) == [
            {"name": "LSTM, mixed", "reader": "LSTM", "plan": "mixed", "points": [[4, 1], [8, 0.5]]}
        ]
        assert recall_lines({"GRU": [(2, 0)]})[0]["plan"] == ""


class TestRefusals:
    @pytest.mark.parametrize(
        ("examples", "message"),
        [
            ([], "give 1 to 6 examples, got 0"),
            ([THREE] * 7, "give 1 to 6 examples, got 7"),
            ([TWO, THREE, THREE], "example 3 has 3 letters as one before it"),
            ([{"source": ["a"]}], "example 1 lacks expected, produced, weights"),
            ([changed(source=[], expected=[])], "the source of example 1 has 0 letters"),
            ([changed(source=["a"] * 49, expected=["a"] * 49)], "has 49 letters: give 1 to 48"),
            ([changed(produced=["c", 1, "a"])], "1 in example 1 is no letter"),
            ([changed(produced=["c", " ", "a"])], "' ' in example 1 is no letter"),
            ([changed(produced=["c", "long", "a"])], "'long' in example 1 is no letter"),
            ([changed(expected=["a", "b", "c"])], "must be its source backwards"),
            ([changed(produced=["c", "b"])], "3 letters in its source and 2 produced"),
        ],
    )
    def test_examples_that_do_not_fit(self, examples, message):
        with pytest.raises(ValueError, match=message):
            AlignmentExplorer(examples, RECALL)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            (torch.full((3, 2), 0.5), r"\(3, 3\); got \(3, 2\)"),
            (torch.full((3,), 1 / 3), r"\(3, 3\); got \(3,\)"),
            (torch.full((3, 3), math.nan), "finite and not negative"),
            (torch.full((3, 3), math.inf), "finite and not negative"),
            (torch.tensor([[1.5, -0.5, 0.0]] * 3), "finite and not negative"),
            (torch.full((3, 3), 0.5), "must sum to 1; one is off by 0.5"),
            (THREE["weights"].T, "must sum to 1"),
            ([[1.0, 0.0], [1.0]], "no table of numbers"),
            ("weights", "no table of numbers"),
        ],
    )
    def test_weights_that_do_not_fit(self, weights, message):
        with pytest.raises(ValueError, match=message):
            AlignmentExplorer([changed(weights=weights)], RECALL)

    @pytest.mark.parametrize(
        ("recall", "message"),
        [
            ({}, "recall is empty"),
            ({"LSTM": []}, "“LSTM” has no points"),
            ({"": [(4, 0.5)]}, "'' is no name of a line"),
            ({"LSTM": [(4,)]}, r"“LSTM” holds \(4,\)"),
            ({"LSTM": [4]}, "“LSTM” holds 4"),
            ({"LSTM": [(0, 0.5)]}, "has a gap 0"),
            ({"LSTM": [(2.5, 0.5)]}, "has a gap 2.5"),
            ({"LSTM": [(True, 0.5)]}, "has a gap True"),
            ({"LSTM": [(4, 0.5), (4, 0.6)]}, "two points at a gap of 4"),
            ({"LSTM": [(4, math.nan)]}, "at a gap of 4 is nan"),
            ({"LSTM": [(4, 1.01)]}, "is 1.01: give a number from 0 to 1"),
            ({"LSTM": [(4, "high")]}, "is 'high'"),
            ({f"reader {i}": [(4, 0.5)] for i in range(5)}, "recall has 5 readers"),
            ({f"LSTM, plan {i}": [(4, 0.5)] for i in range(3)}, "recall has 3 plans"),
        ],
    )
    def test_curves_that_cannot_be_drawn(self, recall, message):
        with pytest.raises(ValueError, match=message):
            AlignmentExplorer([THREE], recall)

    @pytest.mark.parametrize("level", [-0.1, math.nan, None])
    def test_a_yardstick_out_of_range(self, level):
        with pytest.raises(ValueError, match="the level of “chance” is"):
            small(yardsticks={"chance": level})
