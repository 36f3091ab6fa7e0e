"""Watch a learner's processes from outside and say when they have had enough.

Stops: a step that computes or waits too long, a submission that does so in sum, memory eaten by one
process or by many small ones.
Does not stop: memory taken faster than the watch looks (each process has a limit of its own).
"""

import contextlib
import time
from collections.abc import Iterable

import psutil

from autograder.sandbox.limits import Limits

# The wall clock only catches sleepers: a busy machine must not cost anybody a mark.
WALL_PER_CPU = 4.0
WALL_EXTRA_S = 5.0
REAPING_S = 5.0
GIB = 2**30


class Watch:
    """What one submission has used, over all the processes that it needed.

    Args:
        limits: What it may use.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cpu_s = 0.0
        self.peak_bytes = 0
        self._begun = time.monotonic()
        self._ended_cpu_s = 0.0

    def look(self, parent: int, base_bytes: int) -> str | None:
        """Measure the processes below the warm parent; give what they have too much of, or None.

        Args:
            parent: Process id of the warm parent.
            base_bytes: Memory of the warm parent, which a child has too when it starts.
        """
        cpu_s, memory_bytes = 0.0, 0
        for process in descendants(parent):
            with contextlib.suppress(psutil.Error):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                times = process.cpu_times()
                cpu_s += times.user + times.system + times.children_user + times.children_system
                memory_bytes += _own_bytes(process)
        self.cpu_s = max(self.cpu_s, self._ended_cpu_s + cpu_s)
        self.peak_bytes = max(self.peak_bytes, memory_bytes)
        if memory_bytes > base_bytes + self.limits.memory_bytes:
            return f"its processes used more than {self.limits.memory_bytes / GIB:g} GiB of memory"
        return self.exhausted()

    def exhausted(self) -> str | None:
        """Say which limit of the whole submission is used up, or give None."""
        if self.cpu_s > self.limits.total_cpu_s:
            return f"the whole notebook ran longer than {self.limits.total_cpu_s:g} seconds"
        if time.monotonic() - self._begun > self.limits.total_wall_s:
            return f"the whole notebook took longer than {self.limits.total_wall_s:g} seconds"
        return None

    def note_end(self, cpu_s: float, peak_bytes: int) -> None:
        """Enter what a process that has ended used, as the kernel counted it."""
        # What was seen counts, should the kernel's last word be of less.
        self.cpu_s = self._ended_cpu_s = max(self.cpu_s, self._ended_cpu_s + cpu_s)
        self.peak_bytes = max(self.peak_bytes, peak_bytes)


class Deadline:
    """The end of one step: so much processor time, and a multiple of it on the clock.

    Args:
        watch: Of the submission.
        cpu_s: Processor time that the step may take.
    """

    def __init__(self, watch: Watch, cpu_s: float) -> None:
        self._watch, self._allowed_s = watch, cpu_s
        self._begun_cpu_s, self._begun = watch.cpu_s, time.monotonic()

    def passed(self) -> str | None:
        """Say what was too long, or give None."""
        wall_s = WALL_PER_CPU * self._allowed_s + WALL_EXTRA_S
        if self._watch.cpu_s - self._begun_cpu_s > self._allowed_s:
            return f"it ran longer than {self._allowed_s:g} seconds"
        if time.monotonic() - self._begun > wall_s:
            return f"it waited longer than {wall_s:g} seconds"
        return None


def descendants(parent: int) -> list[psutil.Process]:
    """List the processes below one, however deep; none when it is gone."""
    try:
        return psutil.Process(parent).children(recursive=True)
    except psutil.Error:
        return []


def kill_descendants(parent: int, *, spare_children: bool = False) -> None:
    """End every process below one, and see them gone.

    Args:
        parent: Its process id.
        spare_children: Let its own children live, who will end by themselves.
    """
    deadline = time.monotonic() + REAPING_S
    while left := [
        one
        for one in _alive(descendants(parent))
        if not (spare_children and _parent_of(one) == parent)
    ]:
        if time.monotonic() > deadline:
            return
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=REAPING_S / 10)


def _alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    alive = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    return alive


def _parent_of(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _own_bytes(process: psutil.Process) -> int:
    """Memory of a process, what it shares with others counted by its share where that is told."""
    memory = process.memory_full_info()
    return getattr(memory, "pss", memory.uss)
