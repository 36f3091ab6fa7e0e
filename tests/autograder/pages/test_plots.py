import base64

import pytest

from autograder.grading import unreadable
from autograder.pages.plots import MAX_BARS, exercises_plot, marks_plot, misconceptions_plot


def svg(plot):
    return base64.b64decode(plot.data).decode()


def test_marks_are_counted_by_tens_in_the_picture_and_in_words():
    plot = marks_plot([0.0, 9.5, 10.0, 90.0], 90.0)
    # 0 and 9.5 below 10, 10 from 10 on; 90 belongs to the last bar.
    assert plot.alt.endswith("2 with 0 to 10, 1 with 10 to 20, 1 with 80 to 90.")
    assert "<svg" in svg(plot)


def test_an_exercise_has_its_mean_share(small):
    plot = exercises_plot(small, [unreadable(small, "ada", 0, "The file is empty.")])
    assert plot.alt == "Mean share of each exercise's points: double 0 %, largest 0 %."


def test_the_commonest_misconceptions_are_told_and_no_more():
    counts = [(f"double: number {n}", 30 - n) for n in range(MAX_BARS + 3)]
    plot = misconceptions_plot(counts)
    assert plot.alt.startswith("Submissions by misconception: 30 × double: number 0; 29 ×")
    assert plot.alt.count("×") == MAX_BARS


@pytest.mark.parametrize("label", ["<script>", "$x^2$", "a" * 10_000])
def test_labels_are_text_and_nothing_else(label):
    drawn = svg(misconceptions_plot([(label, 2)]))
    assert "<script" not in drawn
    assert len(misconceptions_plot([(label, 2)]).alt) < 200


def test_the_same_figure_has_the_same_bytes():
    assert marks_plot([1.0, 2.0], 90.0) == marks_plot([1.0, 2.0], 90.0)
