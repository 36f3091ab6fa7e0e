"""Grade every attack, and look at what it got, why, and what it left behind."""

import subprocess
import sys
from collections import Counter

import pytest

from autograder.grading import grade
from tests.attacks.corpus import ATTACKS, CLASSES
from tests.attacks.registry import ALL, RIGHT, STUB, put, saved, solved, told
from tests.attacks.watchers import PROCESS, Watchers, left_behind
from tests.autograder.small_chapter import assignment


def parameters():
    return [
        pytest.param(
            one, id=f"{one.kind}: {one.name}", marks=[pytest.mark.slow] if one.slow else []
        )
        for one in ATTACKS
    ]


@pytest.fixture(scope="module")
def marked(worker, watchers):
    def mark(data, learner="mallory"):
        return grade(data, assignment(), learner, 0, worker)

    return mark


@pytest.fixture(scope="module")
def honest(marked):
    """An honest learner's submission, and its result before any attack."""
    data = saved(solved())
    return data, marked(data, "ada")


@pytest.mark.parametrize("attack", parameters())
def test_gets_what_it_deserves_and_for_the_reason_recorded(
    attack, marked, honest, watchers, request
):
    if attack.harmful:
        request.getfixturevalue("confined")
    result = marked(attack.data())
    said = told(result)
    assert (result.points, result.max_points) == (attack.points, ALL), said
    for reason in attack.because:
        assert reason in said, said
    assert watchers.secret not in result.to_json()
    assert watchers.harm() == []
    if attack.harmful:
        data, before = honest
        assert marked(data, "ada") == before


@pytest.mark.parametrize("kind", CLASSES)
def test_the_controls_right_gets_all_and_the_stub_none(kind, marked, honest, request):
    """Before and after an attack of each class: what is graded next is graded as ever."""
    attack = next(one for one in ATTACKS if one.kind == kind.replace("_", " "))
    if attack.harmful:
        request.getfixturevalue("confined")
    data, before = honest
    untouched = saved(assignment().notebook)
    assert marked(untouched).points == 0.0
    marked(attack.data())
    assert marked(data, "ada") == before
    assert before.points == ALL
    result = marked(untouched)
    assert result.points == 0.0
    assert "NotImplementedError" in told(result)


def test_the_stub_alone_loses_only_its_own_points(marked):
    notebook = solved()
    put(notebook, "double", STUB)
    assert marked(saved(notebook)).points == 30.0
    put(notebook, "double", RIGHT)
    assert marked(saved(notebook)).points == ALL


def test_the_corpus_is_large_and_every_zero_has_a_reason():
    assert len(ATTACKS) >= 80
    doubled = [key for key, n in Counter((a.kind, a.name) for a in ATTACKS).items() if n > 1]
    assert doubled == []
    assert {one.kind.replace(" ", "_") for one in ATTACKS} == set(CLASSES)
    for one in ATTACKS:
        assert one.tries.endswith("."), one.name
        assert one.points == ALL or one.because, one.name
    # What no net catches is kept in sight; see `tests/attacks/not_allowed.py`.
    assert len([one for one in ATTACKS if one.hidden_call]) <= 3


class TestTheWatchersSee:
    @pytest.fixture
    def watching(self):
        with Watchers() as watching:
            yield watching

    def test_nothing_when_nothing_happens(self, watching):
        assert watching.harm() == []

    def test_a_changed_file(self, watching):
        (watching.canary / "secret.txt").write_text("rewritten")
        assert watching.harm() == ["the folder of another learner was changed"]

    def test_a_written_file(self, watching, tmp_path):
        watching.places["ROOT"] = str(tmp_path)
        (tmp_path / "owned-by-mallory").touch()
        assert watching.harm() == [f"{tmp_path}/owned-by-mallory was written"]

    def test_a_visit(self, watching):
        import socket
        import time

        socket.create_connection(("127.0.0.1", int(watching.places["PORT"]))).close()
        deadline = time.monotonic() + 5
        while not watching.harm() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert watching.harm() == ["a socket of this machine was connected to"]

    @pytest.mark.skipif(sys.platform != "linux", reason="names a process by Linux's prctl")
    def test_a_process_left_behind(self):
        naming = f"import ctypes; ctypes.CDLL(None).prctl(15, b'{PROCESS}', 0, 0, 0); input()"
        left = subprocess.Popen([sys.executable, "-c", naming], stdin=subprocess.PIPE)
        try:
            while left.poll() is None and left.pid not in [one.pid for one in left_behind()]:
                pass
            assert left.poll() is None
        finally:
            left.communicate()
        assert left.pid not in [one.pid for one in left_behind()]
