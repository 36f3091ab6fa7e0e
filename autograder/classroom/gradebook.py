"""Write results into nbgrader's gradebook, so that its formgrader and exports go on from there.

One process writes, in one transaction: a run that is killed has entered everything or nothing, and
entering again what is there changes nothing. What a person has entered (marks and comments by hand)
is never touched; it is put up for review when the submission it was given for has changed.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.api import Gradebook, get_alembic_version
from nbgrader.preprocessors import SaveCells
from sqlalchemy import URL, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning, SQLAlchemyError

from autograder.classroom.gradebook_rows import enter_class, entered
from autograder.classroom.runner import Graded
from autograder.errors import CourseError
from autograder.submissions.assignment import Assignment


def gradebook_url(database: str, folder: Path) -> URL:
    """Understand the URL of a gradebook.

    Args:
        database: SQLAlchemy's URL, as nbgrader takes it; "" for a file in the folder.
        folder: Where that file is.

    Raises:
        CourseError: It is no URL of a database.
    """
    if not database:
        return URL.create("sqlite", database=str((folder / "gradebook.db").resolve()))
    try:
        return make_url(database)
    except (ArgumentError, ValueError):  # a message with the URL would show its password
        raise CourseError(
            "--database is no URL of a database; it looks like sqlite:///gradebook.db or "
            "postgresql://user:password@host/name."
        ) from None


def open_gradebook(database: URL, assignment: Assignment) -> None:
    """Make the gradebook if there is none, and enter the chapter's cells.

    Raises:
        CourseError: The database cannot be used, or holds submissions to other cells than the
            chapter now has.
    """
    with _in_a_sentence(database), _quiet():
        with _commands_on_path(), _connected(database) as gradebook:
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
    with _in_a_sentence(database), _connected(database) as gradebook:
        known = enter_class(gradebook.db(), assignment, graded)
        gradebook.db.commit()
    return tuple(sorted(known - {one.result.learner for one in graded}))


def _connected(database: URL) -> Gradebook:
    # nbgrader hands it on to SQLAlchemy, which takes URLs as well as their text; as text a path
    # with a question mark would be cut there.
    return Gradebook(cast("str", database))


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
    try:
        SaveCells().preprocess(assignment.notebook, ResourcesDict(nbgrader=identity))
    except RuntimeError as error:
        raise CourseError(
            f"{slug} has got other cells since the gradebook {database!r} was begun ({error}); "
            "grade into another folder, or give another --database."
        ) from error


@contextlib.contextmanager
def _in_a_sentence(database: URL) -> Iterator[None]:
    """Say in a sentence why a database cannot be used; `repr` of a URL hides its password."""
    try:
        yield
    except NoSuchModuleError:
        reason = f"SQLAlchemy knows no kind of database called {database.drivername}"
    except ImportError as error:
        reason = f"its driver is not installed ({error})"
    except DBAPIError as error:
        reason = str(error.orig).strip().split("\n")[0] or type(error.orig).__name__
    except SQLAlchemyError as error:
        reason = str(error).split("\n")[0]
    else:
        return
    raise CourseError(f"The gradebook {database!r} cannot be used: {reason}.")


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
