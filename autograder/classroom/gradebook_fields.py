"""What a row of the gradebook says of an answer: the checks' points, and if a person must look.

A mark by hand is never changed. Where the class has dropped its exercise, extra credit sets it off.
"""

from collections.abc import Mapping
from typing import Any

from autograder.exercises.base import WrittenAnswer
from autograder.result import Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.inert import inert

Row = Mapping[Any, Any]  # fields by name


def scores(assignment: Assignment, result: Result) -> dict[str, float | None]:
    """Give the points by cell; None where a person has to give them."""
    points = {verdict.exercise: verdict.points for verdict in result.verdicts}
    answered = {one.exercise for one in result.written if one.answer}
    return {
        assignment.mark_id(exercise): None
        if isinstance(exercise, WrittenAnswer) and exercise.name in answered
        else 0.0
        if exercise.bonus
        else float(points.get(exercise.name, 0.0))
        for exercise in assignment.chapter.exercises
    }


def extra_credits(assignment: Assignment, result: Result) -> dict[str, float]:
    """Give the extra credit by cell: beside the points, of which such a cell has none."""
    points = {verdict.exercise: verdict.points for verdict in result.verdicts}
    return {
        assignment.mark_id(one): float(points.get(one.name, 0.0))
        for one in assignment.chapter.autograded
        if one.bonus
    }


def extra_field(row: Row | None, points: float) -> dict[str, Any]:
    """Give the field of extra credit; where a person has marked the cell, theirs stays."""
    by_hand = row is not None and row["manual_score"] is not None
    return {} if by_hand else {"extra_credit": points}


def set_off_fields(row: Row | None, *, dropped: bool) -> dict[str, Any]:
    """Set off what a person has given to an exercise that the class has dropped, or undo that.

    Their mark stays, in case that the exercise comes back, and nbgrader would count it.
    """
    if row is None or not row["manual_score"]:
        return {}
    if dropped:
        return {"extra_credit": -row["manual_score"]}
    return {"extra_credit": 0.0} if row["extra_credit"] == -row["manual_score"] else {}


def grade_fields(row: Row | None, score: float | None, *, changed: bool) -> dict[str, Any]:
    """Give the fields of a grade; a mark by hand stays, and is looked at again when it should."""
    if row is None or row["manual_score"] is None:
        return {"auto_score": score, "needs_manual_grade": score is None}
    review = changed or row["auto_score"] != score
    return {"auto_score": score, "needs_manual_grade": review or row["needs_manual_grade"]}


def auto_comments(assignment: Assignment, result: Result) -> dict[str, str | None]:
    """Give what nbgrader's feedback shows beside each answer."""
    silent = {one.exercise for one in result.written if not one.answer}
    return {
        assignment.grade_id(exercise): inert(result.reason)
        or ("No response." if exercise.name in silent else None)
        for exercise in assignment.chapter.exercises
    }
