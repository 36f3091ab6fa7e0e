"""Write results into nbgrader's gradebook, so that its formgrader and exports go on from there.

One process writes, in one transaction: a run that is killed has entered everything or nothing, and
entering again what is there changes nothing. What a person has entered (marks and comments by hand)
is never touched; it is put up for review when the submission it was given for has changed. On a
server a person who saves a mark at the same moment waits until the transaction has ended.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.api import BaseCell, Grade, Gradebook, MissingEntry, get_alembic_version
from nbgrader.preprocessors import SaveCells
from sqlalchemy import URL, inspect, select, text, update
from sqlalchemy.exc import SAWarning

from autograder.classroom.database import in_a_sentence, shown
from autograder.classroom.gradebook_rows import enter_class, entered
from autograder.classroom.one_writer import begin_writing, one_writer
from autograder.classroom.runner import Graded
from autograder.errors import CourseError
from autograder.submissions.assignment import Assignment


def open_gradebook(database: URL, assignment: Assignment) -> None:
    """Make the gradebook if there is none, and enter the chapter's cells.

    Raises:
        CourseError: The database cannot be used, or holds submissions to other cells than the
            chapter now has.
    """
    with in_a_sentence(database), one_writer(database), _quiet():
        with _commands_on_path(), _Connected(database) as gradebook:
            _complete(gradebook)
            gradebook.update_or_create_assignment(assignment.slug)
        _enter_cells(database, assignment)


def write_gradebook(
    database: URL, assignment: Assignment, graded: Sequence[Graded]
) -> tuple[str, ...]:
    """Write the marks of a class into a gradebook that was opened.

    Args:
        database: URL of the database.
        assignment: The chapter, entered as an assignment of the same name.
        graded: Its submissions.

    Returns:
        Learners who have marks in the gradebook and are not among the graded; theirs stay.

    Raises:
        CourseError: The database cannot be used.
    """
    with in_a_sentence(database), _Connected(database) as gradebook:
        begin_writing(gradebook.db().connection())
        known = enter_class(gradebook.db(), assignment, graded)
        gradebook.db.commit()
    return tuple(sorted(known - {one.result.learner for one in graded}))


class _Connected(Gradebook):
    """nbgrader's gradebook, which leaves no connection open where it cannot be begun."""

    def __init__(self, database: URL) -> None:
        try:
            # nbgrader hands it on to SQLAlchemy, which takes URLs as well as their text; as text a
            # path with a question mark would be cut there.
            super().__init__(cast("str", database))
        except BaseException:
            if hasattr(self, "engine"):
                self.engine.dispose()
            raise


def _complete(gradebook: Gradebook) -> None:
    """Add our table, and the version where the making was interrupted; nbgrader never would."""
    with gradebook.engine.begin() as connection:
        entered.create(connection, checkfirst=True)
        if not inspect(connection).has_table("alembic_version"):
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
        if not connection.execute(text("SELECT version_num FROM alembic_version")).first():
            connection.execute(
                text("INSERT INTO alembic_version (version_num) VALUES (:version)"),
                {"version": get_alembic_version()},
            )


def _enter_cells(database: URL, assignment: Assignment) -> None:
    """Enter the chapter's cells as nbgrader's own release step does."""
    slug = assignment.slug
    identity = {"notebook": slug, "assignment": slug, "student": ".", "db_url": database}
    before = _worth(database, slug)
    try:
        SaveCells().preprocess(assignment.notebook, ResourcesDict(nbgrader=identity))
    except RuntimeError as error:
        raise CourseError(
            f"{slug} has got other cells since the gradebook {shown(database)} was begun "
            f"({error}); grade into another folder, or give another --database."
        ) from error
    now = _worth(database, slug)
    other = [cell for cell, points in now.items() if before.get(cell, points) != points]
    if other:  # a mark by hand was given out of other points
        with _Connected(database) as gradebook:
            notebook = gradebook.find_notebook(slug, slug)
            cells = select(BaseCell.id).where(
                BaseCell.notebook_id == notebook.id, BaseCell.name.in_(other)
            )
            grades = update(Grade).where(Grade.cell_id.in_(cells), Grade.manual_score.is_not(None))
            gradebook.db.execute(grades.values(needs_manual_grade=True))
            gradebook.db.commit()


def _worth(database: URL, slug: str) -> dict[str, float]:
    """Give the points of each cell of a chapter; none where it has not been entered yet."""
    with _Connected(database) as gradebook, contextlib.suppress(MissingEntry):
        cells = gradebook.find_notebook(slug, slug).grade_cells
        return {str(cell.name): float(cell.max_score) for cell in cells}
    return {}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # nbgrader fills its objects before it adds them to the session, and SQLAlchemy says so.
        warnings.simplefilter("ignore", SAWarning)
        yield


@contextlib.contextmanager
def _commands_on_path() -> Iterator[None]:
    """Let nbgrader find the `alembic` of this environment, which it calls for a new database."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
