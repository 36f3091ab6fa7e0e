"""Where a gradebook is, and why it cannot be used, in a sentence."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from autograder.errors import CourseError


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


def secrets_of(database: URL) -> list[str]:
    """Give what of a URL nobody may read: its password, wherever it stands."""
    options = [value for key, value in database.query.items() if "pass" in key.lower()]
    return [*filter(None, [database.password]), *(str(value) for value in options)]


def without_secrets(database: URL) -> str:
    """Write a URL as far as everybody may read it: kind, user, host and name."""
    return database.set(query={}).render_as_string(hide_password=True)


@contextlib.contextmanager
def in_a_sentence(database: URL) -> Iterator[None]:
    """Say in a sentence why a database cannot be used; `repr` of a URL hides its password.

    Raises:
        CourseError: What was done within cannot be done.
    """
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
