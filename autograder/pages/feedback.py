"""Write the page that tells a learner what went well, what did not, and what to look at next.

The page shows no check, and the course's answers only when the class has released them. Whatever
comes from the learner is made visible (`autograder.plain_text`), escaped by the template and cut
where it is long; the page needs no script and asks nothing of any host.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from autograder.classroom.by_hand import Entries, Entry, Marks, marks_of
from autograder.exercises.base import Criterion, WrittenAnswer
from autograder.judge import Verdict
from autograder.pages.examples import call_layout, compare_layout
from autograder.plain_text import cut, one_line, visible
from autograder.result import CellRun, Result
from autograder.submissions.assignment import Assignment, title_of
from autograder.submissions.matching import normalised

MAX_NAME_CHARACTERS, MAX_MESSAGE_CHARACTERS = 80, 600
MAX_BOX_LINES, MAX_BOX_CHARACTERS = 18, 20  # what fits a box of the page, on a phone
MAX_OTHER_CELLS = 20  # cells of one's own that are shown, beside the answers


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
        first_failed: Name of the first item that failed, whose example is open; or "".
        points: Points, by the checks or by a person.
        by_hand: Whether a person gave them.
        comment: What a person has written about the answer, or "".
        solution: The course's answer, where it is released; or "".
    """

    anchor: str
    title: str
    verdict: Verdict
    run: CellRun | None
    untouched: bool
    trouble: str
    first_failed: str
    points: float
    by_hand: bool
    comment: str
    solution: str


@dataclass(frozen=True)
class _WrittenView:
    """A written answer as the page shows it.

    Attributes:
        anchor: Id of its section.
        title: Its heading.
        points: Points; None while a person has to give them.
        max_points: Points to earn.
        answer: The learner's words, or "".
        rubric: How it is marked.
        comment: What a person has written about it, or "".
        solution: The course's answer, where it is released; or "".
    """

    anchor: str
    title: str
    points: float | None
    max_points: float
    answer: str
    rubric: tuple[Criterion, ...]
    comment: str
    solution: str


def feedback_page(
    assignment: Assignment,
    result: Result,
    entries: Entries | None = None,
    answers: Mapping[str, str] | None = None,
) -> str:
    """Write a learner's page as HTML.

    Args:
        assignment: The chapter.
        result: What the checks found.
        entries: Marks and comments of a person.
        answers: The course's own answers by exercise, once they are released.
    """
    entries, answers = entries or {}, answers or {}
    marks = marks_of(assignment, result, entries)
    exercises = _exercise_views(assignment, result, entries, answers, marks)
    shown = {exercise.run.cell for exercise in exercises if exercise.run}
    others = [run for run in result.cells if run.cell not in shown and (run.error or run.plots)]
    left = [one for one in exercises if one.verdict.points < one.verdict.max_points]
    return (
        templates()
        .get_template("feedback.html")
        .render(
            result=result,
            name=one_line(result.learner, MAX_NAME_CHARACTERS),
            chapter=assignment.chapter.title,
            label=assignment.chapter.label,
            total=round(marks.total - marks.extra, 2),
            most=marks.out_of - marks.awaiting_points,
            extra=marks.extra,
            exercises=[] if result.reason else exercises,
            written=_written_views(assignment, result, entries, answers, marks),
            others=others[:MAX_OTHER_CELLS],
            n_more_others=max(0, len(others) - MAX_OTHER_CELLS),
            next_one=_next_one(left),
            all_right=not left and not result.reason,
        )
    )


@cache
def templates() -> jinja2.Environment:
    """The templates of feedback and report: all text is made visible, then escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_visible,
    )
    filters: dict[str, Callable[..., object]] = {
        "number": lambda value: f"{value:g}",
        "prose": prose,
        "cut": cut,
        "name": lambda text: one_line(text, MAX_NAME_CHARACTERS),
        "message": lambda text: one_line(text, MAX_MESSAGE_CHARACTERS),
        "call_layout": call_layout,
        "overflows": _overflows,
    }
    environment.filters.update(filters)
    environment.globals["compare_layout"] = compare_layout
    return environment


def prose(sentence: str) -> Markup:
    """Turn `code` and *emphasis* of the course's own sentences into HTML; all else is escaped."""
    inline = MarkdownIt("zero").enable(["backticks", "emphasis"])
    return Markup(inline.renderInline(visible(sentence)))  # the renderer has escaped it


def _overflows(text: str) -> bool:
    """Tell whether a text may not fit its box, which a keyboard must then be able to scroll."""
    lines = text.split("\n")
    return len(lines) > MAX_BOX_LINES or max(map(len, lines)) > MAX_BOX_CHARACTERS


def _visible(value: object) -> object:
    """Make whatever a template shows visible; what is HTML already has been."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _exercise_views(
    assignment: Assignment,
    result: Result,
    entries: Entries,
    answers: Mapping[str, str],
    marks: Marks,
) -> list[_ExerciseView]:
    runs = {run.cell: run for run in result.cells}
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    views = []
    for exercise in assignment.chapter.autograded:
        cell = assignment.grade_id(exercise)
        run, verdict = runs.get(cell), verdicts[exercise.name]
        handed_out = normalised(assignment.by_grade_id[cell].source)
        untouched = run is not None and normalised(run.source) == handed_out
        title = title_of(assignment, exercise.name)
        entry = entries.get(exercise.name, Entry())
        points = verdict.points if entry.points is None else entry.points
        views.append(
            _ExerciseView(
                anchor=cell,
                title=title,
                verdict=verdict,
                run=run,
                untouched=untouched and not verdict.points,
                trouble=_trouble(verdict),
                first_failed=next((item.name for item in verdict.items if not item.passed), ""),
                points=points,
                by_hand=entry.points is not None,
                comment=entry.comment,
                solution=answers.get(exercise.name, ""),
            )
        )
    return views


def _trouble(verdict: Verdict) -> str:
    """Give the one message of an exercise whose items all failed for the same cause."""
    messages = {"" if item.passed else item.message for item in verdict.items}
    alike = messages.pop() if len(messages) == 1 and len(verdict.items) > 1 else ""
    return verdict.reason or alike


def _written_views(
    assignment: Assignment,
    result: Result,
    entries: Entries,
    answers: Mapping[str, str],
    marks: Marks,
) -> list[_WrittenView]:
    words = {one.exercise: one.answer for one in result.written}
    return [
        _WrittenView(
            anchor=assignment.grade_id(exercise),
            title=title_of(assignment, exercise.name),
            points=marks.points[exercise.name],
            max_points=float(exercise.points),
            answer=words[exercise.name],
            rubric=exercise.rubric,
            comment=entries.get(exercise.name, Entry()).comment,
            solution=answers.get(exercise.name, ""),
        )
        for exercise in assignment.chapter.exercises
        if isinstance(exercise, WrittenAnswer)
    ]


def _next_one(left: list[_ExerciseView]) -> _ExerciseView | None:
    """Choose the exercise where most points are left and something is known of the fault."""
    known = [one for one in left if one.verdict.misconceptions] or left
    return max(known, key=lambda one: one.verdict.max_points - one.verdict.points, default=None)
