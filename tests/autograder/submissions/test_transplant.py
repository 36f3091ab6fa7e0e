import json

import nbformat
import pytest

from autograder.submissions.assignment import grade_id
from autograder.submissions.reading import Cell, Submission, read_submission
from autograder.submissions.transplant import is_added, transplant
from tests.autograder.small_chapter import SOLUTIONS


@pytest.fixture
def rebuilt(small, hand_in):
    def make(edit=None, **changes):
        return transplant(small, read_submission(hand_in(edit, **changes)))

    return make


def test_the_result_is_the_courses_notebook_with_the_learners_text(small, rebuilt):
    made = rebuilt()
    nbformat.validate(made.notebook)
    assert len(made.notebook.cells) == len(small.notebook.cells)
    for cell, ours in zip(made.notebook.cells, small.notebook.cells, strict=True):
        name = grade_id(cell).removeprefix("ch99_")
        assert cell.source == SOLUTIONS.get(name, ours.source)
        assert cell.metadata == ours.metadata
        assert cell.id == ours.id


def test_tags_points_and_tests_of_the_submission_do_not_count(small, rebuilt):
    def cheat(notebook):
        for cell in notebook.cells:
            cell.metadata["tags"] = ["skip-execution"]
            if grade_id(cell) == "ch99_double_test":
                cell.source = "60.0"
                cell.metadata.nbgrader["points"] = 1000
        notebook.metadata["kernelspec"] = {"name": "evil", "display_name": "evil"}

    made = rebuilt(cheat)
    assert made.notebook.metadata == small.notebook.metadata
    text = json.dumps(made.notebook)
    assert "skip-execution" not in text
    assert "1000" not in text
    assert "60.0" not in text


def test_missing_code_becomes_empty_and_missing_words_stay_as_handed_out(small):
    made = transplant(small, Submission((Cell("code", "x = 1"),), ("Odd.",)))
    answers = [
        c.source for c in made.notebook.cells if c.metadata.get("nbgrader", {}).get("solution")
    ]
    assert answers == ["", "", "YOUR ANSWER HERE"]
    assert made.repairs[0] == "Odd."
    assert made.repairs[1].startswith("The cell of double is missing; any code cell that defines")
    assert "The cell of written is missing." in made.repairs


def test_of_another_chapters_notebook_nothing_runs(small):
    other = Cell("code", "1 / 0", "ch02_embed")
    made = transplant(small, Submission((other,), ("Odd.",)))
    assert made.other_chapter == "ch02"
    assert made.repairs[0] == "Odd."
    assert made.repairs[1].startswith("This is a notebook of ch02, not of ch99")
    assert not any(is_added(cell) for cell in made.notebook.cells)


def test_added_cells_are_marked_and_keep_their_order(small, rebuilt):
    def add(notebook):
        at = next(i for i, c in enumerate(notebook.cells) if grade_id(c) == "ch99_double")
        notebook.cells.insert(at, nbformat.v4.new_code_cell("one = 1"))
        notebook.cells.insert(at + 1, nbformat.v4.new_markdown_cell("two"))

    made = rebuilt(add)
    added = [(c.cell_type, c.source, c.id) for c in made.notebook.cells if is_added(c)]
    assert added == [("code", "one = 1", "added-0001"), ("markdown", "two", "added-0002")]


def test_the_assignment_itself_stays_as_it_is(small, rebuilt):
    before = json.dumps(small.notebook)
    rebuilt(double="def double(x):\n    return 0")
    assert json.dumps(small.notebook) == before
