"""Copy a gradebook from one database into another: from SQLite to PostgreSQL, or back.

All rows of all tables go in one transaction, and are read again and compared before it ends. So a
copy that was killed, or found a difference, has left nothing, and the same command does it again.
The old gradebook is only read; what is entered there meanwhile is not in the new one.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nbgrader import __version__ as nbgrader_version
from nbgrader.api import Base
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Inspector,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    inspect,
    select,
)
from sqlalchemy.pool import NullPool

from autograder.classroom.database import (
    SERVER,
    gradebook_url,
    in_a_sentence,
    shown,
    sqlite_url,
)
from autograder.classroom.gradebook_rows import entered
from autograder.classroom.one_writer import begin_writing, one_writer
from autograder.errors import CourseError

ROWS_AT_ONCE = 500
FILE = "gradebook.db"
MAX_NAMED = 3  # tables in a sentence
# nbgrader makes it without describing it: the version of the tables.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))
TABLES = (*Base.metadata.sorted_tables, entered, _version)  # rows before those that point at them

Row = dict[str, Any]


def place(given: str) -> URL:
    """Understand where a gradebook is or is to be: a file, a course folder, or a URL.

    Raises:
        CourseError: It is none of these.
    """
    path = Path(given)
    if "://" in given:
        return gradebook_url(given, Path())
    if path.is_dir():
        return sqlite_url(path / FILE)
    if path.suffix == ".db":
        return sqlite_url(path)
    # What was given is not repeated: it may be a URL with a slip of the pen and a password.
    raise CourseError(
        "A gradebook is a course folder, a file such as gradebook.db, or a URL such as "
        "postgresql://user@host/name."
    )


def move_gradebook(source: URL, target: URL) -> dict[str, int]:
    """Copy everything in a gradebook into a database that holds nothing.

    Args:
        source: Of the gradebook that there is; it stays as it is.
        target: Of the database to be filled; a file is made.

    Returns:
        The number of rows by table.

    Raises:
        CourseError: There is no gradebook of this version of nbgrader at the source, something is
            at the target, or what arrived is not what was sent. The target is then as it was.
    """
    if source.get_backend_name() == "sqlite" and not Path(source.database or "").is_file():
        raise CourseError(f"There is no gradebook {shown(source)}.")
    with in_a_sentence(target), ExitStack() as stack:
        new = stack.enter_context(create_engine(target, poolclass=NullPool).begin())
        begin_writing(new)
        _must_be_empty(inspect(new), target)
        with in_a_sentence(source):
            old = _snapshot(source, stack)
            known = _known_tables(inspect(old), source)
        for metadata in (Base.metadata, entered.metadata, _version.metadata):
            metadata.create_all(new)
        rows = {table.name: _copy(source, old, new, table) for table in known}
        for table in known:
            _compare(source, old, new, table)
    return rows


def _snapshot(database: URL, stack: ExitStack) -> Connection:
    """Open a gradebook for reading, as it is at one moment."""
    if database.get_backend_name() == SERVER:
        # Then no command is halfway, with a chapter's cells entered and its marks not yet.
        stack.enter_context(one_writer(database))
        engine = create_engine(database, poolclass=NullPool, isolation_level="REPEATABLE READ")
        return stack.enter_context(engine.begin())
    connection = stack.enter_context(create_engine(database, poolclass=NullPool).begin())
    connection.exec_driver_sql("BEGIN")
    return connection


def _must_be_empty(target: Inspector, database: URL) -> None:
    names = target.get_table_names()
    if names:
        some = ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
        raise CourseError(
            f"{shown(database)} is not empty: it holds tables ({some}); nothing was moved. Name a "
            "database that holds nothing."
        )


def _known_tables(source: Inspector, database: URL) -> list[Table]:
    """Give the tables to copy, which are all that there are.

    Raises:
        CourseError: There are others, or with other columns.
    """
    there = {
        name: {one["name"] for one in source.get_columns(name)} for name in source.get_table_names()
    }
    wanted = {table.name: set(table.columns.keys()) for table in TABLES}
    if entered.name not in there:  # which nbgrader's own commands do not make
        del wanted[entered.name]
    if there != wanted:
        names = sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
        raise CourseError(
            f"{shown(database)} is no gradebook of nbgrader {nbgrader_version}: other than "
            f"expected is {', '.join(names)}. Nothing was moved. For one of an older version type "
            "`nbgrader db upgrade` first, in its course folder."
        )
    return [table for table in TABLES if table.name in wanted]


def _copy(source: URL, old: Connection, new: Connection, table: Table) -> int:
    """Copy the rows of a table; give their number."""
    n_rows = 0
    for rows in _read(source, old, table):
        for row in rows:
            _must_fit(table, row)
        new.execute(table.insert(), rows)
        n_rows += len(rows)
    return n_rows


def _must_fit(table: Table, row: Row) -> None:
    """Refuse a text that is too long: SQLite takes it, a server refuses it and says not where."""
    for column in table.columns:
        value = row[column.name]
        most = getattr(column.type, "length", None)
        if isinstance(value, str) and most and len(value) > most:
            raise CourseError(
                f"In the table {table.name}, {column.name} {value[:40]!r}… has {len(value)} "
                f"characters, and {most} are allowed; nothing was moved. Shorten it first."
            )


def _compare(source: URL, old: Connection, new: Connection, table: Table) -> None:
    """Read a table on both sides again.

    Raises:
        CourseError: They are not the same.
    """
    (key,) = table.primary_key.columns or table.columns
    n_rows = 0
    for rows in _read(source, old, table):
        arrived = new.execute(select(table).where(key.in_([row[key.name] for row in rows])))
        found = {row[key.name]: dict(row) for row in arrived.mappings()}
        for row in rows:
            if found.get(row[key.name]) != row:
                raise CourseError(
                    f"In the table {table.name}, {row[key.name]!r} would not be what it was; "
                    "nothing was moved."
                )
        n_rows += len(rows)
    n_arrived = new.scalar(select(func.count()).select_from(table))
    if n_arrived != n_rows:
        raise CourseError(
            f"Of the table {table.name}, {n_arrived} rows would be there, and {n_rows} were; "
            "nothing was moved."
        )


def _read(source: URL, old: Connection, table: Table) -> Iterator[list[Row]]:
    """Read a table some rows at a time; a class of thousands has more than memory should hold."""
    with in_a_sentence(source):
        found = old.execute(select(table), execution_options={"stream_results": True})
        for rows in found.mappings().partitions(ROWS_AT_ONCE):
            yield [dict(row) for row in rows]
