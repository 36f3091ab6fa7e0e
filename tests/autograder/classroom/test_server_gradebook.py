"""Grading a class into a gradebook on a real PostgreSQL server."""

import os
import socket
import sys
import time
import zipfile

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from autograder.classroom.by_hand import read_by_hand
from autograder.classroom.class_run import grade_and_write
from autograder.classroom.database import without_password
from autograder.classroom.gradebook import write_gradebook
from autograder.classroom.settings import SETTINGS
from autograder.errors import CourseError
from autograder.submissions.collect import HandedIn, HandedInClass
from tests.autograder.classroom import postgres_server
from tests.autograder.classroom.full_gradebook import SLUG, grades, mark, results
from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.small_chapter import REFERENCE

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own


def address(url):
    """A URL as a person would type it: with the password, without a driver."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def n_connections(server, user):
    """Count what a user has open."""
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{user}'"
    with postgres_server.connected(server.url()) as connection:
        return connection.execute(text(asked)).scalar()


@pytest.fixture
def both(hand_in):
    return HandedInClass.of(
        [HandedIn("ada", hand_in()), HandedIn("дана", hand_in(written="")), HandedIn("bob", b"{")]
    )


@pytest.fixture
def class_folder(tmp_path, hand_in):
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.ipynb").write_bytes(hand_in())
    return made


class TestMarks:
    @pytest.mark.usefixtures("lent_worker")
    def test_are_those_that_a_file_holds(self, small, both, book, tmp_path):
        grade_and_write(small, both, tmp_path / "file")
        out = tmp_path / "server"
        grade_and_write(small, both, out, database=address(book))
        assert contents_of(book) == contents_of(tmp_path / "file" / "gradebook.db")
        assert not (out / "gradebook.db").exists()
        mark(book, "ch99_written", 7.0)
        before = contents_of(book)
        again = grade_and_write(small, both, out, database=address(book))
        assert [one.fresh for one in again.graded] == [False, False, False]
        assert contents_of(book) == before
        assert read_by_hand(book, small)["ada"]["written"].points == 7.0

    def test_to_enter_again_writes_nothing(self, small, book):
        write_gradebook(book, small, results(small))
        statements = []

        def seen(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", seen)
        try:
            write_gradebook(book, small, results(small))
        finally:
            event.remove(Engine, "before_cursor_execute", seen)
        assert statements
        assert not [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.usefixtures("lent_worker")
class TestTheAddress:
    def test_is_an_option_a_variable_or_a_setting_in_this_order(
        self, course, class_folder, server, begun_on_server, tmp_path, monkeypatch
    ):
        option, variable, setting = (server.database(begun_on_server) for _ in range(3))
        out = tmp_path / "out"
        out.mkdir()
        without = without_password(setting).render_as_string()
        (out / SETTINGS).write_text(f'database = "{without}"\n')
        monkeypatch.setenv("PGPASSWORD", postgres_server.PASSWORD)
        arguments = ("grade", class_folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1)
        code, said = course(*arguments)
        assert code == 0, said
        assert grades(setting)["ch99_double_test"] == (60.0, None)
        monkeypatch.setenv("COURSE_DATABASE", address(variable))
        assert contents_of(variable)["grades"] == []
        assert course(*arguments)[0] == 0
        assert grades(variable)["ch99_double_test"] == (60.0, None)
        assert contents_of(option)["grades"] == []
        assert course(*arguments, "--database", address(option))[0] == 0
        assert grades(option)["ch99_double_test"] == (60.0, None)
        assert not (out / "gradebook.db").exists()

    def test_is_the_same_for_report_and_publish(
        self, course, class_folder, book, tmp_path, monkeypatch
    ):
        out = tmp_path / "out"
        monkeypatch.setenv("COURSE_DATABASE", address(book))
        where = ("--chapter", REFERENCE)
        assert course("grade", class_folder, *where, "--out", out, "--jobs", 1)[0] == 0
        mark(book, "ch99_written", 7.0)
        assert course("report", out, *where)[0] == 0
        assert "97 of 100 points" in (out / SLUG / "feedback" / "ada.html").read_text()
        mark(book, "ch99_written", 8.0)
        monkeypatch.delenv("COURSE_DATABASE")
        without = without_password(book).render_as_string()
        (out / SETTINGS).write_text(f'database = "{without}"\n')
        monkeypatch.setenv("PGPASSWORD", postgres_server.PASSWORD)
        assert course("publish", out, *where)[0] == 0
        with zipfile.ZipFile(out / SLUG / "feedback.zip") as archive:
            assert "98 of 100 points" in archive.read("ada.html").decode()


class TestTrouble:
    """One sentence with what to do, exit code 2, no password, nothing graded."""

    @pytest.fixture
    def told(self, course, class_folder, tmp_path):
        def run(url):
            out = tmp_path / "out"
            arguments = ("grade", class_folder, "--chapter", REFERENCE, "--out", out)
            code, said = course(*arguments, "--database", url)
            assert code == 2
            assert "course: The gradebook postgresql" in said
            assert "hush" not in said
            assert "secret" not in said
            assert "Traceback" not in said
            assert not (out / SLUG / "results").exists()
            return said

        return run

    def test_a_server_that_is_down(self, told):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        said = told(f"postgresql://ada:hush@127.0.0.1:{port}/book")
        assert "Connection refused; see that the server runs, and that it lets this" in said

    def test_a_server_that_does_not_answer(self, told):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            port = silent.getsockname()[1]
            said = told(f"postgresql://ada:hush@127.0.0.1:{port}/book?connect_timeout=2")
        assert "timeout expired; see that the server runs" in said

    def test_a_wrong_password(self, told, book):
        said = told(address(book.set(password="secret")))
        assert 'failed for user "postgres"; give the right password in ~/.pgpass' in said
        said = told(address(without_password(book).update_query_dict({"password": "secret"})))
        assert "give the right password in ~/.pgpass" in said

    def test_no_password(self, told, book, monkeypatch):
        monkeypatch.delenv("PGPASSWORD", raising=False)
        monkeypatch.setenv("PGPASSFILE", os.devnull)
        said = told(address(without_password(book)))
        assert "no password supplied; give the right password in ~/.pgpass" in said

    def test_a_database_that_is_not_there(self, told, server):
        said = told(address(server.url("nowhere")))
        assert 'database "nowhere" does not exist; make the database with' in said

    def test_a_missing_driver(self, told, book, monkeypatch):
        monkeypatch.setitem(sys.modules, "psycopg", None)
        said = told(address(book))
        assert "its driver is not installed" in said
        assert "type: pip install 'psycopg[binary]'" in said

    def test_a_user_who_may_not_make_tables(self, told, server):
        reader = f"reader_{os.getpid()}"
        server.tell(f"CREATE USER {reader} PASSWORD 'hush'")
        said = told(address(server.database().set(username=reader)))
        assert "permission denied for schema public" in said
        # The server notices an end a moment later.
        assert any(n_connections(server, reader) == 0 or time.sleep(0.1) for _ in range(50))


@pytest.mark.usefixtures("lent_worker")
def test_a_server_that_goes_while_a_class_is_graded_costs_no_result(small, both, tmp_path):
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql")
    with postgres_server.running() as server:
        url = server.database()

        def last(graded):
            if graded.result.learner == "дана":
                server.control("stop", "--mode=immediate")

        with pytest.raises(CourseError) as told:
            grade_and_write(small, both, tmp_path, database=address(url), on_graded=last)
        assert "see that the server runs" in str(told.value)
        assert str(told.value).endswith(" is kept; the same command goes on from there.")
        assert "hush" not in str(told.value)
        server.control("start")
        again = grade_and_write(small, both, tmp_path, database=address(url))
        assert [one.fresh for one in again.graded] == [False, False, False]
        assert grades(url)["ch99_double_test"] == (60.0, None)
