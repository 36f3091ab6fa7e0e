"""Each line of "Stops" in `autograder.judge.watch`."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from autograder.judge.process import ProcessEndedError
from autograder.judge.watch import Deadline, Watch, descendants, kill_descendants
from autograder.sandbox.limits import Limits

DEAF = "import signal\nfor s in (signal.SIGPROF, signal.SIGALRM):\n    signal.signal(s, 1)\n"
MIB = 2**20


def reason(process, source, cpu_s=0.4):
    with pytest.raises(ProcessEndedError) as ended:
        process.run_cell(source, cpu_s)
    return str(ended.value)


def test_a_step_that_computes_too_long(confined):
    assert reason(confined(), f"{DEAF}while True: pass") == "it ran longer than 0.6 seconds"


def test_a_step_that_computes_in_children(confined):
    spread = (
        f"{DEAF}import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        while True: pass\ntime.sleep(100)"
    )
    assert reason(confined(), spread) == "it ran longer than 0.6 seconds"


def test_a_step_that_waits_too_long(confined, monkeypatch):
    monkeypatch.setattr("autograder.judge.watch.WALL_EXTRA_S", 0.2)
    assert reason(confined(), f"{DEAF}import time\ntime.sleep(100)", 0.1).startswith("it waited")


@pytest.mark.parametrize(
    ("source", "limits", "said"),
    [
        ("for i in range(10**9): pass", {"total_cpu_s": 0.3}, "whole notebook ran longer"),
        ("import time\ntime.sleep(100)", {"total_wall_s": 0.3}, "whole notebook took longer"),
    ],
)
def test_a_submission_that_takes_too_long_in_sum(confined, source, limits, said):
    assert said in reason(confined(**limits), source, 60.0)


def test_memory_eaten_by_many_small_processes(confined):
    many = (
        "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        x = bytearray(b'x') * (100 * 2**20)\n        time.sleep(100)\ntime.sleep(100)"
    )
    said = reason(confined(memory_bytes=512 * MIB), many, 30.0)
    assert said == "its processes used more than 0.5 GiB of memory"


def test_a_submission_that_answers_at_once_for_ever(confined):
    process = confined(total_wall_s=0.5)

    def go_on():
        while True:
            process.run_cell("x = 1", 5.0)

    with pytest.raises(ProcessEndedError, match="the whole notebook took longer"):
        go_on()


def test_what_ended_processes_used_adds_up():
    watch = Watch(Limits(total_cpu_s=10.0))
    watch.note_end(4.0, 100)
    watch.note_end(5.0, 50)
    assert (watch.cpu_s, watch.peak_bytes, watch.exhausted()) == (9.0, 100, None)
    watch.note_end(2.0, 10)
    assert watch.exhausted() == "the whole notebook ran longer than 10 seconds"


def test_a_step_has_its_own_share_of_what_was_used_before():
    watch = Watch(Limits())
    watch.note_end(50.0, 0)
    deadline = Deadline(watch, 1.0)
    assert deadline.passed() is None
    watch.note_end(1.5, 0)
    assert deadline.passed() == "it ran longer than 1 seconds"


def test_all_below_a_process_are_found_and_killed():
    tree = "import subprocess, time\nsubprocess.Popen(['sleep', '60'])\ntime.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", tree])
    deadline = time.monotonic() + 20
    while len(descendants(child.pid)) < 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    pids = {one.pid for one in descendants(os.getpid())}
    (grandchild,) = descendants(child.pid)
    assert {child.pid, grandchild.pid} <= pids
    kill_descendants(child.pid)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
    child.kill()
    child.wait()
    assert descendants(child.pid) == []
