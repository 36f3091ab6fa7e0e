"""Tell a learner where they stand: exercise by exercise, in words, before anything is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.errors import CourseError, UnreadableError
from autograder.exercises.base import WrittenAnswer
from autograder.judge import Verdict
from autograder.learner.state import State
from autograder.session import Event, plan
from autograder.submissions.assignment import Assignment, grade_id, title_of
from autograder.submissions.matching import normalised
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from autograder.worker import Worker


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one exercise.

    Attributes:
        exercise: Its name.
        title: Its heading.
        points: Points that it is worth.
        state: How far it is.
        message: What failed first, or "".
        verdict: What the hidden checks say, when they were run.
    """

    exercise: str
    title: str
    points: float
    state: State
    message: str = ""
    verdict: Verdict | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state.done


@dataclass(frozen=True)
class Checked:
    """Where a learner stands with a chapter.

    Attributes:
        standings: One an exercise, in the chapter's order.
        repairs: What in the file is not as it should be.
        errors: Cells of the learner's own that stop with an error, id and message.
    """

    standings: tuple[Standing, ...]
    repairs: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]

    @property
    def next(self) -> Standing | None:
        """The first exercise with something left to do."""
        return next((one for one in self.standings if not one.done), None)


def check(data: bytes, assignment: Assignment, worker: Worker, full_seed: int | None) -> Checked:
    """Run a notebook's visible tests, and the hidden checks when a seed is given.

    Args:
        data: The notebook's bytes.
        assignment: The chapter.
        worker: A warm process to run it in.
        full_seed: Seed for the inputs of the hidden checks, or None to leave them out.

    Raises:
        UnreadableError: The notebook cannot be read, or is another chapter's.
        CourseError: The course itself is broken.
    """
    transplanted = transplant(assignment, read_submission(data))
    if transplanted.other_chapter:
        raise UnreadableError(transplanted.repairs[-1])
    answers = {
        grade_id(cell): cell.source for cell in transplanted.notebook.cells if grade_id(cell)
    }
    judging = ("visible",) if full_seed is None else ("visible", "judge")
    steps = plan(assignment, transplanted.notebook, judging)
    events = worker.run(assignment.reference, steps, full_seed or 0)
    for event in events:
        if event["kind"] == "fault":
            raise CourseError(f"{assignment.slug} cannot be checked: {event['message']}")
    errors = {e["cell"]: e["error"] for e in events if e["kind"] == "cell" and e["error"]}
    standings = []
    for exercise in assignment.chapter.exercises:
        cell = assignment.grade_id(exercise)
        untouched = normalised(answers.get(cell, "")) in (
            "",
            normalised(assignment.by_grade_id[cell].source),
        )
        if isinstance(exercise, WrittenAnswer):
            state, message, verdict = State.WRITTEN, "", None
        else:
            state, message, verdict = _outcome(exercise.name, events, errors.get(cell, ""))
        if untouched and state is not State.PASSES and state is not State.RIGHT:
            state, message = State.UNTOUCHED, ""
        title = title_of(assignment, exercise.name)
        standings.append(
            Standing(exercise.name, title, float(exercise.points), state, message, verdict)
        )
    own = {assignment.grade_id(one) for one in assignment.chapter.exercises}
    others = tuple((cell, error) for cell, error in errors.items() if cell not in own)
    return Checked(tuple(standings), transplanted.repairs, others)


def _outcome(
    exercise: str, events: Sequence[Event], error: str
) -> tuple[State, str, Verdict | None]:
    """Say how an exercise's tests went, and in words what failed first."""
    visible = next(e for e in events if e["kind"] == "visible" and e["exercise"] == exercise)
    verdicts = [Verdict.from_json(e["verdict"]) for e in events if e["kind"] == "verdict"]
    verdict = next((one for one in verdicts if one.exercise == exercise), None)
    if error and verdict and not verdict.points:
        verdict = None  # every item fails because the cell does: it would say the same again
    if not visible["passed"]:
        return State.WRONG, error or _first_failure(visible["message"]), verdict
    if verdict is None:
        return State.PASSES, "", None
    if verdict.points < verdict.max_points:
        return State.WRONG, "The visible tests pass; some hidden checks don't.", verdict
    return State.RIGHT, "", verdict


def _first_failure(message: str) -> str:
    """Leave out the lines of the tests that passed before."""
    _, sign, failure = message.partition("✗")
    return f"{sign}{failure}".strip() or message.strip()
