import copy

import pytest

from autograder.errors import CourseError
from autograder.submissions.assignment import (
    Assignment,
    given_tag,
    is_answer,
    load_assignment,
    load_exercises,
)
from tests.autograder.small_chapter import REFERENCE, double, largest, written


def test_ids_of_answers_and_of_the_cells_that_bear_points(small):
    assert small.grade_id(double) == "ch99_double"
    assert small.mark_id(double) == "ch99_double_test"
    assert small.grade_id(written) == small.mark_id(written) == "ch99_written"
    assert set(small.by_grade_id) == {
        *("ch99_double", "ch99_double_test", "ch99_largest", "ch99_largest_test", "ch99_written")
    }


def test_cells_know_what_they_are(small):
    assert [is_answer(cell) for cell in small.notebook.cells].count(True) == 3
    assert [given_tag(cell) for cell in small.notebook.cells if given_tag(cell)] == ["imports"]
    assert small.needed_given == {"imports"}


def test_a_function_can_name_an_assignment():
    assert load_assignment(REFERENCE).chapter.exercises == (double, largest, written)
    assert load_exercises(REFERENCE).slug == "ch99_small"


def test_a_chapter_is_found_by_its_short_name_and_fits_its_notebook():
    chapter = load_assignment("ch02")
    assert chapter.slug == chapter.reference == "ch02_self_attention"
    assert sum(exercise.points for exercise in chapter.chapter.autograded) == 90
    for exercise in chapter.chapter.exercises:
        assert chapter.mark_id(exercise) in chapter.by_grade_id


@pytest.mark.parametrize("load", [load_assignment, load_exercises])
def test_an_unknown_chapter_is_refused_with_those_that_there_are(load):
    with pytest.raises(CourseError, match=r"no chapter 'ch77'; there are .*ch02_self_attention"):
        load("ch77")


def test_an_exercise_without_a_cell_is_the_courses_fault(small):
    notebook = copy.deepcopy(small.notebook)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "ch99_largest_test"]
    with pytest.raises(CourseError, match="'largest' has no cell with the grade id"):
        Assignment(REFERENCE, small.chapter, notebook).check()


def test_the_version_follows_the_notebook(small):
    assert len(small.version) == 16
    assert Assignment(REFERENCE, small.chapter, small.notebook).version == small.version
    notebook = copy.deepcopy(small.notebook)
    notebook.cells[0].source += " changed"
    assert Assignment(REFERENCE, small.chapter, notebook).version != small.version


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("judge/judging.py", True),
        ("compare.py", True),
        ("submissions/matching.py", True),
        ("exercises/ch99_small/double.py", True),
        ("exercises/ch98_other/double.py", False),
        ("exercises/capstone_other/double.py", False),
        ("capstone/trial.py", False),
        ("pages/report.py", False),
        ("school/canvas.py", False),
        ("chapters/page.py", False),
    ],
)
def test_the_version_follows_the_files_that_a_mark_depends_on(
    small, monkeypatch, tmp_path, name, counts
):
    monkeypatch.setattr("autograder.submissions.assignment.PACKAGE", tmp_path / "autograder")
    path = tmp_path / "autograder" / name
    path.parent.mkdir(parents=True)
    versions = set()
    for text in ("one", "two", "two"):
        path.write_text(text)
        versions.add(Assignment(REFERENCE, small.chapter, small.notebook).version)
    assert len(versions) == (2 if counts else 1)
