"""Run `course grade` in a process of its own and end it with SIGKILL.

Run as a program it ends itself: `python -m tests.load.kill MODULE:NAME N grade …` is `course
grade …` that dies just before the Nth call of a function.
"""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 1800.0  # hundreds of submissions, some of which use all of their time


def grade(arguments: list[str], killed_before: tuple[str, int] | None = None) -> int:
    """Run `course grade`, which may kill itself, to its end.

    Returns:
        Its exit code, negative for a signal.
    """
    module = ["autograder.cli"]
    if killed_before:
        module = ["tests.load.kill", killed_before[0], str(killed_before[1])]
    command = [sys.executable, "-m", *module, *arguments]
    return subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, timeout=PATIENCE_S
    ).returncode


def grade_until(arguments: list[str], results: Path, n_results: int, delay_s: float) -> list[int]:
    """Run `course grade` and kill it when there are so many results, or a little later.

    Returns:
        Ids of the processes that it had started and that have not gone with it.
    """
    command = [sys.executable, "-m", "autograder.cli", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and len(list(results.glob("*.json"))) < n_results:
        assert time.monotonic() < deadline, "no result came"
        time.sleep(0.005)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay_s)
    below = _descendants(process.pid)
    process.kill()
    process.wait()
    return [one.pid for one in psutil.wait_procs(below, timeout=10)[1]]


def interrupt(arguments: list[str], results: Path) -> tuple[int, str, list[int]]:
    """Run `course grade` and press Ctrl-C after the first result: all below it get the signal.

    Returns:
        Its exit code, what it said on standard error, and the processes that it left.
    """
    command = [sys.executable, "-m", "autograder.cli", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not list(results.glob("*.json")):
        time.sleep(0.005)
    below = _descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, complaints = process.communicate(timeout=PATIENCE_S)
    return process.returncode, complaints, [p.pid for p in psutil.wait_procs(below, timeout=10)[1]]


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:  # it was done before it could be killed
        return []


def _die_before(name: str, nth: int) -> None:
    module, _, path = name.partition(":")
    owner = importlib.import_module(module)
    *outer, last = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    real, calls = getattr(owner, last), []

    def dying(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    setattr(owner, last, dying)


if __name__ == "__main__":
    from autograder.cli import main

    _die_before(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:])
