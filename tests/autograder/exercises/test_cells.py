import pytest

from autograder.exercises.cells import cells_of
from autograder.source import student_notebook
from tests.autograder.small_chapter import double, largest, solved


@pytest.fixture
def cells():
    notebook = solved()
    return cells_of(double, notebook, student_notebook(notebook))


def test_finds_the_cells_of_the_exercise(cells):
    assert "return 2 * x" in cells.solution
    assert "return 2 * x" not in cells.stub
    assert "raise NotImplementedError" in cells.stub
    assert 'expect_equal(double(3), 6, call="double(3)")' in cells.tests
    assert cells.given_source == "import torch\n\nTWO = 2"


def test_runs_an_answer_after_the_given_cells_and_apart_from_others(cells):
    namespace = cells.run("FOUR = TWO * 2")
    assert namespace["FOUR"] == 4
    assert "FOUR" not in cells.given
    assert "FOUR" not in cells.run("")


def test_another_exercise_has_other_cells():
    notebook = solved()
    cells = cells_of(largest, notebook, student_notebook(notebook))
    assert "max(numbers)" in cells.solution
