"""A gradebook with something in every table and every kind of column, for comparing two of them."""

import warnings
from dataclasses import replace
from datetime import timedelta

from nbgrader.api import Gradebook

from autograder.classroom.gradebook import write_gradebook
from autograder.classroom.runner import Graded
from autograder.grading import unreadable

SLUG = "ch99_small"
LEARNERS = ("ada", "bob", "çyd ß", "Дана 李")


def results(assignment, learners=LEARNERS, reason="It is no notebook."):
    """Results of submissions that could not be read, which need no grading process."""
    return [
        Graded(unreadable(assignment, learner, 0, reason), fresh=True, submission="first")
        for learner in learners
    ]


def with_points(graded, points):
    """The same results, with other points for the first exercise."""
    first, *rest = graded.result.verdicts
    verdicts = (replace(first, points=points), *rest)
    return replace(graded, result=replace(graded.result, verdicts=verdicts))


def fill(url, assignment):
    """Fill a gradebook that knows the small chapter."""
    write_gradebook(url, assignment, results(assignment))
    with Gradebook(url) as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradebook.update_or_create_student(
            "ada", first_name="Ada", last_name="Lovelace", email="ada@example.org", lms_user_id="7"
        )
        submission = gradebook.update_or_create_submission(
            SLUG, "ada", timestamp="2026-01-01 10:00:00.25", extension=timedelta(days=2, seconds=5)
        )
        submission.assignment.duedate = submission.timestamp
        submission.notebooks[0].flagged = True
        submission.notebooks[0].late_submission_penalty = 0.1  # no sum of powers of two
        gradebook.update_or_create_assignment("by hand")
        gradebook.add_notebook("task", "by hand")
        gradebook.add_task_cell("task", "task", "by hand", max_score=2.5, cell_type="markdown")
        grade = gradebook.find_grade("ch99_written", SLUG, SLUG, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1 / 3, -2.0, False
        comment = gradebook.find_comment("ch99_written", SLUG, SLUG, "ada")
        comment.manual_comment = "Well said;\n\t“sehr gut” 好 🎓 '; DROP TABLE grade; --"
        gradebook.db.commit()


def mark(url, cell, points, learner="ada"):
    """Do what the formgrader does."""
    with Gradebook(url) as gradebook:
        grade = gradebook.find_grade(cell, SLUG, SLUG, learner)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def grades(url, learner="ada"):
    with Gradebook(url) as gradebook:
        found = gradebook.find_submission_notebook(SLUG, SLUG, learner).grades
        return {one.name: (one.auto_score, one.manual_score) for one in found}
