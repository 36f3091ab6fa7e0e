"""What happens in a run of the grader, told as it happens; `run_log` writes it down.

    note("begun", learner="ada", worker=4711)

Whoever listens gets the words and the fields. Where nobody does, telling costs next to nothing. No
field holds what a learner wrote or what came back of it: names of exercises, items and known
mistakes are the course's own words.
"""

import logging
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.files import ROOT
from autograder.grading import Measurement
from autograder.result import Result

EVENTS = logging.getLogger("course.run")
EVENTS.propagate = False  # these are no messages for a terminal
EVENTS.setLevel(logging.INFO)
EVENTS.addHandler(logging.NullHandler())


def note(event: str, /, **fields: object) -> None:
    """Tell that something has happened.

    Args:
        event: What, in a word or two.
        fields: Plain data, as JSON has it.
    """
    EVENTS.info(event, extra={"fields": fields})


def warn(event: str, /, **fields: object) -> None:
    """Tell that something has happened that should not; see `note`."""
    EVENTS.warning(event, extra={"fields": fields})


def note_result(result: Result, took: Measurement | None = None, *, again: bool = False) -> None:
    """Tell what came of a submission: "graded", or "unreadable" or "not graded" with the reason.

    Args:
        result: Its marks.
        took: What grading it took, where it was run.
        again: The trouble was the grader's own, and the next run tries again.
    """
    if again:  # why was told when it happened, and the reason may quote what a learner wrote
        warn("not graded", learner=result.learner)
        return
    if result.reason:
        warn("unreadable", learner=result.learner, reason=result.reason)
        return
    fields: dict[str, Any] = {
        "learner": result.learner,
        "points": result.points,
        "of": result.max_points,
        "awaiting": result.awaiting,
        "mended": len(result.repairs),
        "cells_stopped": sum(bool(cell.error) for cell in result.cells),
        "lost": _lost(result),
    }
    note("graded", **fields, **({} if took is None else _rounded(took)))


def note_death(learner: str, attempt: int, reason: str) -> None:
    """Tell that a grading process ended in the middle of a submission."""
    warn("worker died", learner=learner, attempt=attempt, reason=reason)


def note_trouble(learner: str, error: Exception) -> None:
    """Tell of a fault of the grader's own: its kind and its place.

    Its message is left out, which may quote what a learner wrote.
    """
    warn("trouble", learner=learner, error=type(error).__name__, at=place_of(error))


def place_of(error: BaseException) -> str:
    """Say where an error was raised: the last line of the course's own on the way."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if Path(one.filename).is_relative_to(ROOT / "autograder")]
    if not ours:
        return ""
    return f"{Path(ours[-1].filename).relative_to(ROOT).as_posix()}:{ours[-1].lineno}"


def _lost(result: Result) -> dict[str, Any]:
    """Say, by exercise, where points were lost."""
    return {
        one.exercise: {
            "points": one.points,
            "of": one.max_points,
            "judged": not one.reason,
            "failed": [item.name for item in one.items if not item.passed],
            "mistakes": [mistake.name for mistake in one.misconceptions],
        }
        for one in result.verdicts
        if one.points < one.max_points
    }


def _rounded(took: Measurement) -> dict[str, Any]:
    plain = asdict(took)
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in plain.items()}
