"""Run the visible tests of a notebook with the learner's functions as proxies.

The cell is ours, taken from the source and never from a submission, and runs on the judge's side.

Stops: tests that the learner has changed, or functions that would change the tests.
Does not stop: an answer made for these few inputs; the hidden checks draw others.
"""

import contextlib
import io
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.exercises.base import Exercise
from autograder.exercises.expect import told_of_change
from autograder.judge.calls import CallError
from autograder.judge.exchange import Send
from autograder.judge.learner import Learner, learner_of
from autograder.plain_text import one_line

CELL = "<visible tests>"
MAX_CALL_CHARACTERS = 200
HIDDEN_BEGIN = "### BEGIN HIDDEN TESTS"
HIDDEN_END = "### END HIDDEN TESTS"


@dataclass(frozen=True)
class VisibleResult:
    """How the visible tests went.

    Attributes:
        passed: Whether all passed.
        message: What the cell printed, and what failed, as the learner would see it.
        is_endless: Whether it failed because a call gave no answer in time.
    """

    passed: bool
    message: str
    is_endless: bool = False


def run_visible_tests(
    source_of_test_cell: str,
    exercise: Exercise,
    send: Send,
    namespace_of_given: Mapping[str, Any],
) -> VisibleResult:
    """Run the visible tests of an exercise.

    Args:
        source_of_test_cell: The locked cell; its hidden region is left out.
        exercise: The exercise.
        send: As for `judge_exercise`.
        namespace_of_given: What the given cells define on the judge's side.
    """
    source = without_hidden_tests(source_of_test_cell)
    learner = learner_of(exercise, send)
    namespace = dict(namespace_of_given)
    namespace |= {name: getattr(learner, name) for name in exercise.exports}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(source, CELL, "exec"), namespace)
        _expect_inputs_unchanged(learner)
    except CallError as failed:
        # Caught apart: what the learner's function raised says nothing of how it was called.
        told = f"✗ {_call_of(failed, source)}: {failed}"
        is_endless = failed.outcome.kind == "timeout"
        return VisibleResult(False, printed.getvalue() + told, is_endless)
    except AssertionError as failed:
        return VisibleResult(False, f"{printed.getvalue()}✗ {failed}")
    except Exception as error:
        told = f"✗ {_line_of(error, source)}: {type(error).__name__}: {error}"
        # The commonest reason, and the words of Python do not name it.
        hint = " (is a `return` missing?)" if "NoneType" in str(error) else ""
        return VisibleResult(False, f"{printed.getvalue()}{told}{hint}")
    return VisibleResult(True, printed.getvalue().rstrip("\n"))


def _expect_inputs_unchanged(learner: Learner) -> None:
    """Refuse what the cell sees in the learner's own process alone: here a call gets copies.

    Raises:
        AssertionError: A call changed what it was handed; the message shows it.
    """
    for call in learner.calls:
        if call.changed_arguments:
            made = one_line(str(call), MAX_CALL_CHARACTERS)
            raise AssertionError(f"{made}: {told_of_change(call.changed_arguments)}")


def without_hidden_tests(source: str) -> str:
    """Leave out the lines between the marks of a hidden region."""
    kept, hidden = [], False
    for line in source.splitlines():
        if line.strip() == HIDDEN_BEGIN:
            hidden = True
        if not hidden:
            kept.append(line)
        if line.strip() == HIDDEN_END:
            hidden = False
    return "\n".join(kept) + "\n"


def _line_of(error: Exception, source: str) -> str:
    """Give the line of the test cell that an error comes from."""
    lines = source.splitlines()
    frames = _frames_of(error)
    return lines[(frames[-1].lineno or 1) - 1].strip().rstrip(",") if frames else "the test cell"


def _call_of(error: CallError, source: str) -> str:
    """Give the call in the test cell that an error comes from, as it stands there."""
    frames = _frames_of(error)
    if not frames:
        return "the test cell"
    frame = frames[-1]
    first, last = frame.lineno or 1, frame.end_lineno or frame.lineno or 1
    lines = [line.encode() for line in source.splitlines()[first - 1 : last]]
    lines[-1] = lines[-1][: frame.end_colno]  # columns count bytes
    lines[0] = lines[0][frame.colno or 0 :]
    return one_line(b" ".join(line.strip() for line in lines).decode(), MAX_CALL_CHARACTERS)


def _frames_of(error: Exception) -> list[traceback.FrameSummary]:
    found = traceback.extract_tb(error.__traceback__)
    return [frame for frame in found if frame.filename == CELL]
