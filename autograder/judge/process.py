"""A learner's process as the judge sees it: something that may answer, badly, late or never.

Stops:
- a reply that is too long, too late, cut short, out of turn or not one of ours: the process is
  ended and its request has no answer;
- a process that dies: the judge goes on, and says how it died;
- output and pictures that are too large or no pictures.
Does not stop: an answer that the learner's code wrote in the agent's place; it counts as theirs.
"""

import select
import signal
import struct
from dataclasses import dataclass

from autograder.judge.warm_parent import WarmParent
from autograder.judge.watch import Deadline, Watch
from autograder.sandbox.cells import MAX_MESSAGE_CHARACTERS, MAX_OUTPUT_CHARACTERS
from autograder.sandbox.link import CALL, CELL, HEADER, pack
from autograder.sandbox.plots import MAX_PLOTS
from autograder.sandbox.wire import WireError, decode, encode

MAX_REPLY_BYTES = 64 << 20
POLL_S = 0.05
# A step is first given up politely, inside; the process is ended only when that fails.
HARD_PER_POLITE = 1.5
MAX_PLOT_BYTES = 300_000
MAX_PLOT_PIXELS = 4_000  # a side
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MARGIN_CHARACTERS = 200  # that the learner's side adds to what it cut


class ProcessEndedError(EOFError):
    """The learner's process is no more; the message says why."""


class UnaskedReplyError(ProcessEndedError):
    """It had sent a reply too many, to an earlier request: this one may be made again elsewhere."""


@dataclass(frozen=True)
class CellReply:
    """What a process said of a cell that it ran; see `autograder.sandbox.cells.CellOutcome`."""

    text: str
    error: str
    plots: tuple[bytes, ...]


class LearnersProcess:
    """One learner's process, from fork to end.

    Args:
        parent: The warm parent; it has no other child.
        watch: Of the submission.
        seed: Seeds the global generators there.
    """

    def __init__(self, parent: WarmParent, watch: Watch, seed: int) -> None:
        self._parent, self._watch = parent, watch
        self._connection = parent.fork(seed, watch.limits)
        self._number = 0
        self.ended = ""

    def run_cell(self, source: str, cpu_s: float) -> CellReply:
        """Run a cell.

        Raises:
            ProcessEndedError: It did not come to an end of its own.
        """
        body = encode({"source": source, "cpu_s": cpu_s})
        return _cell_reply(self.ask(CELL, body, cpu_s))

    def call(self, request: bytes, cpu_s: float) -> bytes:
        """Pass on a call (`autograder.sandbox.agent`) and give the answer.

        Raises:
            ProcessEndedError: There is none.
        """
        return self.ask(CALL, request, cpu_s)

    def ask(self, kind: int, body: bytes, cpu_s: float) -> bytes:
        """Send a request and wait for its reply.

        Raises:
            ProcessEndedError: There is none; the process has been ended.
        """
        if not self.ended and (reason := self._watch.exhausted()):
            self.end(reason)
        if self.ended:
            raise ProcessEndedError(self.ended)
        self._number += 1
        deadline = Deadline(self._watch, HARD_PER_POLITE * cpu_s)
        try:
            self._send(pack(kind, self._number, body), deadline)
            return self._receive(kind, deadline)
        except _UnaskedError as reason:
            self.end(str(reason))
            raise UnaskedReplyError(self.ended) from None
        except _GiveUpError as reason:
            self.end(str(reason))
        except OSError:
            self.end("")
        raise ProcessEndedError(self.ended) from None

    def end(self, reason: str = "") -> None:
        """End the process and all that it started.

        Args:
            reason: Why; by default it is told from how the process ended.
        """
        if not self.ended:
            self._connection.close()
            last = self._parent.reap()
            self._watch.note_end(last["cpu_s"], last["peak_bytes"])
            self.ended = reason or _last_words(last["code"])

    def _send(self, message: bytes, deadline: Deadline) -> None:
        left = memoryview(message)
        while left:
            if self._wait(deadline, writing=True):
                left = left[self._connection.send(left) :]

    def _receive(self, kind: int, deadline: Deadline) -> bytes:
        header = self._read(HEADER.size, deadline)
        seen_kind, number, length = HEADER.unpack(header)
        if (seen_kind, number) != (kind, self._number):
            raise _UnaskedError("it sent an answer that nobody had asked for")
        if length > MAX_REPLY_BYTES:
            raise _GiveUpError("it sent more than the grader reads")
        return self._read(length, deadline)

    def _read(self, n_bytes: int, deadline: Deadline) -> bytes:
        data = bytearray()
        while len(data) < n_bytes:
            if self._wait(deadline, writing=False):
                part = self._connection.recv(min(n_bytes - len(data), 1 << 20))
                if not part:
                    raise ConnectionResetError
                data += part
        return bytes(data)

    def _wait(self, deadline: Deadline, *, writing: bool) -> bool:
        """Wait a little for the connection; look at the processes when nothing came."""
        mine = [self._connection]
        ready = select.select([] if writing else mine, mine if writing else [], [], POLL_S)
        if ready[0] or ready[1]:
            reason = deadline.passed()  # a reply that comes drop by drop is late all the same
        else:
            reason = self._watch.look(self._parent.pid, self._parent.base_bytes)
            reason = reason or deadline.passed()
        if reason:
            raise _GiveUpError(reason)
        return bool(ready[0] or ready[1])


class _GiveUpError(Exception):
    """The judge waits no longer; the message says why."""


class _UnaskedError(_GiveUpError):
    """A reply came that is not the one that was asked for."""


def _cell_reply(reply: bytes) -> CellReply:
    """Read what a process says of a cell; whatever it is, it becomes text and pictures."""
    try:
        said = decode(reply)
    except WireError:
        said = None
    if not isinstance(said, dict):
        return CellReply("", "What the cell gave cannot be shown.", ())
    plots = said.get("plots")
    pictures = [plot for plot in plots if is_picture(plot)] if isinstance(plots, list) else []
    return CellReply(
        _text(said.get("text"), MAX_OUTPUT_CHARACTERS),
        _text(said.get("error"), MAX_MESSAGE_CHARACTERS),
        tuple(pictures[:MAX_PLOTS]),
    )


def _text(said: object, most: int) -> str:
    return said[: most + MARGIN_CHARACTERS] if isinstance(said, str) else ""


def is_picture(data: object) -> bool:
    """Tell whether something looks like a PNG file of a sane size."""
    if not isinstance(data, bytes) or len(data) > MAX_PLOT_BYTES:
        return False
    if not data.startswith(PNG_SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 24:  # noqa: PLR2004
        return False
    width, height = struct.unpack(">II", data[16:24])
    return 0 < width <= MAX_PLOT_PIXELS and 0 < height <= MAX_PLOT_PIXELS


def _last_words(code: int) -> str:
    """Say how a process ended, its connection being closed."""
    number = -code if code < 0 else code - 128
    if number in set(signal.Signals):
        if number == signal.SIGKILL:
            return "it cut the line to the grader, or its process was killed"
        return f"its process was ended by {signal.Signals(number).name}"
    return f"its process ended early, with exit code {code}"
