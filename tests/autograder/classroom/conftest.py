"""A PostgreSQL server for the tests of a gradebook on one, and a grading process that dies."""

import pytest

from tests.autograder.classroom import postgres_server


@pytest.fixture(scope="session")
def server():
    """A server with nothing in it; one for all tests of a process."""
    if postgres_server.programs() is None:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql")
    with postgres_server.running() as started:
        yield started


@pytest.fixture(scope="session")
def begun_on_server(server, small):
    """The name of a database whose gradebook knows the small chapter and no submission."""
    from autograder.classroom.gradebook import open_gradebook

    url = server.database()
    open_gradebook(url, small)
    return url.database


@pytest.fixture
def book(server, begun_on_server):
    """A gradebook on the server, of this test alone."""
    return server.database(begun_on_server)


@pytest.fixture
def dies_once(monkeypatch):
    """Let the first grading process die at work; give the arguments of each call."""
    from autograder.classroom import runner
    from autograder.errors import WorkerDiedError

    real, calls = runner.grade_transplanted, []

    def grade(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise WorkerDiedError("gone")
        return real(*arguments)

    monkeypatch.setattr(runner, "grade_transplanted", grade)
    return calls
