"""One `course` command at a time writes into a gradebook, whatever folder it was given.

On a PostgreSQL server that is an advisory lock of the gradebook's own database: whoever comes
second waits, for `WAIT_S` at most. A command that is killed loses its connection and with it the
lock. A SQLite file has one writer by itself; a transaction that reads first takes its turn early.
People who mark by hand do not take part: nbgrader knows nothing of the lock, and need not wait.
"""

import contextlib
from collections.abc import Iterator

from sqlalchemy import URL, Connection, create_engine, func, select
from sqlalchemy.pool import NullPool

from autograder.classroom.database import SERVER, WAIT_S

_KEY = int.from_bytes(b"course")  # advisory locks go by a number, and this one is ours


def begin_writing(connection: Connection) -> None:
    """Begin a transaction in which nobody else writes between what is read and what is written.

    Args:
        connection: One whose transaction has done nothing yet; the lock ends with it.

    Raises:
        DBAPIError: Somebody else has been writing for too long.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == SERVER:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
        connection.execute(select(func.pg_advisory_xact_lock(_KEY)))


@contextlib.contextmanager
def one_writer(database: URL) -> Iterator[None]:
    """Keep other commands from a gradebook on a server while several transactions are at work.

    Raises:
        DBAPIError: The server cannot be reached, or somebody else has been writing for too long.
    """
    if database.get_backend_name() != SERVER:
        yield
        return
    with create_engine(database, poolclass=NullPool).begin() as connection:
        begin_writing(connection)
        yield
