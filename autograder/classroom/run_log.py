"""The log of a run of the grader: a file a run, one JSON object a line, beside the marks.

OUT/SLUG/log/20261129T170533.123456-4711.jsonl      time of the start (UTC) and id of the process

Each line has "time", "level" ("info" or "warning") and "event", and what belongs to the event. A
line is written in one go when it happens, so that the log of a run that was killed ends with what
was in flight. Marks depend on none of it, and it holds nothing that learners wrote but their names
and those of their files, made safe for a terminal: a hidden character is shown as what it is.
"""

import contextlib
import json
import logging
import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname

from autograder.classroom.events import EVENTS, note, place_of, warn
from autograder.classroom.folder import ClassFolder
from autograder.errors import CourseError, WorkerDiedError, system_said
from autograder.exit_codes import FOUND, NOT_DONE, STOPPED
from autograder.plain_text import one_line

MAX_RUNS = 100  # logs of a chapter that are kept
MAX_CHARACTERS = 1000  # of a text in a field
_HIDDEN = "***"


class RunLog:
    """What the log says at the end.

    Attributes:
        path: Its file.
        exit_code: With which the command ends, unless an error says another one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exit_code = 0


@contextlib.contextmanager
def run_log(
    folder: ClassFolder, *, secrets: Sequence[str] = (), **about: str | int
) -> Iterator[RunLog]:
    """Write a log while something runs, from "run began" to "run ended".

    Args:
        folder: Where the chapter is graded into.
        secrets: Texts that are never written down, such as a password.
        about: What the first line says of the run.

    Raises:
        OSError: The log cannot be begun.
    """
    log = RunLog(_new_path(folder.chapter / "log"))
    file = _LogFile(log.path, secrets)
    EVENTS.addHandler(file)
    began, why = time.perf_counter(), ""
    try:
        note(
            "run began",
            chapter=folder.slug,
            host=gethostname(),
            pid=os.getpid(),
            python=platform.python_version(),
            **about,
        )
        yield log
    except BaseException as error:
        log.exit_code, why = _end_of(error)
        raise
    finally:
        (warn if why else note)(
            "run ended",
            exit_code=log.exit_code,
            why=why,
            seconds=round(time.perf_counter() - began, 3),
            events=dict(sorted(file.counts.items())),
        )
        EVENTS.removeHandler(file)
        with contextlib.suppress(OSError):  # a full disk, which has had its say
            file.close()


class _LogFile(logging.FileHandler):
    """Writes events as lines and counts them."""

    def __init__(self, path: Path, secrets: Sequence[str]) -> None:
        super().__init__(path, mode="x", encoding="utf-8")
        self.counts: Counter[str] = Counter()
        self._secrets = [secret for secret in secrets if secret]
        self._is_full = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write an event; a line is formatted and written under one lock."""
        self.counts[record.getMessage()] += 1
        if not self._is_full:
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of an event."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= vars(record).get("fields", {})
        return json.dumps(self._safe(line), ensure_ascii=False)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it
        """Write no more, as on a full disk: half a log is better than no marks."""
        self._is_full = True

    def _safe(self, value: object) -> object:
        """Make all texts of plain data safe to look at in a line."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, _HIDDEN)
            return one_line(value, MAX_CHARACTERS)
        if isinstance(value, dict):
            return {self._safe(key): self._safe(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._safe(one) for one in value]
        return value


def _new_path(folder: Path) -> Path:
    """Name a new log, and remove the oldest where there are many."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.jsonl"))[: -(MAX_RUNS - 1)]:
        path.unlink(missing_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return folder / f"{now}-{os.getpid()}.jsonl"


def _end_of(error: BaseException) -> tuple[int, str]:
    """Give the exit code of a command that an error ends, and the reason in a sentence."""
    if isinstance(error, KeyboardInterrupt):
        return STOPPED, "stopped"
    if isinstance(error, CourseError | WorkerDiedError | ModuleNotFoundError):
        return NOT_DONE, str(error)
    if isinstance(error, OSError):
        return NOT_DONE, system_said(error)
    return FOUND, f"{type(error).__name__} at {place_of(error)}"
