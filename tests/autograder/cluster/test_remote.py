"""What becomes of a submission whose task is lost, without a cluster."""

import json
import threading
import time
from concurrent.futures import CancelledError
from types import SimpleNamespace

import pytest
from distributed import KilledWorker

from autograder.classroom.pool import StuckError
from autograder.cluster import connection
from autograder.cluster.connection import Cluster
from autograder.cluster.remote import RemoteWorker
from autograder.errors import CourseError, WorkerDiedError

END = {"events": json.dumps([{"kind": "end"}])}


class Sent:
    """A task that has been sent."""

    def __init__(self):
        self.cancelled = threading.Event()

    def cancel(self):
        self.cancelled.set()


class Stand(Cluster):
    """A cluster that answers with what it is given, in this order."""

    def __init__(self, *answers):
        self.answers, self.asked_alone = list(answers), []
        self._in_flight, self._alone = 0, False
        self._changed = threading.Condition()

    def submit(self, request):
        self.asked = request
        return Sent()

    def result(self, future):
        if future.cancelled.is_set():
            raise CancelledError
        self.asked_alone.append(self._alone)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def killed():
    return KilledWorker("a task", None, 1)


def test_events_come_back_as_from_a_process_here():
    cluster = Stand(END)
    assert RemoteWorker(cluster).run("ch02", [], 7) == [{"kind": "end"}]
    assert json.loads(cluster.asked) == {"reference": "ch02", "steps": [], "seed": 7}


def test_one_that_was_behind_a_killer_is_judged_when_it_is_alone():
    cluster = Stand(killed(), END)
    assert RemoteWorker(cluster).run("ch02", [], 0) == [{"kind": "end"}]
    assert cluster.asked_alone == [False, True]


def test_one_that_kills_alone_too_is_given_up():
    cluster = Stand(killed(), killed(), END)
    with pytest.raises(StuckError, match="Every worker of the cluster"):
        RemoteWorker(cluster).run("ch02", [], 0)
    assert cluster.answers == [END]


def test_the_end_of_a_judging_process_is_told():
    with pytest.raises(WorkerDiedError, match="It ended") as told:
        RemoteWorker(Stand({"died": "It ended."})).run("ch02", [], 0)
    assert not isinstance(told.value, StuckError)


def test_a_place_that_was_closed_sends_nothing_more():
    cluster = Stand(END)
    place = RemoteWorker(cluster)
    place.close()
    with pytest.raises(WorkerDiedError, match="taken back"):
        place.run("ch02", [], 0)
    assert cluster.answers == [END]


def test_a_place_may_be_closed_just_when_its_answer_comes():
    sent = Sent()
    looks = iter([sent, None])  # what is in flight, at one look and at the next

    class Place(RemoteWorker):
        _future = property(lambda _: next(looks), lambda *_: None)

    Place(Stand()).close()
    assert sent.cancelled.is_set()


def test_whoever_is_alone_has_waited_for_the_others_and_keeps_them_waiting():
    cluster, seen = Stand(), []

    def go(name, seconds, alone=False):
        with cluster.turn(alone=alone):
            seen.append(f"{name} begins")
            time.sleep(seconds)
            seen.append(f"{name} ends")

    threads = []
    for turn in (("a", 0.4), ("b", 0.4), ("alone", 0.2, True), ("c", 0.0)):
        threads.append(threading.Thread(target=go, args=turn))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert seen == [
        *("a begins", "b begins", "a ends", "b ends"),
        *("alone begins", "alone ends", "c begins", "c ends"),
    ]


@pytest.mark.parametrize("trouble", [CourseError("It cannot."), killed()])
def test_a_turn_ends_whatever_happens_in_it(trouble):
    cluster = Stand()
    for alone in (False, True, False):
        with pytest.raises(type(trouble)), cluster.turn(alone=alone):
            raise trouble


def test_a_cluster_whose_only_worker_was_just_lost_has_places_all_the_same():
    client = SimpleNamespace(nthreads=dict, get_versions=lambda **_: {"workers": {}})
    assert Cluster(client, "tcp://scheduler", "name").jobs == connection.PER_WORKER


@pytest.mark.parametrize("kind", [RuntimeError, EOFError, OSError])
def test_what_a_worker_says_when_it_cannot_be_made_ready_is_told(kind):
    def refuse(*_, **__):
        raise kind("Worker tcp://worker was told to end.")

    client = SimpleNamespace(register_plugin=refuse)
    with pytest.raises(CourseError, match="Worker tcp://worker was told to end"):
        connection._ship(client, "name", "ch02_self_attention", unconfined=False)
