"""Keeps what the long tests of `make test-full` found, as a table with the date and the commit.

A plugin of pytest: `-p tests.full_run`. The table, `tests/full_run.md`, is committed: a newcomer
sees when what `make test` leaves out last passed, and how long it takes. A run that is broken off
writes nothing.
"""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.files import write_if_changed

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "full_run.md"
DEPTH = 3  # folders to a part: tests/book/epub
WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


@dataclass(frozen=True)
class Ran:
    """What happened to one test.

    Attributes:
        test: Its id, which begins with its file.
        outcome: "passed", "failed" or "skipped".
        seconds: How long it took, with making ready and clearing away.
        reason: Why it was skipped.
    """

    test: str
    outcome: str
    seconds: float
    reason: str = ""

    @property
    def part(self) -> str:
        """The folder that it is in, three deep at most."""
        return "/".join(Path(self.test.partition("::")[0]).parent.parts[:DEPTH])


class Recorder:
    """Gathers the steps of each test (made ready, run, cleared away)."""

    def __init__(self) -> None:
        self._steps: dict[str, list[pytest.TestReport]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a step."""
        self._steps.setdefault(report.nodeid, []).append(report)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the table, if the run came to its end."""
        if exitstatus in WHOLE:
            now = datetime.now(UTC).date().isoformat()
            text = as_table(self.ran(), now, commit(), f"{os.cpu_count()} processors")
            write_if_changed(TABLE, text)

    def ran(self) -> list[Ran]:
        """Return one entry a test."""
        return [_put_together(test, steps) for test, steps in self._steps.items()]


def pytest_configure(config: pytest.Config) -> None:
    """Listen in the process that all reports come to."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())


def commit() -> str:
    """Say which commit is tested, and whether something was changed since."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short", "HEAD") + (", with changes" if changed else "")


def as_table(ran: Sequence[Ran], date: str, tested: str, machine: str) -> str:
    """Write down a run.

    Args:
        ran: The tests.
        date: When.
        tested: Of which commit.
        machine: On what.

    Returns:
        A table in Markdown, a line for each part of the suite; under it what failed and why what
        was skipped was.
    """
    parts = {part: [one for one in ran if one.part == part] for part in {one.part for one in ran}}
    lines = [
        "# The last run of `make test-full`",
        "",
        f"What `make test` leaves out: {date}, commit {tested}, {machine}, Python "
        f"{platform.python_version()}. Written by the run itself; minutes are those of all "
        "processes together.",
        "",
        "| Part | Passed | Failed | Skipped | Minutes |",
        "|---|--:|--:|--:|--:|",
        *(_row(part, parts[part]) for part in sorted(parts)),
        _row("**all**", ran),
    ]
    failed = sorted(one.test for one in ran if one.outcome == "failed")
    reasons = sorted({one.reason for one in ran if one.reason})
    lines += _listed("Failed", [f"`{one}`" for one in failed]) + _listed("Skipped", reasons)
    return "\n".join(lines) + "\n"


def _listed(title: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return ["", f"{title}: none."]
    return ["", f"{title}:", "", *(f"- {entry}" for entry in entries)]


def _row(part: str, ran: Sequence[Ran]) -> str:
    outcomes = [one.outcome for one in ran]
    counts = [f"{outcomes.count(outcome):,}" for outcome in ("passed", "failed", "skipped")]
    minutes = f"{sum(one.seconds for one in ran) / 60:.1f}"
    return f"| {' | '.join([part, *counts, minutes])} |"


def _put_together(test: str, steps: Sequence[pytest.TestReport]) -> Ran:
    outcomes = {step.outcome for step in steps}
    [outcome, *_] = [one for one in ("failed", "skipped", "passed") if one in outcomes]
    reason = next((step.longrepr[2] for step in steps if isinstance(step.longrepr, tuple)), "")
    return Ran(
        test,
        outcome,
        sum(step.duration for step in steps),
        reason.removeprefix("Skipped: "),
    )
