import time
from dataclasses import replace

import pytest

from autograder.flags.cells import MAX_CHARACTERS, answers_of, parse_cell
from autograder.grading import unreadable
from autograder.result import CellRun


def test_magics_become_calls():
    tree = parse_cell("%matplotlib inline\n!ls\nx = 1")
    assert tree is not None
    assert len(tree.body) == 3
    assert parse_cell("x = 1") is not None


@pytest.mark.parametrize(
    "source",
    [
        *("def", "x = \x00", "(" * 5000, "-" * 90_000 + "1", "\ud800 = 1", "$?" * 1000),
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_what_cannot_be_read_takes_no_time(source):
    began = time.perf_counter()
    assert parse_cell(source) is None
    assert time.perf_counter() - began < 5


def test_odd_but_valid_python_warns_nobody():
    assert parse_cell("'\\d' is 3") is not None


def test_only_answers_that_were_worked_on_are_given(small):
    handed_out = small.by_grade_id["ch99_largest"].source
    cells = (
        CellRun("ch99_double", "def double(x): return 2 * x", "", ""),
        CellRun("ch99_largest", handed_out, "", ""),
        CellRun("added-0001", "x = 1", "", ""),
    )
    result = replace(unreadable(small, "ada", 0, ""), cells=cells)
    assert answers_of(small, result) == {"double": "def double(x): return 2 * x"}
    assert answers_of(small, replace(result, cells=())) == {}
