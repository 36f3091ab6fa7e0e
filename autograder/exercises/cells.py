"""The cells of a chapter's text that belong to one exercise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from autograder.exercises.base import Exercise


@dataclass(frozen=True)
class Cells:
    """What a chapter's text holds of an exercise.

    Attributes:
        solution: The cell with the solution.
        stub: The same cell as learners get it.
        tests: The cell with the visible tests.
        given: What the given cells define.
        given_source: Text of the given cells.
    """

    solution: str
    stub: str
    tests: str
    given: Mapping[str, Any]
    given_source: str

    def run(self, cell: str) -> dict[str, Any]:
        """Run an answer after the given cells, and give all that is defined then."""
        namespace = dict(self.given)
        _execute(cell, namespace)
        return namespace


def cells_of(exercise: Exercise, notebook: NotebookNode, students: NotebookNode) -> Cells:
    """Find an exercise's cells and run the given ones.

    Args:
        exercise: The exercise.
        notebook: Its chapter, with the solutions.
        students: Its chapter as learners get it.
    """
    given_source = "\n".join(
        cell.source for cell in notebook.cells if cell.metadata.get("given") in exercise.given
    )
    given: dict[str, Any] = {}
    _execute(given_source, given)
    solution = _cell(notebook, "exercise", exercise.name)
    stub = next(cell.source for cell in students.cells if cell.id == solution.id)
    tests = _cell(notebook, "tests", exercise.name).source
    return Cells(solution.source, stub, tests, given, given_source)


def _cell(notebook: NotebookNode, role: str, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.metadata.get(role) == name)


def _execute(source: str, namespace: dict[str, Any]) -> None:
    """Run a cell of the course's own."""
    exec(compile(source, "<cell>", "exec"), namespace)
