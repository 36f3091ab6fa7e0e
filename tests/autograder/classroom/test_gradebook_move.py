import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from autograder.classroom import gradebook_move as module
from autograder.classroom.database import sqlite_url
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.gradebook_move import move_gradebook, place
from autograder.errors import CourseError
from tests.autograder.classroom.full_gradebook import fill
from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.classroom.killed import killed_at
from tests.autograder.classroom.postgres_server import connected


@pytest.fixture(scope="module")
def full(tmp_path_factory, small):
    """A gradebook in a file, with something in every table."""
    url = sqlite_url(tmp_path_factory.mktemp("full") / "gradebook.db")
    open_gradebook(url, small)
    fill(url, small)
    assert all(n_rows for n_rows in rows_of(contents_of(url)).values())
    return url


@pytest.fixture
def edited(full, tmp_path):
    """Run a statement in a copy, as nbgrader never would."""

    def edit(statement):
        path = tmp_path / "edited.db"
        shutil.copy(full.database, path)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
        return sqlite_url(path)

    return edit


@pytest.fixture
def target(tmp_path):
    return sqlite_url(tmp_path / "target.db")


def rows_of(contents):
    return {
        name.removeprefix("rows of "): n_rows[0]
        for name, n_rows in contents.items()
        if name.startswith("rows of ")
    }


def tables_in(url):
    with connected(url) as connection:
        return inspect(connection).get_table_names()


class TestWhatIsMoved:
    def test_from_a_file_to_a_server_and_back(self, full, server, target):
        before, book = Path(full.database).read_bytes(), server.database()
        wanted = contents_of(full)
        rows = move_gradebook(full, book)
        assert contents_of(book) == wanted
        assert rows == rows_of(wanted)
        assert move_gradebook(book, target) == rows
        assert contents_of(target) == contents_of(book) == wanted
        assert Path(full.database).read_bytes() == before

    def test_more_rows_than_go_at_once(self, full, target, monkeypatch):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
        move_gradebook(full, target)
        assert contents_of(target) == contents_of(full)

    @pytest.mark.parametrize("where", ["file", "server"])
    def test_is_of_one_moment(self, full, edited, server, target, monkeypatch, where):
        """What somebody else writes meanwhile has to wait, or is not seen."""
        source = edited("SELECT 1")
        if where == "server":
            source = server.database()
            move_gradebook(full, source)
        real, url, impatient = module._compare, source, contextlib.nullcontext()
        if where == "file":
            url = source.update_query_dict({"timeout": "0.1"})
            impatient = contextlib.suppress(OperationalError)

        def after_somebody_wrote(*arguments):
            with impatient, connected(url) as connection:
                connection.exec_driver_sql("INSERT INTO student (id) VALUES ('new')")
            monkeypatch.setattr(module, "_compare", real)
            real(*arguments)

        monkeypatch.setattr(module, "_compare", after_somebody_wrote)
        move_gradebook(source, target)
        assert contents_of(target) == contents_of(full)

    def test_a_gradebook_that_nbgrader_alone_has_made(self, edited, target, small):
        source = edited("DROP TABLE course_entered")
        assert "course_entered" not in move_gradebook(source, target)
        open_gradebook(target, small)
        assert rows_of(contents_of(target))["course_entered"] == 0

    def test_what_is_moved_is_graded_on(self, full, server, small):
        book = server.database()
        move_gradebook(full, book)
        before = contents_of(book)
        open_gradebook(book, small)
        assert contents_of(book) == before


