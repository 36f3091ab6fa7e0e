import pytest

from autograder.classroom.by_hand import Entry, marks_of
from autograder.school.marks import marks_to_hand_on, number, read_number
from tests.autograder import bonus_chapter, small_chapter
from tests.autograder.school.results import result


def handed_on(assignment, one, entries=None):
    entries = entries or {}
    marks = [marks_of(assignment, one, entries)]
    (mark,) = marks_to_hand_on(assignment, [one], marks, {one.learner: entries})
    return mark


def test_what_awaits_marking_is_said():
    mark = handed_on(small_chapter.assignment(), result())
    assert (mark.points, mark.out_of, mark.awaiting) == (50.0, 100.0, ("written",))
    assert mark.lines == (
        "Total: 50 of 100 points.",
        *("double: 20 of 60", "largest: 30 of 30", "written: awaits marking"),
    )


def test_marks_and_comments_by_hand():
    entries = {
        "double": Entry(25.5, comment="=half\x1b right\nmore"),
        "written": Entry(7.0, comment="Good."),
    }
    mark = handed_on(small_chapter.assignment(), result(), entries)
    assert (mark.points, mark.awaiting) == (62.5, ())
    assert mark.lines == (
        *("Total: 62.5 of 100 points.", "double: 25.5 of 60"),
        *("double, comment: =half␛ right\nmore", "largest: 30 of 30", "written: 7 of 10"),
        "written, comment: Good.",
    )


def test_extra_credit_may_go_over_the_maximum():
    entries = {"double": Entry(60.0), "written": Entry(10.0)}
    mark = handed_on(bonus_chapter.assignment(), result(bonus=True), entries)
    assert (mark.points, mark.out_of) == (103.0, 100.0)
    assert mark.lines[-1] == "halve: 3 points of extra credit"


def test_why_nothing_could_be_graded():
    mark = handed_on(small_chapter.assignment(), result(reason="The file is \x1b empty."))
    assert (mark.points, mark.awaiting) == (0.0, ())
    assert mark.lines[1] == "Not graded: The file is ␛ empty."


@pytest.mark.parametrize(
    ("points", "text", "with_comma"),
    [
        (90.0, "90", "90"),
        (96.25, "96.25", "96,25"),
        (1 / 3, "0.33", "0,33"),
        (100.004, "100", "100"),
        (0.0, "0", "0"),
        (-0.001, "0", "0"),
        (-1.5, "-1.5", "-1,5"),
        (1000.0, "1000", "1000"),
    ],
)
def test_numbers_as_they_are_written(points, text, with_comma):
    assert (number(points), number(points, comma=True)) == (text, with_comma)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("100", 100.0), ("100.00", 100.0), (" 100,00 ", 100.0), ("1.000,5", 1000.5)),
        *(("1,000.5", 1000.5), ("-1.5", -1.5), (".5", 0.5), ("7.", 7.0)),
        *(("", None), ("(read only)", None), ("-", None), (",", None), ("nan", None)),
        *(("1e3", None), ("1_0", None), ("EX", None), ("10 points", None)),
    ],
)
def test_numbers_as_they_are_read(text, value):
    assert read_number(text) == value
