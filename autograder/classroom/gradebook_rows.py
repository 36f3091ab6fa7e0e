"""The rows of nbgrader's gradebook that results go into.

nbgrader's own calls look up and commit each cell by itself, which takes minutes for a class of a
thousand. Here all rows of a chapter are read at once, compared, and what differs is written at
once; nothing is committed. Only what every database understands is used.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from nbgrader.api import (
    Assignment as AssignmentRow,
)
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Column, MetaData, String, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from autograder.classroom.gradebook_fields import (
    Row,
    auto_comments,
    extra_credits,
    extra_field,
    grade_fields,
    scores,
    set_off_fields,
)
from autograder.classroom.runner import Graded
from autograder.submissions.assignment import Assignment

# Beside nbgrader's tables, in the same database and transaction: for which submission the marks of
# a learner were entered. Without it, a run that was killed between grading and entering would leave
# no trace of the change, and a mark by hand would silently stand for another answer.
entered = Table(
    "course_entered",
    MetaData(),
    Column("submission_id", String(32), primary_key=True),
    Column("submission", String(64), nullable=False),
)


def enter_class(session: Session, assignment: Assignment, graded: Sequence[Graded]) -> set[str]:
    """Enter the marks of a class into a gradebook that knows the chapter's cells.

    Args:
        session: A session, which the caller commits.
        assignment: The chapter.
        graded: Its submissions.

    Returns:
        All learners who have marks of this chapter in the gradebook.
    """
    book = _Book(session, assignment.slug)
    book.add_submissions([one.result.learner for one in graded])
    book.enter(assignment, graded)
    return set(book.submissions)


class _Book:
    """The rows of one chapter.

    Attributes:
        submissions: Id of each learner's submission.
        notebooks: Id of the notebook in each submission.
    """

    def __init__(self, session: Session, slug: str) -> None:
        self._session = session
        notebook = session.scalars(
            select(Notebook).join(AssignmentRow).where(AssignmentRow.__table__.c.name == slug)
        ).one()
        self._assignment_id, self._notebook_id = notebook.assignment_id, notebook.id
        self.submissions = self._pairs(
            select(SubmittedAssignment.student_id, SubmittedAssignment.id).where(
                SubmittedAssignment.assignment_id == self._assignment_id
            )
        )
        self.notebooks = self._pairs(
            select(SubmittedNotebook.assignment_id, SubmittedNotebook.id).where(
                SubmittedNotebook.notebook_id == self._notebook_id
            )
        )

    def add_submissions(self, learners: Iterable[str]) -> None:
        """Add the students, submissions and notebooks that are not there yet."""
        students = set(self._session.scalars(select(Student.id)))
        absent = [learner for learner in learners if learner not in self.submissions]
        self._insert(Student, [{"id": one} for one in absent if one not in students])
        self.submissions |= {learner: uuid4().hex for learner in absent}
        self._insert(
            SubmittedAssignment,
            [
                {
                    "id": self.submissions[learner],
                    "assignment_id": self._assignment_id,
                    "student_id": learner,
                }
                for learner in absent
            ],
        )
        bare = [one for one in self.submissions.values() if one not in self.notebooks]
        self.notebooks.update({submission: uuid4().hex for submission in bare})
        self._insert(
            SubmittedNotebook,
            [
                {
                    "id": self.notebooks[submission],
                    "assignment_id": submission,
                    "notebook_id": self._notebook_id,
                    "flagged": False,
                }
                for submission in bare
            ],
        )

    def enter(self, assignment: Assignment, graded: Sequence[Graded]) -> None:
        """Bring marks and comments up to date."""
        before = self._pairs(select(entered.c.submission_id, entered.c.submission))
        grades, comments = self._rows(Grade), self._rows(Comment)
        grade_cells, comment_cells = self._cells(GradeCell), self._cells(SolutionCell)
        submissions, new_grades, new_comments = {}, {}, {}
        for one in graded:
            submission = self.submissions[one.result.learner]
            submissions[submission] = one.submission
            notebook = self.notebooks[submission]
            changed = before.get(submission) != one.submission
            extra = extra_credits(assignment, one.result)
            for cell, score in scores(assignment, one.result).items():
                at = (notebook, grade_cells[cell])
                new_grades[at] = grade_fields(grades.get(at), score, changed=changed)
                if cell in extra:
                    new_grades[at] |= extra_field(grades.get(at), extra[cell])
                new_grades[at] |= set_off_fields(grades.get(at), dropped=False)
            for exercise in assignment.ungraded:
                at = (notebook, grade_cells[assignment.mark_id(exercise)])
                nothing = {"auto_score": 0.0, "needs_manual_grade": False}
                nothing |= {"extra_credit": 0.0} if exercise.bonus else {}
                new_grades[at] = nothing | set_off_fields(grades.get(at), dropped=True)
            for cell, comment in auto_comments(assignment, one.result).items():
                new_comments[notebook, comment_cells[cell]] = {"auto_comment": comment}
        self._bring(Grade, grades, new_grades)
        self._bring(Comment, comments, new_comments)
        self._remember(before, submissions)

    def _pairs(self, statement: Any) -> dict[str, str]:  # noqa: ANN401 - SQLAlchemy's own types
        rows: Any = self._session.execute(statement)
        return {first: second for first, second in rows}

    def _cells(self, kind: type[GradeCell] | type[SolutionCell]) -> dict[str, str]:
        """Give the id of each cell of a kind by its name."""
        return self._pairs(
            select(BaseCell.name, BaseCell.id)
            .where(BaseCell.id.in_(select(kind.__table__.c.id)))
            .where(BaseCell.notebook_id == self._notebook_id)
        )

    def _rows(self, kind: type[Grade] | type[Comment]) -> dict[tuple[str, str], Row]:
        """Give the rows of a kind by their notebook and cell.

        What is written follows from them, so that on a server nobody may change them until then.
        """
        rows = self._session.execute(
            select(*kind.__table__.c)
            .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
            .where(SubmittedNotebook.notebook_id == self._notebook_id)
            .with_for_update(of=kind)
        )
        return {(row["notebook_id"], row["cell_id"]): dict(row) for row in rows.mappings()}

    def _bring(
        self,
        kind: type[Grade] | type[Comment],
        rows: Mapping[tuple[str, str], Row],
        wanted: Mapping[tuple[str, str], dict[str, Any]],
    ) -> None:
        """Insert the rows that are missing and update those that differ."""
        missing, different = [], []
        for at, fields in wanted.items():
            row = rows.get(at)
            if row is None:
                place = {"notebook_id": at[0], "cell_id": at[1]}
                missing.append({"id": uuid4().hex, **place, **fields})
            elif any(row[name] != value for name, value in fields.items()):
                different.append({"id": row["id"], **fields})
        self._insert(kind, missing)
        if different:
            self._session.execute(update(kind), different)

    def _remember(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        fresh = [one for one in now if one not in before]
        self._insert(entered, [{"submission_id": one, "submission": now[one]} for one in fresh])
        changed = [one for one in now if one in before and before[one] != now[one]]
        if changed:
            statement = update(entered).where(entered.c.submission_id == bindparam("of"))
            rows = [{"of": one, "submission": now[one]} for one in changed]
            self._session.connection().execute(statement, rows)

    def _insert(self, into: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - as above
        if rows:
            self._session.execute(insert(into), rows)