class TestWhatIsRefused:
    """Nothing is moved, and what was at the target is as it was."""

    @pytest.mark.parametrize("where", ["file", "server"])
    def test_a_target_that_holds_something(self, full, server, target, small, where):
        to = server.database() if where == "server" else target
        open_gradebook(to, small)
        before = contents_of(to)
        with pytest.raises(CourseError, match=r"is not empty: it holds tables \(.*\); nothing"):
            move_gradebook(full, to)
        assert contents_of(to) == before

    def test_a_gradebook_into_itself(self, full):
        before = contents_of(full)
        with pytest.raises(CourseError, match="is not empty"):
            move_gradebook(full, full)
        assert contents_of(full) == before

    def test_a_file_that_is_not_there(self, target, tmp_path):
        with pytest.raises(CourseError, match="There is no gradebook"):
            move_gradebook(sqlite_url(tmp_path / "none.db"), target)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            ("CREATE TABLE notes (words TEXT)", "notes"),
            ("ALTER TABLE student ADD COLUMN height REAL", "student"),
            ("ALTER TABLE student DROP COLUMN lms_user_id", "student"),
            ("DROP TABLE comment", "comment"),
        ],
    )
    def test_a_gradebook_of_another_making(self, edited, target, statement, named):
        with pytest.raises(CourseError, match=f"other than expected is {named}. Nothing was moved"):
            move_gradebook(edited(statement), target)
        assert tables_in(target) == []

    def test_a_text_that_a_server_does_not_take(self, edited, server):
        book = server.database()
        source = edited(f"UPDATE student SET email = '{'x' * 200}' WHERE id = 'ada'")
        with pytest.raises(CourseError, match=r"table student, email 'x{40}'… has 200 characters"):
            move_gradebook(source, book)
        assert tables_in(book) == []

    def test_rows_that_point_at_nothing(self, edited, server):
        book = server.database()
        source = edited("UPDATE grade SET cell_id = 'gone' WHERE manual_score IS NOT NULL")
        with pytest.raises(CourseError, match='table "grade" violates foreign key') as told:
            move_gradebook(source, book)
        assert "hush" not in str(told.value)
        assert tables_in(book) == []

    @pytest.mark.parametrize(
        ("n_rows", "said"),
        [(1, r"In the table course, '.*' would not be"), (2, "Of the table course, 2 rows")],
    )
    def test_what_arrived_otherwise(self, full, server, monkeypatch, n_rows, said):
        """A fault of ours or of a driver: made up, for none is known."""
        real, book = module._copy, server.database()

        def slips(source, old, new, table):
            copied = real(source, old, new, table)
            if table.name == "course":
                change = "UPDATE course SET id = 'other'" if n_rows == 1 else None
                new.exec_driver_sql(change or "INSERT INTO course (id) VALUES ('one more')")
            return copied

        monkeypatch.setattr(module, "_copy", slips)
        if n_rows == 1:
            monkeypatch.setattr(module, "TABLES", module.TABLES[:1])
            monkeypatch.setattr(module, "_known_tables", lambda *_: list(module.TABLES))
        with pytest.raises(CourseError, match=said):
            move_gradebook(full, book)
        assert tables_in(book) == []


@pytest.mark.slow
class TestKilled:
    """At any moment: there is nothing, and the same command goes on until there is all."""

    @pytest.mark.parametrize("where", ["file", "server"])
    def test_at_each_statement(self, full, server, tmp_path, where):
        to = server.database() if where == "server" else sqlite_url(tmp_path / "target.db")
        n = 1
        while killed_at(n, lambda: move_gradebook(full, to)):
            assert tables_in(to) == [], n
            n += 1
        assert contents_of(to) == contents_of(full)
        assert n > 25


class TestTheCommand:
    @pytest.fixture
    def course(self, course, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")
        return course

    def test_counts_and_says_what_to_do_next(self, course, full, server):
        book = server.database()
        address = book.render_as_string(hide_password=False)
        code, said = course("move-gradebook", os.path.dirname(full.database), address)
        assert code == 0
        assert "│ student │ 4" in said
        assert "compared one by one. To use it, name it in course.toml" in said
        assert "hush" not in said
        code, said = course("move-gradebook", full.database, address)
        assert code == 2
        assert said.startswith("course: postgresql+psycopg://postgres:***@127.0.0.1")
        assert "hush" not in said

    def test_what_is_no_place_is_not_repeated(self, course, full):
        code, said = course("move-gradebook", full.database, "ada:hush@host/book")
        assert code == 2
        assert "is a course folder, a file such as gradebook.db, or a URL" in said
        assert "hush" not in said


def test_places(tmp_path):
    assert place(str(tmp_path)) == sqlite_url(tmp_path / "gradebook.db")
    assert place(str(tmp_path / "x.db")) == sqlite_url(tmp_path / "x.db")
    assert place("postgresql://ada@host/book").host == "host"
