import copy
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.errors import CourseError
from autograder.gradebook import write_autograded, write_gradebook
from autograder.grading import grade, unreadable
from autograder.runner import Graded
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant

SLUG = "ch99_small"


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture(scope="module")
def result(worker, small):
    from tests.autograder.small_chapter import solved

    return grade(nbformat.writes(solved()).encode(), small, "ada", 0, worker)


def grades(database, learner="ada"):
    """Each graded cell's automatic and manual points, and whether a person has to look."""
    with Gradebook(database) as gradebook:
        notebook = gradebook.find_submission_notebook(SLUG, SLUG, learner)
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for grade in notebook.grades
        }


def mark_by_hand(database, cell, points):
    with Gradebook(database) as gradebook:
        grade = gradebook.find_grade(cell, SLUG, SLUG, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
        comment.manual_comment = "Well said."
        gradebook.db.commit()


def test_marks_are_entered_and_words_await_marking(database, small, result):
    write_gradebook(database, small, [Graded(result, fresh=True)])
    assert grades(database) == {
        "ch99_double_test": (60.0, None, False),
        "ch99_largest_test": (30.0, None, False),
        "ch99_written": (None, None, True),
    }
    with Gradebook(database) as gradebook:
        submission = gradebook.find_submission(SLUG, "ada")
        assert (submission.score, submission.max_score) == (90.0, 100.0)
        assert submission.needs_manual_grade
        assert gradebook.find_source_cell("ch99_double", SLUG, SLUG).checksum


def test_what_a_person_gave_survives_a_rerun(database, small, result):
    write_gradebook(database, small, [Graded(result, fresh=True)])
    mark_by_hand(database, "ch99_written", 7.0)
    write_gradebook(database, small, [Graded(result, fresh=False)])
    assert grades(database)["ch99_written"] == (None, 7.0, False)
    with Gradebook(database) as gradebook:
        assert gradebook.find_submission(SLUG, "ada").score == 97.0
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
        assert comment.comment == "Well said."


def test_a_mark_by_hand_is_up_for_review_when_the_submission_changed(database, small, result):
    write_gradebook(database, small, [Graded(result, fresh=True)])
    mark_by_hand(database, "ch99_written", 7.0)
    write_gradebook(database, small, [Graded(result, fresh=True)])
    assert grades(database)["ch99_written"] == (None, 7.0, True)


def test_unanswered_words_get_nothing_and_await_nobody(database, small, result):
    silent = replace(result, written=(replace(result.written[0], answer=""),))
    write_gradebook(database, small, [Graded(silent, fresh=True)])
    assert grades(database)["ch99_written"] == (0.0, None, False)
    with Gradebook(database) as gradebook:
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
        assert comment.comment == "No response."


def test_an_unreadable_submission_gets_zeros_and_the_reason(database, small):
    bad = unreadable(small, "bob", 0, "The file is empty.")
    write_gradebook(database, small, [Graded(bad, fresh=True)])
    assert set(grades(database, "bob").values()) == {(0.0, None, False)}
    with Gradebook(database) as gradebook:
        comment = gradebook.find_comment("ch99_double", SLUG, SLUG, "bob")
        assert comment.comment == "The file is empty."


def test_other_cells_than_the_gradebook_knows_are_refused(database, small, result):
    write_gradebook(database, small, [Graded(result, fresh=True)])
    notebook = copy.deepcopy(small.notebook)
    cell = next(cell for cell in notebook.cells if cell.id == "ch99_double")
    cell.metadata.nbgrader["grade_id"] = "ch99_renamed"
    with pytest.raises(CourseError, match="grade into another folder"):
        write_gradebook(database, replace(small, notebook=notebook), [Graded(result, fresh=True)])


def test_the_marked_notebook_stands_where_the_formgrader_looks(tmp_path, small, result, hand_in):
    transplanted = transplant(small, read_submission(hand_in()))
    path = write_autograded(tmp_path, small, transplanted, result)
    assert path == tmp_path / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    tests = next(cell for cell in notebook.cells if cell.id == "ch99_double_test")
    assert tests.outputs[-1].data["text/plain"] == "60.0"
