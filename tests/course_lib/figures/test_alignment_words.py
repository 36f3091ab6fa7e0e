"""The alignment explorer's sentences."""

import torch

from course_lib.figures.alignment_explorer import AlignmentExplorer
from course_lib.figures.alignment_words import recall_in_words
from tests.course_lib.figures.test_alignment_explorer import NO_BREAK, RECALL, changed, small


def test_a_right_letter():
    assert small().in_words() == (
        "Letter 1 of 3 written: “c”, right. It looks most at place 3, “c” (0.63), on the "
        "anti-diagonal. 2 of 3 letters are right. In 2 of 3 rows "
        f"(67{NO_BREAK}%) the largest weight lies on the anti-diagonal."
    )


def test_a_wrong_letter_beside_the_line():
    said = (
        "Letter 2 of 3 written: “a”, wrong: “b” was due. It looks most at place 1, “a” "
        "(0.75), 1 place before the anti-diagonal (place 2, 0.25). "
    )
    assert small().in_words(1).startswith(said)


def test_letters_after_the_line():
    away = changed(weights=torch.eye(3))
    figure = AlignmentExplorer([away], RECALL)
    assert "2 places after the anti-diagonal (place 1, 0.00)" in figure.in_words(2)


def test_many_wrong_letters_are_counted():
    n = 7
    wrong = {
        "source": ["a"] * n,
        "expected": ["a"] * n,
        "produced": ["b"] * n,
        "weights": torch.eye(n),
    }
    words = AlignmentExplorer([wrong], RECALL).text_alternative()
    assert "Wrong: letters 1 (“b” for “a”), 2 (“b” for “a”)" in words
    assert "5 (“b” for “a”) and 2 more." in words
    assert "6 (“b”" not in words


def test_lines_without_a_point_and_no_lines_are_said():
    assert recall_in_words(8, {"A": 0.5, "B": None}) == "Gap 8: A 0.50; B not measured."
    assert recall_in_words(8, {}) == "Gap 8: no line is chosen."
