import os
import signal
import time

import numpy as np
import psutil
import pytest

from autograder.errors import CourseError
from autograder.mutation.trial import Fate, try_all

RIGHT, WRONG, LOST = Fate(True, True), Fate(False, False), Fate(False, False)


def judge(text):
    """Run a text that sets `visible` and `checks`."""
    namespace = {
        "visible": True,
        "checks": True,
        "os": os,
        "np": np,
        "signal": signal,
        "time": time,
    }
    exec(text, namespace)
    yield namespace["visible"]
    exec(namespace.get("later", ""), namespace)
    yield namespace["checks"]


def fates(*texts, patience_s=20.0):
    return try_all(judge, "", texts, patience_s)


def test_tells_what_passed():
    assert fates("", "visible = False", "checks = False", "visible = checks = False") == [
        RIGHT,
        Fate(False, True),
        Fate(True, False),
        WRONG,
    ]
    assert fates() == []


@pytest.mark.parametrize(
    "text",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "np.ones(3 << 27)",  # 3 GiB
        "def f(): return f()\nf()",
    ],
)
def test_a_mutant_that_ends_its_process_is_killed_and_the_others_are_judged(text, capfd):
    assert fates("", text, "", "checks = False") == [RIGHT, LOST, RIGHT, Fate(True, False)]
    assert capfd.readouterr() == ("", "")


def test_a_mutant_that_never_ends_is_killed_and_the_others_are_judged():
    endless = (
        "while True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
    )
    start = time.perf_counter()
    assert fates("", endless, "", patience_s=0.5) == [RIGHT, LOST, RIGHT]
    assert time.perf_counter() - start < 10


def test_what_passed_before_the_end_counts():
    assert fates("later = 'os._exit(0)'", "") == [Fate(True, False), RIGHT]


def test_output_goes_nowhere(capfd):
    assert fates("print('loud', flush=True); os.write(2, b'louder')") == [RIGHT]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("reference", ["checks = False", "visible = False", "os._exit(0)"])
def test_a_solution_that_does_not_pass_in_the_child_is_told(reference):
    with pytest.raises(CourseError, match="the solution does not pass in the process that judges"):
        try_all(judge, reference, [""])


def test_where_nothing_forks_the_way_out_is_told(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(CourseError, match="use --no-mutants"):
        try_all(judge, "", [""])


def test_no_process_is_left():
    before = set(psutil.Process().children())
    fates("os._exit(0)", "", "checks = False")
    left = set(psutil.Process().children()) - before
    assert [one for one in left if one.status() != "zombie"] == []
