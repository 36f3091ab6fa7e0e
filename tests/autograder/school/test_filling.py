import pytest

from autograder.errors import CourseError
from autograder.school.filling import Column, find_column, has_commas
from tests.autograder.school.made import mark


def column(**options):
    return Column(**{"index": 0, "title": "A", "possible": 100.0, "comma": False} | options)


@pytest.mark.parametrize(
    ("options", "points"),
    [
        ({}, 90.0),
        ({"possible": None}, 90.0),
        ({"possible": 20.0, "scale": True}, 18.0),
        ({"most": 50.0}, 50.0),
        ({"possible": 20.0, "scale": True, "most": 15.0}, 15.0),
        ({"scale": True}, 90.0),
    ],
)
def test_a_mark_as_the_column_counts(options, points):
    assert column(**options).points(mark("ada")) == points


def test_other_points_need_to_be_converted():
    with pytest.raises(CourseError, match="A has 20 points in the file, the chapter 100; change"):
        column(possible=20.0).points(mark("ada"))


def test_marks_cannot_be_converted_to_points_that_nobody_knows():
    with pytest.raises(CourseError, match="does not say how many points A has"):
        column(possible=None, scale=True).points(mark("ada"))


def test_nothing_is_made_of_a_chapter_without_points():
    with pytest.raises(CourseError, match="the chapter none"):
        column(scale=True).points(mark("ada", 0.0, 0.0))


class TestFindColumn:
    HEADER = ("A", "B (1)", "B (2)", "C (x) (3)", "C (x)")

    @pytest.mark.parametrize(
        ("wanted", "index"), [("A", 0), ("B (2)", 2), ("C (x)", 4), ("C (x) (3)", 3)]
    )
    def test_what_stands_there_comes_first(self, wanted, index):
        assert find_column(self.HEADER, wanted, range(5)) == index

    def test_only_among_those_that_may_be_meant(self):
        assert find_column(self.HEADER, "B", [0, 2]) == 2
        with pytest.raises(CourseError, match="no column 'A' for marks; it has: none"):
            find_column(self.HEADER, "A", [])

    def test_several(self):
        with pytest.raises(CourseError, match=r"several columns 'B'.*: B \(1\); B \(2\)\.$"):
            find_column(self.HEADER, "B", range(5))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["100,00"], True),
        (["", "96,5"], True),
        (["100.00", "-"], False),
        (["Good, but late"], False),
        ([], False),
    ],
)
def test_decimal_commas(cells, expected):
    assert has_commas(cells) is expected
