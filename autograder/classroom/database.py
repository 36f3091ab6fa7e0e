"""Where a gradebook is, and why it cannot be used, in a sentence.

No sentence shows a password: neither the one in a URL's own place nor one behind its `?`.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from autograder.errors import CourseError

VARIABLE = "COURSE_DATABASE"  # of the environment; `--database` goes before it
SERVER = "postgresql"
WAIT_S = 60  # for whoever else is writing
CONNECT_S = 10  # libpq's own wait has no end where a firewall swallows what is sent
_LOCK_TIMEOUT = "55P03"  # SQLSTATE lock_not_available
_SECRET = ("passw", "pwd", "secret")  # in the name of an option, as in `sslpassword`
# Whom a server refuses it sends no code, only words; they are in English unless it was told other.
_ADVICE = {
    "password": "give the right password in ~/.pgpass, or in the variable PGPASSWORD",
    "FATAL:  database": "make the database with PostgreSQL's own `createdb`, or name another",
    "": "see that the server runs, and that it lets this machine and user in",
}


def gradebook_url(database: str, folder: Path) -> URL:
    """Understand the URL of a gradebook.

    Args:
        database: SQLAlchemy's URL, as nbgrader takes it; "" for a file in the folder. Where it
            names no driver for PostgreSQL, the one is taken that comes with the course.
        folder: Where that file is.

    Raises:
        CourseError: It is no URL of a database, or of one in memory alone.
    """
    if not database:
        return sqlite_url(folder / "gradebook.db")
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # a message with the URL would show its password
        raise CourseError(
            f"The address of the gradebook (--database, {VARIABLE} or course.toml) is no URL of a "
            "database; it looks like sqlite:///gradebook.db or postgresql://user@host/name."
        ) from None
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise CourseError(
            f"The gradebook {shown(url)} would be gone when the command ends; name a file, such as "
            "sqlite:///gradebook.db."
        )
    if url.drivername == SERVER:
        url = url.set(drivername=f"{SERVER}+psycopg")
    set_elsewhere = "connect_timeout" in url.query or "PGCONNECT_TIMEOUT" in os.environ
    if url.drivername == f"{SERVER}+psycopg" and not set_elsewhere:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_S)})
    return url


def sqlite_url(path: Path) -> URL:
    """Give the URL of a gradebook in a file, whatever signs its path has."""
    return URL.create("sqlite", database=str(path.resolve()))


def without_password(database: URL) -> URL:
    """Give the same URL with no password in it."""
    parts = (database.host, database.port, database.database)
    options = {key: value for key, value in database.query.items() if not _is_secret(key)}
    return URL.create(database.drivername, database.username, None, *parts, options)


def shown(database: URL) -> str:
    """Give a URL for people to read, without its password and what else it was given."""
    return database.set(query={}).render_as_string(hide_password=True)


def holds_password(database: URL) -> bool:
    """Tell whether a URL has a password in it."""
    return bool(secrets_of(database))


def secrets_of(database: URL) -> list[str]:
    """Give what of a URL nobody may read: its passwords, wherever they stand."""
    options = [
        value
        for key, values in database.normalized_query.items()
        if _is_secret(key)
        for value in values
    ]
    return [*([] if database.password is None else [str(database.password)]), *options]


def _is_secret(option: str) -> bool:
    """Tell whether what stands behind a URL's `?` under this name is a password."""
    return any(sign in option.lower() for sign in _SECRET)


@contextlib.contextmanager
def in_a_sentence(database: URL) -> Iterator[None]:
    """Say in a sentence why a database cannot be used, and what to do where that is known.

    Raises:
        CourseError: What was done within cannot be done.
    """
    try:
        yield
    except NoSuchModuleError:
        reason = f"SQLAlchemy knows no kind of database called {database.drivername}"
    except ImportError as error:
        reason = f"its driver is not installed ({error})"
        if database.get_backend_name() == SERVER:
            reason += "; type: pip install 'psycopg[binary]'"
    except DBAPIError as error:
        reason = _reason(error, database)
    except ValueError as error:
        refusal = error.__context__  # nbgrader puts an error of its own, with all words, around it
        if isinstance(error, CourseError) or not isinstance(refusal, DBAPIError):
            raise
        reason = _reason(refusal, database)
    except SQLAlchemyError as error:
        reason = str(error).split("\n")[0]
    else:
        return
    raise CourseError(f"The gradebook {shown(database)} cannot be used: {reason}.")


def _reason(error: DBAPIError, database: URL) -> str:
    """Take the driver's own words, never SQLAlchemy's: these repeat what was to be written."""
    if getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT:
        return (
            f"another program has been writing into it for {WAIT_S} seconds; wait until it is "
            "done, then do the same again"
        )
    said = str(error.orig).strip().split("\n")[0].rstrip(".") or type(error.orig).__name__
    unreached = isinstance(error, OperationalError) and not getattr(error.orig, "sqlstate", None)
    if database.get_backend_name() == SERVER and unreached:
        said += "; " + next(advice for sign, advice in _ADVICE.items() if sign in said)
    return said
