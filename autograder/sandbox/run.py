"""Run work on a learner's code in a forked child with limits.

Stops:
- a loop without end, in a cell or in a judged function: the child is killed;
- sleeping, waiting for input or for a network answer: the same, by the clock on the wall;
- a process that dies (`os._exit`, a crash in C): what it had said until then counts;
- a process that eats memory: allocations fail at a limit;
- endless output, to Python's or to the operating system's streams;
- files larger than a limit, and files left in the working directory: it is a scratch folder;
- child processes that stay in their session: they die with it.

Does not stop (a later form will, with namespaces and a judge in another process):
- reading any file that the grader may read, its checks among them;
- writing or deleting any file that the grader may write, other submissions among them;
- the network;
- child processes that leave the session (`os.setsid`), and more processes than the machine bears;
- forging a verdict: the judge runs in the same process as the learner's code;
- a switch to another user, or anything else that root may do, when the grader runs as root.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import psutil
import torch

Event = dict[str, Any]
Emit = Callable[..., None]

POLL_S = 0.05
# The wall clock only catches sleepers: a busy machine must not cost anybody a mark.
WALL_PER_CPU = 4.0
WALL_EXTRA_S = 5.0
MAX_EVENT_BYTES = 16 * 2**20
DONE = "done"  # told last: leaving early with exit code 0 is no way to finish
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may use.

    Attributes:
        total_cpu_s: Processor time of the child over all its steps.
        memory_bytes: Address space beyond what the warm parent has.
        file_bytes: Largest file that it may write.
    """

    total_cpu_s: float = 120.0
    memory_bytes: int = 4 * 2**30
    file_bytes: int = 64 * 2**20


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        step: The step that it was in.
        reason: Why it was stopped or died, in words; "" when it finished.
        cpu_s: Processor time that it used.
    """

    step: int
    reason: str
    cpu_s: float


def run_confined(
    work: Callable[[Emit], None], step_cpu_s: Callable[[int], float], limits: Limits
) -> Iterator[Event | Ended]:
    """Run `work(emit)` in a forked child and pass on what it emits.

    Args:
        work: Calls `emit("begin", step=i)` before step i and `emit(kind, …)` for each result.
        step_cpu_s: Processor time that a step may take.
        limits: What the child may use.

    Yields:
        The emitted events as they come, and last how the child ended.
    """
    reading, writing = os.pipe()
    scratch = tempfile.mkdtemp(prefix="course-scratch-")
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _child(work, writing, scratch, limits)
    os.close(writing)
    child = _Child(pid)
    try:
        yield from _watch(child, reading, step_cpu_s, limits.total_cpu_s)
    finally:
        os.close(reading)
        child.end()
        shutil.rmtree(scratch, ignore_errors=True)


def _child(work: Callable[[Emit], None], writing: int, scratch: str, limits: Limits) -> NoReturn:
    """Confine this process, do the work, and leave without the parent's clean-up code."""
    code = 1
    try:
        # The threads that the parent computes with were not forked along: to wait for them would
        # be to wait for ever.
        torch.set_num_threads(1)
        _confine(writing, scratch, limits)
        with os.fdopen(writing, "w", encoding="utf-8") as events:

            def emit(kind: str, **fields: object) -> None:
                events.write(json.dumps({"kind": kind, **fields}) + "\n")
                events.flush()

            work(emit)
            emit(DONE)
        code = 0
    finally:
        os._exit(code)


def _confine(keep: int, scratch: str, limits: Limits) -> None:
    os.setsid()
    if sys.platform == "linux":  # do not outlive the parent
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch, IPYTHONDIR=os.path.join(scratch, ".ipython"))
    tempfile.tempdir = None
    memory = psutil.Process().memory_info().vms + limits.memory_bytes
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _watch(
    child: "_Child", reading: int, step_cpu_s: Callable[[int], float], total_cpu_s: float
) -> Iterator[Event | Ended]:
    """Pass on the child's events; end it when a step or the whole takes too long."""
    step, cpu, begun_cpu, begun, done = 0, 0.0, 0.0, time.monotonic(), False
    allowed = step_cpu_s(0)
    lines = _Lines(reading)
    reason = None
    while reason is None:
        events = lines.wait(POLL_S)
        if events is None:
            break
        cpu = max(cpu, child.cpu_s())
        for event in events:
            if event.get("kind") == "begin":
                step, begun_cpu, begun = int(event["step"]), cpu, time.monotonic()
                allowed = step_cpu_s(step)
            done = event.get("kind") == DONE
            if not done:
                yield event
        if lines.n_bytes > MAX_EVENT_BYTES:
            reason = "its process reported more than the grader can read"
        elif cpu - begun_cpu > allowed:
            reason = f"it ran longer than {allowed:g} seconds"
        elif time.monotonic() - begun > WALL_PER_CPU * allowed + WALL_EXTRA_S:
            reason = f"it waited longer than {WALL_PER_CPU * allowed + WALL_EXTRA_S:g} seconds"
        elif cpu > total_cpu_s:
            reason = f"the whole notebook ran longer than {total_cpu_s:g} seconds"
    if reason is None:
        reason = child.last_words() or ("" if done else "its process ended early")
    yield Ended(step, reason, cpu)


class _Lines:
    """JSON lines from a pipe whose writer may stop in the middle of one."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.n_bytes = 0
        self._rest = b""

    def wait(self, timeout_s: float) -> list[Event] | None:
        """Give the events that came within the time, or None when the writer is gone."""
        if not select.select([self.descriptor], [], [], timeout_s)[0]:
            return []
        data = os.read(self.descriptor, 1 << 16)
        if not data:
            return None
        self.n_bytes += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines if (event := _parse(line)) is not None]


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


class _Child:
    """A forked process that is reaped once."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit_code: int | None = None

    def cpu_s(self) -> float:
        """Processor time so far; 0 when it can no longer be told."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

    def last_words(self) -> str:
        """Say how it ended, its pipe being closed; "" when it finished."""
        deadline = time.monotonic() + WALL_EXTRA_S
        while self._exit_code is None and time.monotonic() < deadline:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self._exit_code = os.waitstatus_to_exitcode(status)
            time.sleep(POLL_S / 10)
        if self._exit_code is None:
            return "it cut the line to the grader"
        if self._exit_code < 0:
            return f"its process was ended by {signal.Signals(-self._exit_code).name}"
        return (
            f"its process ended early, with exit code {code}" if (code := self._exit_code) else ""
        )

    def end(self) -> None:
        """Kill it and what it started, and reap it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
