"""Write results into nbgrader's gradebook, so that its formgrader and exports go on from there.

One process writes. What a person has entered (marks and comments by hand) is never touched; it is
put up for review when the submission it was given for has changed.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.api import Comment, Grade, Gradebook
from nbgrader.preprocessors import SaveCells
from sqlalchemy.exc import SAWarning

from autograder.errors import CourseError
from autograder.exercises.base import WrittenAnswer
from autograder.files import write_if_changed
from autograder.result import Result
from autograder.runner import Graded
from autograder.submissions.assignment import Assignment
from autograder.submissions.marked import mark_notebook
from autograder.submissions.transplant import Transplanted


def write_gradebook(database: str, assignment: Assignment, graded: Iterable[Graded]) -> None:
    """Write the marks of a class.

    Args:
        database: URL of the database, such as `sqlite:///gradebook.db`.
        assignment: The chapter, entered as an assignment of the same name.
        graded: Its submissions.

    Raises:
        CourseError: The gradebook holds submissions to other cells than the chapter now has.
    """
    with warnings.catch_warnings():
        # nbgrader fills its objects before it adds them to the session, and SQLAlchemy says so.
        warnings.simplefilter("ignore", SAWarning)
        _enter_assignment(database, assignment)
        with Gradebook(database) as gradebook:
            for one in graded:
                _enter_result(gradebook, assignment, one)
            gradebook.db.commit()


def write_autograded(
    folder: Path, assignment: Assignment, transplanted: Transplanted, result: Result
) -> Path:
    """Write the marked notebook where nbgrader's formgrader looks for it.

    Args:
        folder: nbgrader's course folder.
        assignment: The chapter.
        transplanted: The rebuilt submission; its notebook gets outputs.
        result: Its marks.

    Returns:
        Path of the notebook.
    """
    slug = assignment.slug
    path = folder / "autograded" / result.learner / slug / f"{slug}.ipynb"
    mark_notebook(assignment, transplanted.notebook, result)
    write_if_changed(path, nbformat.writes(transplanted.notebook).rstrip("\n") + "\n")
    return path


def _enter_assignment(database: str, assignment: Assignment) -> None:
    """Enter the chapter's cells as nbgrader's own release step does."""
    slug = assignment.slug
    with _commands_on_path(), Gradebook(database) as gradebook:
        gradebook.update_or_create_assignment(slug)
    identity = {"notebook": slug, "assignment": slug, "student": ".", "db_url": database}
    try:
        SaveCells().preprocess(assignment.notebook, ResourcesDict(nbgrader=identity))
    except RuntimeError as error:
        raise CourseError(
            f"{slug} has got other cells since the gradebook {database} was begun ({error}); "
            "grade into another folder."
        ) from error


@contextlib.contextmanager
def _commands_on_path() -> Iterator[None]:
    """Let nbgrader find the `alembic` of this environment, which it calls for a new database."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _enter_result(gradebook: Gradebook, assignment: Assignment, graded: Graded) -> None:
    result, slug = graded.result, assignment.slug
    gradebook.update_or_create_student(result.learner)
    gradebook.update_or_create_submission(slug, result.learner)
    points = {verdict.exercise: verdict.points for verdict in result.verdicts}
    answered = {one.exercise: bool(one.answer) for one in result.written}
    for exercise in assignment.chapter.exercises:
        by_person = isinstance(exercise, WrittenAnswer) and answered[exercise.name]
        where = (slug, slug, result.learner)
        grade = gradebook.find_grade(assignment.mark_id(exercise), *where)
        _set(grade, auto_score=None if by_person else points.get(exercise.name, 0.0))
        if grade.manual_score is None:
            _set(grade, needs_manual_grade=by_person)
        elif graded.fresh:  # marked by hand, but for another submission
            _set(grade, needs_manual_grade=True)
        comment = gradebook.find_comment(assignment.grade_id(exercise), *where)
        _set(comment, auto_comment=_comment(result, exercise.name))


def _set(row: Grade | Comment, **fields: object) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def _comment(result: Result, exercise: str) -> str | None:
    """Say what nbgrader's feedback shows beside an answer."""
    if result.reason:
        return result.reason
    unanswered = any(one.exercise == exercise and not one.answer for one in result.written)
    return "No response." if unanswered else None
