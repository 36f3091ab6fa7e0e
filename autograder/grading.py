"""Grade one submission: a pure function of its bytes, the course, the learner and the seed.

    bytes → read → transplant → run and judge in a worker → Result

Times are measured beside the result and are never part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbformat import NotebookNode

from autograder.errors import CourseError, UnreadableError
from autograder.exercises.base import Exercise, WrittenAnswer
from autograder.judge import Verdict, derive_seed, no_verdict
from autograder.result import CellRun, Result, WrittenResult
from autograder.session import Event, Step, plan
from autograder.submissions.assignment import Assignment, is_answer, load_assignment
from autograder.submissions.matching import normalised
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import Transplanted, transplant
from autograder.worker import AnyWorker, Worker


@dataclass(frozen=True)
class Measurement:
    """What grading one submission took.

    Attributes:
        wall_s: Time on the wall.
        cpu_s: Processor time of the learner's processes.
        peak_bytes: The most memory that they used at one time.
        host: Name of the machine.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    host: str


def grade(
    submission: bytes,
    chapter: str | Assignment,
    learner: str,
    seed: int,
    worker: AnyWorker | None = None,
) -> Result:
    """Grade one submission.

    Args:
        submission: The notebook's bytes, as hostile as they come.
        chapter: A slug, its short form, or an assignment.
        learner: Who handed it in; each learner is judged on inputs of their own.
        seed: Seed of the class.
        worker: A warm process to use; by default one is started and ended, in seconds.

    Raises:
        CourseError: The course itself is broken; never because of the submission.
        WorkerDiedError: The grader's own process was ended from outside.
    """
    if worker is None:
        with Worker() as own:
            return grade_measured(submission, chapter, learner, seed, own)[0]
    return grade_measured(submission, chapter, learner, seed, worker)[0]


def grade_measured(
    submission: bytes, chapter: str | Assignment, learner: str, seed: int, worker: AnyWorker
) -> tuple[Result, Measurement]:
    """Grade one submission and say what it took; see `grade`."""
    assignment = load_assignment(chapter) if isinstance(chapter, str) else chapter
    try:
        transplanted = transplant(assignment, read_submission(submission))
    except UnreadableError as error:
        return unreadable(assignment, learner, seed, str(error)), Measurement(0.0, 0.0, 0, "")
    return grade_transplanted(assignment, transplanted, learner, seed, worker)


def grade_transplanted(
    assignment: Assignment, transplanted: Transplanted, learner: str, seed: int, worker: AnyWorker
) -> tuple[Result, Measurement]:
    """Grade a notebook that has been rebuilt from the course's; see `grade`."""
    steps = plan(assignment, transplanted.notebook)
    events = worker.run(assignment.reference, steps, submission_seed(seed, learner, steps))
    for event in events:
        if event["kind"] == "fault":
            raise CourseError(f"{assignment.slug} cannot be graded: {event['message']}")
    result = Result(
        chapter=assignment.slug,
        learner=learner,
        seed=seed,
        version=assignment.version,
        repairs=transplanted.repairs,
        verdicts=_verdicts(assignment, events),
        written=_written(assignment, transplanted),
        cells=_cells(steps, events),
    )
    end = events[-1]
    took = Measurement(end["wall_s"], end["cpu_s"], end["peak_bytes"], end["host"])
    return result, took


def submission_seed(seed: int, learner: str, steps: Sequence[Step]) -> int:
    """Give the seed from which a submission's checks draw their inputs.

    It depends on the submission's own text too: a learner who prints what their function was called
    with sees inputs that no other submission will meet.

    Args:
        seed: Seed of the class.
        learner: Who handed it in.
        steps: What is run of the submission.
    """
    return derive_seed(seed, learner, *(step.source for step in steps if step.kind == "run"))


def unreadable(assignment: Assignment, learner: str, seed: int, reason: str) -> Result:
    """Give the result of a submission that cannot be read: no points, and the reason."""
    return Result(
        chapter=assignment.slug,
        learner=learner,
        seed=seed,
        version=assignment.version,
        reason=reason,
        verdicts=tuple(no_verdict(one, reason) for one in assignment.chapter.autograded),
        written=tuple(
            WrittenResult(one.name, float(one.points), "")
            for one in assignment.chapter.exercises
            if isinstance(one, WrittenAnswer)
        ),
    )


def _verdicts(assignment: Assignment, events: Sequence[Event]) -> tuple[Verdict, ...]:
    """Give one verdict an exercise; the first told counts, a missing one is no points."""
    told: dict[str, Verdict] = {}
    for event in events:
        if event["kind"] == "verdict":
            verdict = Verdict.from_json(event["verdict"])
            told.setdefault(verdict.exercise, verdict)
    missing = "No verdict came back from the grader's process."
    return tuple(
        _in_points_of(one, told.get(one.name) or no_verdict(one, missing))
        for one in assignment.chapter.autograded
    )


def _in_points_of(exercise: Exercise, verdict: Verdict) -> Verdict:
    """Give a verdict with the points of the class, where they are not the course's."""
    if verdict.max_points == exercise.points:
        return verdict
    worth = {item.name: float(item.points) for item in exercise.items}
    items = tuple(
        replace(one, points=worth[one.name] if one.passed else 0.0, max_points=worth[one.name])
        for one in verdict.items
    )
    # Rounded, because hundredths do not add up exactly: a full mark must be one.
    points = round(sum(item.points for item in items), 2)
    return replace(verdict, items=items, points=points, max_points=float(exercise.points))


def _written(assignment: Assignment, transplanted: Transplanted) -> tuple[WrittenResult, ...]:
    return tuple(
        WrittenResult(one.name, float(one.points), _answer(assignment, transplanted.notebook, one))
        for one in assignment.chapter.exercises
        if isinstance(one, WrittenAnswer)
    )


def _answer(assignment: Assignment, notebook: NotebookNode, exercise: WrittenAnswer) -> str:
    """Give the text of a written answer, "" when it is as it was handed out."""
    wanted = assignment.grade_id(exercise)
    handed_out = normalised(assignment.by_grade_id[wanted].source)
    text = next(
        cell.source
        for cell in notebook.cells
        if is_answer(cell) and cell.metadata.nbgrader.grade_id == wanted
    )
    return "" if normalised(text) in ("", handed_out) else text


def _cells(steps: Sequence[Step], events: Sequence[Event]) -> tuple[CellRun, ...]:
    told = {event["cell"]: event for event in events if event["kind"] == "cell"}
    return tuple(
        CellRun(step.name, step.source, cell["text"], cell["error"], tuple(cell["plots"]))
        for step in steps
        if step.kind == "run" and (cell := told.get(step.name))
    )
