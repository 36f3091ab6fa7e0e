"""Extra credit on its way from the exercise to the gradebook: beside the points, never in them."""

import csv
import io
import warnings
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade
from rich.console import Console

from autograder.chapters.cells import statement_end
from autograder.classroom.database import gradebook_url
from autograder.classroom.gradebook import open_gradebook, write_gradebook
from autograder.classroom.runner import Graded
from autograder.grading import grade, unreadable
from autograder.nbgrader_course.preprocessors import SaveGrades
from autograder.pages.feedback import feedback_page
from autograder.pages.report import class_table
from autograder.result import Result
from autograder.show import show_class
from autograder.submissions.marked import mark_notebook
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.autograder import bonus_chapter
from tests.autograder.bonus_chapter import SOLUTIONS, halve

SLUG, CELL = "ch99_small", "ch99_halve_test"


@pytest.fixture(scope="module")
def assignment():
    return bonus_chapter.assignment()


def handed_in(halving=SOLUTIONS["halve"]):
    """A submission that is right but perhaps in its extra credit."""
    text = nbformat.writes(bonus_chapter.solved())
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if cell.id == "ch99_halve":
            cell.source = halving
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def result(worker, assignment):
    cut = "def halve(x):\n    return float(x // 2)"
    return grade(handed_in(cut), assignment, "ada", 0, worker)


def test_a_chapter_has_its_hundred_points_without_it(assignment):
    assert assignment.chapter.points == 100
    assert halve in assignment.chapter.autograded


def test_the_statement_says_so_and_nbgrader_is_told_of_no_points(assignment):
    assert statement_end(halve).startswith("**7 points of extra credit.**")
    assert assignment.by_grade_id[CELL].metadata.nbgrader["points"] == 0
    assert assignment.by_grade_id["ch99_double_test"].metadata.nbgrader["points"] == 60


def test_a_result_counts_it_apart(result):
    assert (result.points, result.max_points, result.extra_credit) == (90.0, 90.0, 3.0)
    assert Result.from_json(result.to_json()) == result
    assert "halve: 3 of 7 points of extra credit" in result.verdicts[-1].as_text()


def test_where_nothing_could_be_graded_there_is_none(assignment):
    nothing = unreadable(assignment, "ada", 0, "The file is empty.")
    assert (nothing.points, nothing.max_points, nothing.extra_credit) == (0.0, 90.0, 0.0)


def test_the_marked_notebook_gives_no_points_for_it(assignment, result):
    notebook = transplant(assignment, read_submission(handed_in())).notebook
    mark_notebook(assignment, notebook, result)
    (cell,) = [one for one in notebook.cells if one.id == CELL]
    assert determine_grade(cell) == (0.0, 0.0)
    assert "3 of 7 points of extra credit" in cell.outputs[0].text


class TestGradebook:
    @pytest.fixture
    def database(self, tmp_path, assignment):
        database = gradebook_url("", tmp_path)
        open_gradebook(database, assignment)
        return database

    def enter(self, database, assignment, *results):
        graded = [Graded(one, fresh=True, submission="first") for one in results]
        write_gradebook(database, assignment, graded)

    def marks(self, database):
        with Gradebook(database) as gradebook:
            submission = gradebook.find_submission(SLUG, "ada")
            row = gradebook.find_grade(CELL, SLUG, SLUG, "ada")
            marks = (row.auto_score, row.extra_credit, row.manual_score)
            return marks, (submission.score, submission.max_score)

    def test_it_is_stored_as_extra_credit(self, database, assignment, result):
        self.enter(database, assignment, result)
        assert self.marks(database) == ((0.0, 3.0, None), (93.0, 100.0))

    def test_a_regrade_changes_it(self, database, assignment, result):
        self.enter(database, assignment, result)
        *others, last = result.verdicts
        better = replace(result, verdicts=(*others, replace(last, points=7.0)))
        self.enter(database, assignment, better)
        assert self.marks(database) == ((0.0, 7.0, None), (97.0, 100.0))

    def test_what_a_person_has_entered_stays(self, database, assignment, result):
        self.enter(database, assignment, result)
        with Gradebook(database) as gradebook:
            row = gradebook.find_grade(CELL, SLUG, SLUG, "ada")
            row.manual_score, row.extra_credit = 0.0, 5.0
            other = gradebook.find_grade("ch99_double_test", SLUG, SLUG, "ada")
            other.extra_credit = 1.0
            gradebook.db.commit()
        self.enter(database, assignment, result)
        assert self.marks(database) == ((0.0, 5.0, 0.0), (96.0, 100.0))

    @pytest.mark.parametrize(("by_hand", "stored"), [(None, 3.0), (0.0, None)])
    def test_nbgraders_own_way_stores_it_too(self, database, assignment, result, by_hand, stored):
        with Gradebook(database) as gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gradebook.update_or_create_student("ada")
            gradebook.update_or_create_submission(SLUG, "ada")
            gradebook.find_grade(CELL, SLUG, SLUG, "ada").manual_score = by_hand
            gradebook.db.commit()
            saving = SaveGrades()
            saving.gradebook = gradebook
            saving.notebook_id = saving.assignment_id = SLUG
            saving.student_id = "ada"
            notebook = transplant(assignment, read_submission(handed_in())).notebook
            mark_notebook(assignment, notebook, result)
            for name in (CELL, "ch99_double_test"):
                (cell,) = [one for one in notebook.cells if one.id == name]
                saving._add_score(cell, {"nbgrader": {"extra": {CELL: 3.0}}})
            row = gradebook.find_grade(CELL, SLUG, SLUG, "ada")
            assert (row.auto_score, row.extra_credit) == (0.0, stored)
            other = gradebook.find_grade("ch99_double_test", SLUG, SLUG, "ada")
            assert (other.auto_score, other.extra_credit) == (60.0, None)


def test_people_read_of_it(assignment, result):
    console = Console(file=io.StringIO(), width=200)
    show_class(console, assignment, [result], n_known=0)
    assert "90 of 90 + 3" in console.file.getvalue()
    assert "90 of 90 points and 3 of extra credit" in feedback_page(assignment, result)
    (row,) = csv.DictReader(io.StringIO(class_table(assignment, [result])))
    assert (row["halve"], row["points"], row["max_points"]) == ("3.0", "90.0", "90.0")
