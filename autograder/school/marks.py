"""What is handed on of a learner: points, what awaits marking, and a few lines in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.classroom.by_hand import Entries, Marks
from autograder.plain_text import visible
from autograder.result import Result
from autograder.submissions.assignment import Assignment


@dataclass(frozen=True)
class Mark:
    """One learner's mark.

    Attributes:
        learner: Whose it is.
        points: All that is known, extra credit included; it may be more than `out_of`.
        out_of: Points of the chapter.
        awaiting: Exercises that a person has yet to mark.
        lines: What a learner should read beside the number, a line each.
    """

    learner: str
    points: float
    out_of: float
    awaiting: tuple[str, ...]
    lines: tuple[str, ...]


def marks_to_hand_on(
    assignment: Assignment,
    results: Sequence[Result],
    marks: Sequence[Marks],
    by_hand: Mapping[str, Entries],
) -> list[Mark]:
    """Gather the marks of a class.

    Args:
        assignment: The chapter.
        results: Results of the class.
        marks: Each result's marks, those by hand included.
        by_hand: What people have entered, by learner; their comments are handed on.
    """
    return [
        Mark(
            learner=result.learner,
            points=own.total,
            out_of=own.out_of,
            awaiting=own.awaiting,
            lines=tuple(_lines(assignment, result, own, by_hand.get(result.learner, {}))),
        )
        for result, own in zip(results, marks, strict=True)
    ]


def _lines(assignment: Assignment, result: Result, own: Marks, entries: Entries) -> list[str]:
    # The first word is ours: a spreadsheet takes no line that begins so for a formula.
    lines = [f"Total: {number(own.total)} of {number(own.out_of)} points."]
    if result.reason:
        lines.append(f"Not graded: {visible(result.reason)}")
    for exercise in assignment.chapter.exercises:
        name = exercise.name
        if exercise.bonus:
            lines.append(f"{name}: {number(own.beside[name])} points of extra credit")
        elif (points := own.points[name]) is None:
            lines.append(f"{name}: awaits marking")
        else:
            lines.append(f"{name}: {number(points)} of {number(own.most[name])}")
        if name in entries and entries[name].comment:
            lines.append(f"{name}, comment: {visible(entries[name].comment)}")
    return lines


def number(points: float, *, comma: bool = False) -> str:
    """Write points with at most two decimals, and no zeros behind them.

    Args:
        points: The points.
        comma: Whether a comma stands before the decimals.
    """
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace(".", "," if comma else ".")


def read_number(text: str) -> float | None:
    """Read a number as a gradebook writes it; None where there is none.

    The last comma or point stands before the decimals, as Canvas reads it
    (`decimal_comma_to_period` in its `lib/gradebook_importer.rb`).
    """
    plain = text.strip()
    if not re.fullmatch(r"-?[0-9.,]*[0-9][0-9.,]*", plain):
        return None
    *whole, last = plain.replace(",", ".").split(".")
    return float("".join(whole) + (f".{last}" if whole else last))
