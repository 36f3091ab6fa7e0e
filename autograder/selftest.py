"""Test the exercises themselves: what is right passes, what is wrong fails and is named.

For every exercise the chapter's own solution and the right answers in other styles must get all
points and pass the visible tests, the untouched stub must get none and fail them, and every
misconception must lose points and be named, alone.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table

from autograder.errors import CourseError
from autograder.exercises.base import Chapter, Exercise, WrittenAnswer, load_chapter
from autograder.judge import VisibleResult, judge_exercise, run_visible_tests
from autograder.sandbox.agent import Agent
from autograder.source import chapter_slugs, read_chapter, student_notebook

AUTOGRADED_POINTS = 90
WRITTEN_POINTS = 10
SEED = 2017


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


@dataclass(frozen=True)
class SelftestReport:
    """How the answers to a chapter's exercises did.

    Attributes:
        chapter: Slug of the chapter.
        rows: One an answer.
        faults: Everything that is wrong, one sentence each.
    """

    chapter: str
    rows: tuple[Row, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Texts:
    """The cells of a chapter that belong to one exercise, and what the given ones define."""

    solution: str
    stub: str
    tests: str
    given: Mapping[str, Any]
    given_source: str


def selftest(chapter: str, exercise: str | None = None, seed: int = SEED) -> SelftestReport:
    """Run every answer that the course itself holds through the judge.

    Args:
        chapter: The chapter, such as `ch02` or `ch02_self_attention`.
        exercise: One exercise; by default all that are autograded.
        seed: Inputs follow from it.

    Raises:
        CourseError: There is no such chapter or exercise.
        ChapterError: The chapter's text does not fit its exercises.
    """
    slug = _slug(chapter)
    exercises = load_chapter(slug)
    try:
        chosen = exercises.exercise(exercise) if exercise else None
    except ValueError as error:
        raise CourseError(str(error)) from None
    if isinstance(chosen, WrittenAnswer):
        raise CourseError(f"{exercise} is a written answer: there is nothing to run")
    notebook = read_chapter(slug)
    students = student_notebook(notebook)
    rows = []
    with _one_thread():
        for one in (chosen,) if chosen else exercises.autograded:
            rows += _rows(one, _texts(notebook, students, one), seed)
    faults = [f"{row.exercise}: {row.answer} {row.fault}" for row in rows if row.fault]
    return SelftestReport(slug, tuple(rows), (*_faults_of_points(exercises), *faults))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table a chapter.

    Args:
        arguments: A chapter and one of its exercises, both optional.

    Returns:
        0 when nothing is wrong, else 1.
    """
    chapter, exercise, *_ = [*(sys.argv[1:] if arguments is None else arguments), "", ""]
    console = Console()
    n_faults = 0
    for slug in [chapter] if chapter else chapter_slugs():
        report = selftest(slug, exercise or None)
        console.print(_table(report))
        for fault in report.faults:
            console.print(f"[red]✗[/] {fault}", highlight=False)
        n_faults += len(report.faults)
    return 1 if n_faults else 0


def _slug(chapter: str) -> str:
    """Find the chapter that a short name means."""
    found = [slug for slug in chapter_slugs() if chapter in (slug, slug.partition("_")[0])]
    if not found:
        known = ", ".join(chapter_slugs()) or "none"
        raise CourseError(f"there is no chapter {chapter!r}; there are: {known}")
    return found[0]


def _faults_of_points(chapter: Chapter) -> Iterator[str]:
    autograded = sum(one.points for one in chapter.autograded)
    for points, wanted, what in (
        (autograded, AUTOGRADED_POINTS, "autograded exercises"),
        (chapter.points - autograded, WRITTEN_POINTS, "written answers"),
    ):
        if points != wanted:
            yield f"the {what} of {chapter.slug} add up to {points} points, not {wanted}"


def _texts(notebook: NotebookNode, students: NotebookNode, exercise: Exercise) -> _Texts:
    """Find an exercise's cells and run the given ones."""
    given_source = "\n".join(
        cell.source for cell in notebook.cells if cell.metadata.get("given") in exercise.given
    )
    given: dict[str, Any] = {}
    _execute(given_source, given)
    solution = _cell(notebook, "exercise", exercise.name)
    stub = next(cell.source for cell in students.cells if cell.id == solution.id)
    tests = _cell(notebook, "tests", exercise.name).source
    return _Texts(solution.source, stub, tests, given, given_source)


def _cell(notebook: NotebookNode, role: str, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.metadata.get(role) == name)


def _rows(exercise: Exercise, texts: _Texts, seed: int) -> Iterator[Row]:
    """Judge the solution, the alternatives, the stub and the misconceptions."""
    yield _row(exercise, texts, seed, "solution", exercise.name, texts.solution)
    for answer in exercise.alternatives:
        cell = answer.as_cell(exercise.exports)
        yield _row(exercise, texts, seed, "alternative", answer.name, cell)
    yield _row(exercise, texts, seed, "stub", "untouched", texts.stub)
    for answer in exercise.misconceptions:
        cell = answer.as_cell(exercise.exports)
        yield _row(exercise, texts, seed, "misconception", answer.name, cell)


def _row(exercise: Exercise, texts: _Texts, seed: int, kind: str, name: str, cell: str) -> Row:
    """Judge one answer, alone with the given cells."""
    namespace = dict(texts.given)
    _execute(cell, namespace)
    send = Agent(namespace).answer
    verdict = judge_exercise(exercise, send, seed, f"{texts.given_source}\n{cell}")
    visible = run_visible_tests(texts.tests, exercise, send, texts.given)
    named = tuple(found.name for found in verdict.misconceptions)
    full = verdict.points == verdict.max_points
    if kind in ("solution", "alternative"):
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


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch work in one thread: as when grading, and four times faster on tensors so small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _execute(source: str, namespace: dict[str, Any]) -> None:
    """Run a cell of the course's own."""
    exec(compile(source, "<cell>", "exec"), namespace)


def _table(report: SelftestReport) -> Table:
    table = Table(title=report.chapter, title_justify="left")
    for heading in ("exercise", "kind", "answer"):
        table.add_column(heading)
    table.add_column("points", justify="right")
    table.add_column("")
    for row in report.rows:
        points = f"{row.points:g}/{row.max_points:g}"
        sign = "[red]✗[/]" if row.fault else "[green]✓[/]"
        table.add_row(row.exercise, row.kind, row.answer, points, sign)
    return table


if __name__ == "__main__":
    sys.exit(main())
