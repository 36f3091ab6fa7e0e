"""Write the page that tells a learner what went well, what did not, and what to look at next.

The page shows no check and no answer. Everything of the learner's is escaped by the template; the
page needs no script and asks nothing of any host.
"""

from dataclasses import dataclass
from functools import cache

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from autograder.exercises.base import Criterion, WrittenAnswer
from autograder.judge import Verdict
from autograder.result import CellRun, Result
from autograder.submissions.assignment import Assignment
from autograder.submissions.matching import normalised


@dataclass(frozen=True)
class _ExerciseView:
    """An autograded exercise as the page shows it.

    Attributes:
        anchor: Id of its section.
        title: Its heading.
        verdict: How it went.
        run: The answer's cell and what came of it.
        untouched: Whether the answer is as it was handed out.
        trouble: What went wrong with every item alike, or "".
    """

    anchor: str
    title: str
    verdict: Verdict
    run: CellRun | None
    untouched: bool
    trouble: str


@dataclass(frozen=True)
class _WrittenView:
    """A written answer as the page shows it."""

    anchor: str
    title: str
    max_points: float
    answer: str
    rubric: tuple[Criterion, ...]


def feedback_page(assignment: Assignment, result: Result) -> str:
    """Write a learner's page as HTML."""
    exercises = _exercise_views(assignment, result)
    shown = {exercise.run.cell for exercise in exercises if exercise.run}
    return (
        templates()
        .get_template("feedback.html")
        .render(
            result=result,
            chapter=assignment.chapter.title,
            number=assignment.chapter.number,
            share=round(100 * result.points / result.max_points) if result.max_points else 0,
            exercises=exercises,
            written=_written_views(assignment, result),
            other_errors=[run for run in result.cells if run.error and run.cell not in shown],
            next_step=_next_step(exercises, result),
        )
    )


@cache
def templates() -> jinja2.Environment:
    """The templates of feedback and report, with escaping on."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = lambda value: f"{value:g}"
    environment.filters["prose"] = prose
    return environment


def prose(sentence: str) -> Markup:
    """Turn `code` and *emphasis* of the course's own sentences into HTML; all else is escaped."""
    inline = MarkdownIt("zero").enable(["backticks", "emphasis"])
    return Markup(inline.renderInline(sentence))  # the renderer has escaped it


def title_of(assignment: Assignment, name: str) -> str:
    """Heading of an exercise's statement, else its name."""
    for cell in assignment.notebook.cells:
        if cell.metadata.get("statement") == name:
            heading = cell.source.splitlines()[0].lstrip("# ").replace("`", "")
            return heading.removeprefix("Exercise: ")
    return name


def _exercise_views(assignment: Assignment, result: Result) -> list[_ExerciseView]:
    runs = {run.cell: run for run in result.cells}
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    views = []
    for exercise in assignment.chapter.autograded:
        cell = assignment.grade_id(exercise)
        run, verdict = runs.get(cell), verdicts[exercise.name]
        handed_out = normalised(assignment.by_grade_id[cell].source)
        untouched = run is not None and normalised(run.source) == handed_out
        title = title_of(assignment, exercise.name)
        views.append(
            _ExerciseView(
                cell, title, verdict, run, untouched and not verdict.points, _trouble(verdict)
            )
        )
    return views


def _trouble(verdict: Verdict) -> str:
    """Give the one message of an exercise whose items all failed for the same cause."""
    messages = {"" if item.passed else item.message for item in verdict.items}
    alike = messages.pop() if len(messages) == 1 and len(verdict.items) > 1 else ""
    return verdict.reason or alike


def _written_views(assignment: Assignment, result: Result) -> list[_WrittenView]:
    answers = {one.exercise: one.answer for one in result.written}
    return [
        _WrittenView(
            anchor=assignment.grade_id(exercise),
            title=title_of(assignment, exercise.name),
            max_points=float(exercise.points),
            answer=answers[exercise.name],
            rubric=exercise.rubric,
        )
        for exercise in assignment.chapter.exercises
        if isinstance(exercise, WrittenAnswer)
    ]


def _next_step(exercises: list[_ExerciseView], result: Result) -> str:
    """Name the exercise where most points are left and something is known of the fault."""
    if result.reason:
        return ""
    left = [one for one in exercises if one.verdict.points < one.verdict.max_points]
    if not left:
        return "Every exercise that is marked by running it is right. Well done."
    known = [one for one in left if one.verdict.misconceptions] or left
    most = max(known, key=lambda one: one.verdict.max_points - one.verdict.points)
    return f"To look at next: {most.title}."
