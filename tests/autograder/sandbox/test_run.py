"""Each line of "Stops" in `autograder.sandbox.run` is attacked here."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.sandbox import run
from autograder.sandbox.run import Ended, Limits, run_confined

SECOND = 1.0


def watch(work, step_cpu_s=SECOND, **limits):
    """Run the work; give what it emitted and how it ended."""
    *events, ended = run_confined(work, lambda step: step_cpu_s, Limits(**limits))
    assert isinstance(ended, Ended)
    return events, ended


def test_what_is_emitted_arrives_in_order_and_the_end_is_clean():
    def work(emit):
        emit("begin", step=0)
        for number in range(3):
            emit("number", value=number, text="ä\n")

    events, ended = watch(work)
    assert [event["kind"] for event in events] == ["begin", "number", "number", "number"]
    assert events[-1] == {"kind": "number", "value": 2, "text": "ä\n"}
    assert ended.reason == ""


def test_a_loop_without_end_is_stopped_in_its_step():
    def work(emit):
        emit("begin", step=0)
        emit("begin", step=1)
        while True:
            pass

    _, ended = watch(work, step_cpu_s=0.3)
    assert ended.step == 1
    assert ended.reason == "it ran longer than 0.3 seconds"
    assert ended.cpu_s >= 0.3


def test_sleeping_is_stopped_by_the_clock_on_the_wall(monkeypatch):
    monkeypatch.setattr(run, "WALL_EXTRA_S", 0.2)

    def work(emit):
        emit("begin", step=0)
        time.sleep(3600)

    _, ended = watch(work, step_cpu_s=0.1)
    assert ended.reason.startswith("it waited longer than")


def test_waiting_for_input_gets_none():
    def work(emit):
        emit(
            "read", text=sys.stdin.read() if not sys.stdin.closed else "", raw=os.read(0, 10).hex()
        )

    events, ended = watch(work)
    assert ended.reason != "" or events[0]["raw"] == ""


def test_the_whole_has_a_limit_too():
    def work(emit):
        for step in range(1000):
            emit("begin", step=step)
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass

    _, ended = watch(work, step_cpu_s=5.0, total_cpu_s=0.5)
    assert ended.reason == "the whole notebook ran longer than 0.5 seconds"


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        (lambda: os._exit(3), "its process ended early, with exit code 3"),
        (lambda: os._exit(0), "its process ended early"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "its process was ended by SIGSEGV"),
        (lambda: sys.exit(0), "its process ended early, with exit code 1"),
    ],
)
def test_a_process_that_dies_keeps_what_it_had_said(death, reason):
    def work(emit):
        emit("begin", step=4)
        emit("said", this=1)
        death()

    events, ended = watch(work)
    assert events[-1] == {"kind": "said", "this": 1}
    assert ended == Ended(4, reason, ended.cpu_s)


def test_memory_runs_out_for_the_child_alone():
    def work(emit):
        try:
            bytearray(600 * 2**20)
        except MemoryError:
            emit("refused")

    events, ended = watch(work, memory_bytes=400 * 2**20)
    assert [event["kind"] for event in events] == ["refused"]
    assert ended.reason == ""


def test_a_flood_of_events_is_cut_off(monkeypatch):
    monkeypatch.setattr(run, "MAX_EVENT_BYTES", 2**20)

    def work(emit):
        while True:
            emit("flood", text="x" * 10_000)

    events, ended = watch(work, step_cpu_s=30.0)
    assert "more than the grader can read" in ended.reason
    assert len(events) < 300


def test_output_to_the_systems_streams_goes_nowhere(capfd):
    def work(emit):
        os.write(1, b"x" * 100_000)
        os.write(2, b"x" * 100_000)
        emit("after")

    events, _ = watch(work)
    assert events == [{"kind": "after"}]
    assert capfd.readouterr() == ("", "")


def test_files_are_limited_and_the_working_directory_is_scratch():
    before = Path.cwd()

    def work(emit):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        written = 0
        try:
            with open("big", "wb") as file:
                for _ in range(100):
                    written += file.write(b"x" * 10_000)
                    file.flush()
        except OSError:
            emit("refused", written=written)
        emit("where", cwd=os.getcwd(), home=os.environ["HOME"])

    events, _ = watch(work, file_bytes=50_000)
    refused, where = events
    assert refused["written"] <= 60_000
    assert where["cwd"] != str(before)
    assert where["home"] == where["cwd"]
    assert not Path(where["cwd"]).exists()
    assert Path.cwd() == before


def test_children_left_behind_die_with_the_session():
    def work(emit):
        child = subprocess.Popen(["sleep", "1000"])
        emit("child", pid=child.pid)

    events, _ = watch(work)
    pid = events[0]["pid"]
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the child of the child is still alive"
        time.sleep(0.02)


def test_a_line_that_is_no_event_is_passed_over():
    def work(emit):
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b"not json\n[1]\n")
            except OSError:
                continue
        emit("after")

    events, _ = watch(work)
    assert events == [{"kind": "after"}]


def test_nothing_is_left_of_a_run_that_the_caller_gives_up():
    def work(emit):
        emit("pid", pid=os.getpid())
        time.sleep(3600)

    running = run_confined(work, lambda step: 60.0, Limits())
    pid = next(running)["pid"]
    running.close()
    assert not psutil.pid_exists(pid)


PARENT_OF_TWO_THREADS = """
import torch
from autograder.sandbox.run import Limits, run_confined

torch.set_num_threads(2)
numbers = torch.ones(1000, 1000)
numbers.exp().sum()  # starts the threads

def work(emit):
    emit("begin", step=0)
    emit("sum", value=numbers.exp().sum().item())

*_, ended = run_confined(work, lambda step: 5.0, Limits())
print(repr(ended.reason))
"""


def test_a_parent_that_computes_with_threads_does_not_make_the_child_wait():
    done = subprocess.run(
        [sys.executable, "-c", PARENT_OF_TWO_THREADS], capture_output=True, text=True, check=True
    )
    assert done.stdout == "''\n"
