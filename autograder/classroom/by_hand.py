"""What a person has entered in nbgrader's formgrader, and a learner's marks with it.

The gradebook's tables are asked in plain SQL: nbgrader itself takes two seconds to import, and the
pages are often written again.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, inspect, text

from autograder.classroom.database import in_a_sentence
from autograder.result import Result
from autograder.submissions.assignment import Assignment

_GRADES = """
    SELECT submitted_assignment.student_id, base_cell.name,
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade
    FROM grade
    JOIN base_cell ON base_cell.id = grade.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    WHERE assignment.name = :slug
        AND (grade.manual_score IS NOT NULL OR grade.extra_credit IS NOT NULL)
"""
_COMMENTS = """
    SELECT submitted_assignment.student_id, base_cell.name, comment.manual_comment
    FROM comment
    JOIN base_cell ON base_cell.id = comment.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    WHERE assignment.name = :slug AND comment.manual_comment IS NOT NULL
"""


@dataclass(frozen=True)
class Entry:
    """What a person has entered for one exercise of one learner.

    Attributes:
        points: The mark by hand; None when there is none.
        extra: Extra credit in the gradebook, which for an exercise of extra credit is the course's.
        comment: Words for the learner, or "".
        review: Whether the mark was given before the answer or its points changed, and somebody
            has to look again.
    """

    points: float | None = None
    extra: float = 0.0
    comment: str = ""
    review: bool = False


Entries = Mapping[str, Entry]  # by exercise


@dataclass(frozen=True)
class Marks:
    """A learner's marks, those by hand included.

    Attributes:
        points: By exercise that is not of extra credit; None for what awaits marking.
        most: Points to earn, by the same exercises.
        beside: Points by exercise of extra credit.
        extra: Extra credit, all together.
    """

    points: dict[str, float | None]
    most: Mapping[str, float]
    beside: dict[str, float]
    extra: float

    @property
    def awaiting(self) -> tuple[str, ...]:
        """Exercises whose answers a person has yet to mark."""
        return tuple(name for name, points in self.points.items() if points is None)

    @property
    def total(self) -> float:
        """All points that are known, with extra credit."""
        known = sum(points for points in self.points.values() if points is not None)
        return round(known + self.extra, 2)

    @property
    def out_of(self) -> float:
        """What all exercises could have earned, those that await marking included."""
        return float(sum(self.most.values()))

    @property
    def awaiting_points(self) -> float:
        """Points that a person has yet to give or to refuse."""
        return float(sum(self.most[name] for name in self.awaiting))


def read_by_hand(database: URL, assignment: Assignment) -> dict[str, Entries]:
    """Read what people have entered for a chapter, by learner.

    A gradebook that is not there yet, or knows no such chapter, holds nothing.

    Raises:
        CourseError: The database cannot be used.
    """
    # A file is not to be made by asking for it.
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").is_file():
        return {}
    with in_a_sentence(database):
        engine = create_engine(database)
        try:
            with engine.connect() as connection:
                return _entries(connection, assignment)
        finally:
            engine.dispose()


def marks_of(assignment: Assignment, result: Result, entries: Entries) -> Marks:
    """Give a learner's marks: the checks', and in their place those that a person has given."""
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    answered = {one.exercise for one in result.written if one.answer}
    points: dict[str, float | None] = {}
    beside: dict[str, float] = {}
    by_person = 0.0
    for exercise in assignment.chapter.exercises:
        name, entry = exercise.name, entries.get(exercise.name, Entry())
        verdict = verdicts.get(name)
        if exercise.bonus:
            by_checks = verdict.points if verdict else 0.0
            beside[name] = by_checks if entry.points is None else entry.points + entry.extra
            continue
        by_person += entry.extra
        if verdict:
            points[name] = verdict.points if entry.points is None else entry.points
        elif entry.review or (entry.points is None and name in answered):
            points[name] = None
        else:
            points[name] = entry.points or 0.0
    most = {one.name: float(one.points) for one in assignment.chapter.exercises if not one.bonus}
    return Marks(points, most, beside, sum(beside.values()) + by_person)


def _entries(connection: Connection, assignment: Assignment) -> dict[str, Entries]:
    if not inspect(connection).has_table("grade"):
        return {}
    by_cell: dict[tuple[str, str], Entry] = {}
    comments = {
        (learner, cell): words
        for learner, cell, words in connection.execute(text(_COMMENTS), {"slug": assignment.slug})
    }
    for learner, cell, points, extra, review in connection.execute(
        text(_GRADES), {"slug": assignment.slug}
    ):
        again = points is not None and bool(review)
        by_cell[learner, cell] = Entry(points, extra or 0.0, review=again)
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    learners = {learner for learner, _ in (*by_cell, *comments)}
    for learner in sorted(learners):
        for exercise in assignment.chapter.exercises:
            entry = by_cell.get((learner, assignment.mark_id(exercise)), Entry())
            words = comments.get((learner, assignment.grade_id(exercise)), "")
            entry = Entry(entry.points, entry.extra, words.strip(), entry.review)
            if entry != Entry():
                found[learner][exercise.name] = entry
    return dict(found)
