"""Two at once write into a gradebook on a server, and one that is killed."""

import os
import threading
import warnings

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.classroom.gradebook import open_gradebook, write_gradebook
from tests.autograder.classroom.full_gradebook import grades, mark, results, with_points
from tests.autograder.classroom.gradebook_contents import contents_of
from tests.autograder.classroom.killed import killed_at
from tests.autograder.classroom.postgres_server import connected

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own


class TestTwoAtOnce:
    def test_two_commands_into_a_database_without_tables(self, small, server):
        """Each in a process of its own; one waits while the other makes the tables."""
        url = server.database()
        children = [forked(enter_all, url, small, [learner]) for learner in ("ada", "bob")]
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0]
        assert [row[0] for row in contents_of(url)["students"]] == ["ada", "bob"]
        assert contents_of(url)["rows of alembic_version"] == (1,)
        alone = server.database()
        enter_all(alone, small, ["ada", "bob"])
        assert contents_of(url) == contents_of(alone)

    def test_two_commands_that_enter_the_same_class(self, small, book):
        names = [f"learner {n}" for n in range(30)]
        children = [forked(enter_all, book, small, names) for _ in range(2)]
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0]
        assert contents_of(book)["rows of submitted_assignment"] == (30,)

    def test_a_mark_saved_while_marks_are_entered_waits_and_stays(self, small, book, server):
        before = results(small, ["ada"])
        write_gradebook(book, small, before)
        marker = threading.Thread(target=mark, args=(book, "ch99_double_test", 55.0))
        waited = []

        def on_statement(_connection, _cursor, statement, *_):
            if statement.startswith("UPDATE grade") and not waited:
                waited.append(None)
                marker.start()
                waited[0] = waits(server, marker)

        event.listen(Engine, "before_cursor_execute", on_statement)
        try:
            write_gradebook(book, small, [with_points(before[0], 20.0)])
        finally:
            event.remove(Engine, "before_cursor_execute", on_statement)
        marker.join(20)
        assert waited == [True]
        assert grades(book)["ch99_double_test"] == (20.0, 55.0)


def enter_all(url, assignment, learners):
    open_gradebook(url, assignment)
    write_gradebook(url, assignment, results(assignment, learners))


def forked(work, *arguments):
    """Do something in a process of its own; give its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, of which the child needs none
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(*arguments)
            code = 0
        finally:
            os._exit(code)
    return pid


def waits(server, thread):
    """Whether a thread comes to wait for a row that somebody else is writing."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while thread.is_alive():
        with connected(server.url()) as connection:
            if connection.exec_driver_sql(query).scalar():
                return True
    return False


@pytest.mark.slow
def test_killed_while_marks_are_entered(small, book, server, begun_on_server):
    """At any moment: nothing is entered, and the next run leaves what an undisturbed one does."""
    alone = server.database(begun_on_server)
    write_gradebook(alone, small, results(small))
    before, n = contents_of(book), 1
    while killed_at(n, lambda: write_gradebook(book, small, results(small))):
        assert contents_of(book) == before, n
        n += 1
    assert contents_of(book) == contents_of(alone)
    assert n > 6
