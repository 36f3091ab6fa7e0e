"""Read the learner's cells as Python, whatever they hold."""

import ast
import warnings

from autograder.result import Result
from autograder.submissions.assignment import Assignment

# A longer cell is not looked at: a person writes a hundredth of it, and reading a megabyte of
# hostile code takes minutes.
MAX_CHARACTERS = 100_000


def parse_cell(source: str) -> ast.Module | None:
    """Read a cell, magics turned into calls; None for one that is not Python or is too long."""
    if len(source) > MAX_CHARACTERS:
        return None
    return _parsed(source) or _parsed(_without_magics(source))


def answers_of(assignment: Assignment, result: Result) -> dict[str, str]:
    """Give the text of each answer that is not as it was handed out, by exercise."""
    cells = {run.cell: run.source for run in result.cells}
    found = {}
    for exercise in assignment.chapter.autograded:
        cell = assignment.grade_id(exercise)
        source = cells.get(cell, "")
        if source.strip() and source != assignment.by_grade_id[cell].source:
            found[exercise.name] = source
    return found


def _parsed(source: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as for "\d" in a string of the learner's
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _without_magics(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(source)
    except Exception:  # IPython's reading of text that is no Python fails in many ways
        return source
