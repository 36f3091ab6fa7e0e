import time

import pytest

from autograder.pages.examples import Piece, call_layout, compare_layout


def text(pieces):
    return "".join(piece.text for piece in pieces)


def marked(pieces):
    return [piece.text for piece in pieces if piece.differs]


class TestCompare:
    def test_rows_stand_in_the_same_columns_and_what_differs_is_told_apart(self):
        got, expected = compare_layout("[0, 10.5, nan]", "[0, -2, 1]")
        assert text(got) == "[0, 10.5, nan]"
        assert text(expected) == "[0,   -2,   1]"
        assert (marked(got), marked(expected)) == (["10.5", "nan"], ["-2", "1"])

    def test_matrices_have_a_line_a_row(self):
        got, expected = compare_layout("[[1, 20], [-3, 4]]", "[[1, 2], [3, 4]]")
        assert text(got) == "[[ 1, 20],\n [-3,  4]]"
        assert text(expected) == "[[ 1,  2],\n [ 3,  4]]"
        assert (marked(got), marked(expected)) == (["20", "-3"], ["2", "3"])

    def test_rows_of_other_lengths_are_aligned_and_nothing_is_marked(self):
        got, expected = compare_layout("[257, 1, 3]", "[9, 12]")
        assert (text(got), text(expected)) == ("[257,  1, 3]", "[  9, 12]")
        assert marked(got) == marked(expected) == []

    def test_other_shapes_are_laid_out_each_alone(self):
        got, expected = compare_layout("[1.8, -0.4]", "[[0.5, -0.4], [10, 1]]")
        assert text(got) == "[1.8, -0.4]"
        assert text(expected) == "[[0.5, -0.4],\n [ 10,    1]]"
        assert marked(got) == marked(expected) == []

    def test_tuples_and_truths_stay_what_they_are(self):
        got, expected = compare_layout("(True, 1e-05)", "(False, inf)")
        assert (text(got), text(expected)) == ("( True, 1e-05)", "(False,   inf)")
        pairs, _ = compare_layout("[(1, 2), (30, 4)]", "None")
        assert text(pairs) == "[( 1, 2),\n (30, 4)]"

    @pytest.mark.parametrize(
        "odd",
        [
            *("None", "", "(1,)", "[]", "[[1, 2], [3]", "[[[1]]]", "'[1, 2]'", "[1, x]"),
            *("[(1], [2)]", "[[1, 2], (3, 4)]", "[" * 3000),
            "a tensor of shape (2, 3), dtype float32",
        ],
    )
    def test_anything_else_stays_as_it_is(self, odd):
        assert compare_layout(odd, "[1]") == ((Piece(odd),), (Piece("[1]"),))

    def test_ragged_rows_have_columns_too(self):
        assert text(compare_layout("[[1], [20, 3]]", "5")[0]) == "[[ 1],\n [20, 3]]"

    def test_a_megabyte_takes_no_time(self):
        began = time.perf_counter()
        compare_layout("[" + "1, " * 300_000, "[" + "-" * 1_000_000)
        assert time.perf_counter() - began < 0.5


class TestCall:
    def test_a_short_call_stays_on_its_line(self):
        call = "stable_softmax([[-0.6, nan], [-0.1, -0.9], [0, -0.3]], dim=-1)"
        assert call_layout(call) == call

    def test_a_long_call_has_a_line_for_each_argument_and_each_row(self):
        call = "attend([[1, -0.25], [10, 2]], 'a, (b\\', c', mask=[[True], [False]], x=2" + "0" * 40
        assert call_layout(call + ")") == (
            "attend(\n"
            "    [[ 1, -0.25],\n"
            "     [10,     2]],\n"
            "    'a, (b\\', c',\n"
            "    mask=[[ True],\n"
            "          [False]],\n"
            f"    x=2{'0' * 40},\n"
            ")"
        )

    def test_a_described_tensor_is_one_argument(self):
        call = f"f(a tensor of shape (2, 3), dtype float32, [1, 2], {'y' * 40})"
        assert call_layout(call).split("\n")[1:3] == [
            "    a tensor of shape (2, 3), dtype float32,",
            "    [1, 2],",
        ]

    @pytest.mark.parametrize("odd", ["x" * 100, "f(" + "x" * 100, ")(" * 50, "f()"])
    def test_what_is_no_call_stays_as_it_is(self, odd):
        assert call_layout(odd) == odd
