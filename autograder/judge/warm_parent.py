"""The judge's hold on a warm parent: starts it behind its walls, has it fork, ends it.

The warm parent (`autograder.sandbox.warm`) has imported torch once. It is believed: a learner's
process can neither reach nor see it.

Stops: grading without walls unasked; a child that outlives its turn; whatever outlives the judge.
Does not stop: what happens behind the walls; see `autograder.sandbox.bubblewrap`.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Any

import psutil

from autograder.errors import ConfinementError
from autograder.judge.watch import kill_descendants
from autograder.sandbox import bubblewrap
from autograder.sandbox.limits import Limits
from autograder.sandbox.link import MAX_ORDER_BYTES

START_S = 120.0
ORDER_S = 60.0
NATURAL_END_S = 0.2  # for a child whose connection is closed to leave by itself
FORCED_END_S = 10.0  # for the kernel to clear away a namespace full of processes


class WarmParent:
    """A warm parent; a context manager.

    Args:
        unconfined: Start it without walls: for a learner's own notebook on their own machine.

    Raises:
        ConfinementError: This machine has no bubblewrap, or refuses what it needs.
    """

    def __init__(self, *, unconfined: bool = False) -> None:
        self.unconfined = unconfined
        if not unconfined and not bubblewrap.is_available():
            raise ConfinementError(
                "Submissions cannot be confined on this machine: bubblewrap is missing (on Debian "
                "or Ubuntu: apt-get install bubblewrap). Grade in a container that has it, or add "
                "--unconfined if you trust every submission."
            )
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._orders, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_ORDER_BYTES)
        self._scratch = tempfile.mkdtemp(prefix="course-scratch-") if unconfined else ""
        self._imported: set[str] = set()
        self._process, self.pid = self._start(theirs)
        self.base_bytes = psutil.Process(self.pid).memory_info().rss

    def __enter__(self) -> "WarmParent":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self, source: str) -> None:
        """Have it import what a cell of the course imports, once."""
        if source not in self._imported:
            self._imported.add(source)
            self._order({"import": source})

    def fork(self, seed: int, limits: Limits) -> socket.socket:
        """Have it fork a learner's process and give the judge's end of the connection.

        Only one child lives at a time: `reap` comes before the next.
        """
        ours, theirs = socket.socketpair()
        scratch = tempfile.mkdtemp(dir=self._scratch) if self._scratch else ""
        order = {"fork": {"seed": seed, "limits": limits.as_dict(), "scratch": scratch}}
        with theirs:
            socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno()])
        ours.setblocking(False)
        return ours

    def reap(self) -> dict[str, Any]:
        """See the child gone, by force if need be.

        Returns:
            Its exit code, `code`, its processor time, `cpu_s`, and its memory, `peak_bytes`.

        Raises:
            ConfinementError: The warm parent does not answer.
        """
        if not self._answered(NATURAL_END_S):
            # A confined child has a process before it that waits for it and tells how it ended.
            kill_descendants(self.pid, spare_children=not self.unconfined)
        if not self._answered(FORCED_END_S):
            kill_descendants(self.pid)
        ended = self._answer(ORDER_S)
        if self.unconfined:
            kill_descendants(self.pid)
            for name in os.listdir(self._scratch):
                shutil.rmtree(os.path.join(self._scratch, name), ignore_errors=True)
        return ended

    def close(self) -> None:
        """End it and all that is below it."""
        kill_descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        self._orders.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(self, theirs: socket.socket) -> tuple["subprocess.Popen[bytes]", int]:
        """Start the process and give it with the id of the warm parent itself."""
        module = [sys.executable, "-P", "-m", "autograder.sandbox.warm", str(theirs.fileno())]
        command = [*module, "unconfined"]
        if not self.unconfined:
            command = bubblewrap.confined([*module, "confined"])
        environment = {**os.environ, "HOME": self._scratch or bubblewrap.SCRATCH}
        environment["MPLCONFIGDIR"] = environment["TMPDIR"] = environment["HOME"]
        with theirs, tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
            theirs.close()
            try:
                self._answer(START_S)
            except ConfinementError:
                self._orders.close()
                process.kill()
                process.wait()
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip().splitlines()
                raise ConfinementError(_cannot_start(said[-1] if said else "")) from None
        return process, _pid_behind_walls(process.pid)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self._orders.send(json.dumps(order).encode())
        return self._answer(ORDER_S)

    def _answered(self, timeout_s: float) -> bool:
        return bool(select.select([self._orders], [], [], timeout_s)[0])

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        message = self._orders.recv(MAX_ORDER_BYTES) if self._answered(timeout_s) else b""
        if not message:
            raise ConfinementError("The process that runs submissions does not answer.")
        return json.loads(message)


def _pid_behind_walls(pid: int) -> int:
    """Find the warm parent: bubblewrap itself stays before it to wait for it."""
    process = psutil.Process(pid)
    while process.name() == "bwrap":
        (process,) = process.children()
    return process.pid


def _cannot_start(said: str) -> str:
    advice = "The instructor's guide says what a machine must allow."
    return f"Submissions cannot be confined on this machine ({said or 'no reason given'}). {advice}"
