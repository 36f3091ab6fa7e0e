import copy
from dataclasses import replace

import pytest

from autograder.check import State, check
from autograder.errors import CourseError, UnreadableError
from tests.autograder.small_chapter import SOLUTIONS

STUB = "def double(x):\n    raise NotImplementedError()"
OVERFITTED = "def double(x):\n    return 6"


@pytest.fixture
def checked(small, worker, hand_in):
    def run(full_seed=None, edit=None, **changes):
        return check(hand_in(edit, **changes), small, worker, full_seed)

    return run


def states(checked):
    return [one.state for one in checked.standings]


def test_the_solution_passes_the_visible_tests_and_the_hidden_checks(checked):
    assert states(checked()) == [State.PASSES, State.PASSES, State.WRITTEN]
    assert states(checked(5)) == [State.RIGHT, State.RIGHT, State.WRITTEN]
    assert checked().next is None


def test_untouched_exercises_are_next(checked, small):
    untouched = {name: small.by_grade_id[f"ch99_{name}"].source for name in SOLUTIONS}
    seen = checked(**untouched)
    assert states(seen) == [State.UNTOUCHED] * 3
    assert seen.next.exercise == "double"
    assert seen.next.title == "Double"


def test_what_fails_first_is_told_in_words(checked):
    seen = checked(double="def double(x):\n    return x * x")
    assert seen.standings[0].state is State.WRONG
    assert "double(3)" in seen.standings[0].message
    assert "9" in seen.standings[0].message
    assert seen.next.exercise == "double"
    assert seen.standings[0].verdict is None


def test_an_error_of_the_cell_comes_before_what_follows_from_it(checked):
    seen = checked(double="def double(x)\n    return 2 * x")
    assert seen.standings[0].message == "SyntaxError: expected ':' (line 1 of the cell)"
    full = checked(3, double="def double(x)\n    return 2 * x")
    assert full.standings[0].message == seen.standings[0].message
    assert full.standings[0].verdict is None


def test_without_full_the_hidden_checks_stay_out_of_it(checked):
    assert checked(double=OVERFITTED).standings[0].state is State.PASSES


def test_full_runs_the_hidden_checks_on_the_seeds_inputs_and_names_misconceptions(checked):
    seen = checked(1, double=OVERFITTED).standings[0]
    assert seen.state is State.WRONG
    assert "hidden checks" in seen.message
    assert seen.verdict.points < 60.0
    named = checked(2, double="def double(x):\n    return x * x").standings[0].verdict
    assert [one.name for one in named.misconceptions] == ["squared"]
    other = checked(3, double="def double(x):\n    return x * x").standings[0].verdict
    assert other.items != named.items


def test_errors_in_other_cells_and_repairs_are_told(checked):
    def edit(notebook):
        from nbformat.v4 import new_code_cell

        notebook.cells.insert(2, new_code_cell("oops"))
        notebook.cells.append(copy.deepcopy(notebook.cells[5]))
        notebook.cells[-1].id = "again"

    seen = checked(edit=edit)
    assert seen.errors == (
        ("added-0001", "NameError: name 'oops' is not defined (line 1 of the cell)"),
    )
    assert seen.repairs == ("The cell of double stood 2 times.",)


def test_an_endless_test_is_told(checked):
    seen = checked(double="def double(x):\n    while True: pass")
    assert "in time" in seen.standings[0].message
    full = checked(3, double="def double(x):\n    while True: pass").standings[0]
    assert full.state is State.WRONG
    assert full.message == seen.standings[0].message
    assert full.verdict is None


def test_what_cannot_be_read_is_said(small, worker):
    with pytest.raises(UnreadableError, match="empty"):
        check(b"", small, worker, None)


def test_a_broken_course_is_said(small, worker, hand_in):
    notebook = copy.deepcopy(small.notebook)
    notebook.cells[1].source = "1 / 0"
    with pytest.raises(CourseError, match="cannot be checked"):
        check(hand_in(), replace(small, notebook=notebook), worker, None)
