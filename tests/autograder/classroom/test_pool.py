import threading
import time

import pytest

from autograder.classroom.pool import StoppedError, StuckError, WorkerPool
from autograder.errors import CourseError, WorkerDiedError


class Process:
    """Stands for a process: it answers until it is closed."""

    def __init__(self):
        self.closed = threading.Event()
        self.n_closed = 0

    def wait(self, seconds):
        if self.closed.wait(seconds):
            raise WorkerDiedError("gone")

    def close(self):
        self.n_closed += 1
        self.closed.set()


@pytest.fixture
def made():
    return []


@pytest.fixture
def pool(made):
    def make():
        made.append(Process())
        return made[-1]

    with WorkerPool(1, make, stuck_s=0.2) as pool:
        yield pool


def test_a_process_starts_when_it_is_needed_and_is_lent_again(pool, made):
    assert made == []
    for _ in range(2):
        with pool.borrow() as worker:
            assert worker is made[0]
    assert len(made) == 1
    pool.stop()
    assert [one.n_closed for one in made] == [1]


@pytest.mark.parametrize("trouble", [WorkerDiedError, CourseError, KeyboardInterrupt])
def test_one_that_something_went_wrong_with_is_replaced(pool, made, trouble):
    with pytest.raises(trouble), pool.borrow():
        raise trouble("!")
    with pool.borrow() as worker:
        assert worker is made[1]
    pool.stop()
    assert [one.n_closed for one in made] == [1, 1]


def test_one_that_does_not_come_to_an_end_is_given_up(pool, made):
    with pytest.raises(StuckError, match="did not come to an end"), pool.borrow() as worker:
        worker.wait(10)
    with pool.borrow() as worker:
        assert worker is made[1]
        worker.wait(0.01)
    assert made[0].n_closed == 1


def test_one_that_comes_to_an_end_is_not_given_up_later(pool, made):
    for _ in range(3):
        with pool.borrow() as worker:
            worker.wait(0.1)
    time.sleep(0.3)
    assert [one.n_closed for one in made] == [0]


def test_stopping_ends_those_at_work(pool, made):
    at_work = threading.Event()
    seen = []

    def work():
        try:
            with pool.borrow() as worker:
                at_work.set()
                worker.wait(10)
        except BaseException as error:
            seen.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    at_work.wait()
    pool.stop()
    thread.join(1)
    assert seen == [StoppedError]
    assert made[0].n_closed == 1
    with pytest.raises(StoppedError), pool.borrow():
        pass
    assert len(made) == 1


def test_one_that_starts_while_the_pool_is_stopped_ends_too(made):
    started = threading.Event()
    stopped = threading.Event()

    def make():
        started.set()
        stopped.wait(5)
        made.append(Process())
        return made[-1]

    pool = WorkerPool(1, make)
    seen = []

    def work():
        try:
            with pool.borrow():
                pass
        except StoppedError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    pool.stop()
    stopped.set()
    thread.join(1)
    assert len(seen) == 1
    assert made[0].n_closed == 1


def test_a_process_that_cannot_start_leaves_its_place(made):
    def make():
        made.append(1)
        if len(made) == 1:
            raise CourseError("no walls here")
        return Process()

    with WorkerPool(1, make) as pool:
        with pytest.raises(CourseError, match="no walls"), pool.borrow():
            pass
        with pool.borrow() as worker:
            assert worker
