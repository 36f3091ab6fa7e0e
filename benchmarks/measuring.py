"""Time, processor time and memory of commands, for the benchmarks that run some side by side."""

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SCRIPTS = Path(sys.executable).parent  # where pip puts `nbgrader` and `course`
SAMPLE_S = 0.1  # between two looks at the memory
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        wall_s: Seconds on the clock.
        cpu_s: Seconds of processor time of all its processes.
    """

    wall_s: float
    cpu_s: float


def run(command: Sequence[object], folder: Path | None = None) -> Cost:
    """Run a command and measure it.

    Raises:
        SystemExit: It failed; its last words are told.
    """
    environment = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s, cpu_s)


@contextlib.contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process and those that it starts on one processor."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(every)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def peak_mib(command: Sequence[str]) -> float:
    """Give the most memory that a command's processes held together, shared pages counted once."""
    most, stopped = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not stopped.wait(SAMPLE_S):
            most = max(
                most, sum(map(proportional_bytes, psutil.Process().children(recursive=True)))
            )

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run(command)
    finally:
        stopped.set()
        watcher.join()
    return most / MIB


def proportional_bytes(process: psutil.Process) -> int:
    """Give a process's own memory and its share of what it has in common with others."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:  # it has ended
        return 0


def spread(values: Sequence[float], form: str) -> str:
    """Write the median, and the range behind it."""
    low, middle, high = (
        form.format(value) for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low}–{high})" if low != high else middle
