import threading

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from autograder.classroom import one_writer as module
from autograder.classroom.database import in_a_sentence, sqlite_url
from autograder.classroom.one_writer import begin_writing, one_writer
from autograder.errors import CourseError
from tests.autograder.classroom.postgres_server import connected

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_a_file_has_one_writer_from_the_first_reading_on(tmp_path):
    url = sqlite_url(tmp_path / "x.db")
    other = create_engine(url.update_query_dict({"timeout": "0.1"}))
    with create_engine(url).begin() as connection, other.connect() as second:
        begin_writing(connection)
        with pytest.raises(OperationalError, match="locked"):
            begin_writing(second)
    with other.begin() as second:
        begin_writing(second)


def test_of_a_file_nothing_is_made(tmp_path):
    with one_writer(sqlite_url(tmp_path / "x.db")):
        assert not list(tmp_path.iterdir())


def waits(server, thread):
    """Whether a thread comes to stand before the lock; a server says who waits for what."""
    while thread.is_alive():
        with connected(server.url()) as connection:
            if connection.exec_driver_sql(WAITING).scalar():
                return True
    return False


def test_on_a_server_the_second_waits_for_the_first(server):
    url, order = server.database(), []

    def second():
        with one_writer(url):
            order.append("second")

    thread = threading.Thread(target=second)
    with one_writer(url):
        thread.start()
        assert waits(server, thread)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]


def test_gradebooks_on_one_server_do_not_wait_for_each_other(server):
    with one_writer(server.database()), one_writer(server.database()):
        pass


def test_who_has_waited_too_long_is_told(server, monkeypatch):
    monkeypatch.setattr(module, "WAIT_S", 1)
    url = server.database()
    with one_writer(url), pytest.raises(CourseError) as told, in_a_sentence(url), one_writer(url):
        pass
    assert "another program has been writing into it" in str(told.value)
    assert "do the same again" in str(told.value)
