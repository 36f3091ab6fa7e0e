"""Judge the answers that the course itself holds: right ones, wrong ones and none."""

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.exercises.base import Exercise
from autograder.exercises.cells import Cells
from autograder.judge import VisibleResult, judge_exercise, run_visible_tests
from autograder.sandbox.agent import Agent

RIGHT = ("solution", "alternative")


@dataclass(frozen=True)
class Row:
    """How one answer of the course's own did.

    Attributes:
        exercise: The exercise.
        kind: "solution", "alternative", "stub" or "misconception".
        answer: Name of the answer.
        points: Points that it got.
        max_points: Points that it could get.
        named: Misconceptions that the verdict named.
        fault: What is wrong with the exercise; empty when nothing is.
    """

    exercise: str
    kind: str
    answer: str
    points: float
    max_points: float
    named: tuple[str, ...]
    fault: str


def judge_answers(exercise: Exercise, cells: Cells, seed: int) -> Iterator[Row]:
    """Judge the solution, the alternatives, the stub and the misconceptions.

    Args:
        exercise: The exercise.
        cells: Its cells.
        seed: Inputs follow from it.
    """
    yield _row(exercise, cells, seed, "solution", exercise.name, cells.solution)
    for answer in exercise.alternatives:
        cell = answer.as_cell(exercise.exports)
        yield _row(exercise, cells, seed, "alternative", answer.name, cell)
    yield _row(exercise, cells, seed, "stub", "untouched", cells.stub)
    for answer in exercise.misconceptions:
        cell = answer.as_cell(exercise.exports)
        yield _row(exercise, cells, seed, "misconception", answer.name, cell)


def _row(exercise: Exercise, cells: Cells, seed: int, kind: str, name: str, cell: str) -> Row:
    """Judge one answer, alone with the given cells."""
    send = Agent(cells.run(cell)).answer
    verdict = judge_exercise(exercise, send, seed, f"{cells.given_source}\n{cell}")
    visible = run_visible_tests(cells.tests, exercise, send, cells.given)
    named = tuple(found.name for found in verdict.misconceptions)
    full = verdict.points == verdict.max_points
    if kind in RIGHT:
        fault = _fault_of_right(full, verdict.as_text(), named, visible)
    elif kind == "stub":
        fault = _fault_of_stub(verdict.points, visible)
    else:
        fault = _fault_of_wrong(name, full, named, verdict.reason)
    return Row(exercise.name, kind, name, verdict.points, verdict.max_points, named, fault)


def _fault_of_right(full: bool, text: str, named: tuple[str, ...], visible: VisibleResult) -> str:
    if not full:
        return f"is right, and does not get all points:\n{text}"
    if named:
        return f"is right, and is taken for {', '.join(named)}"
    return "" if visible.passed else f"is right, and fails the visible tests:\n{visible.message}"


def _fault_of_stub(points: float, visible: VisibleResult) -> str:
    if points:
        return f"gets {points:g} points for nothing"
    return "passes the visible tests" if visible.passed else ""


def _fault_of_wrong(name: str, full: bool, named: tuple[str, ...], reason: str) -> str:
    if full:
        return "is wrong, and gets all points"
    if reason:
        return f"was not judged: {reason}"
    if named != (name,):
        return f"is taken for {' and '.join(named) or 'no known mistake'}"
    return ""
