"""One submission's run: its cells and, behind each answer, the judge.

The cells run in the order of the notebook in one child. When the child has to be ended, only the
step that it was in is lost: the rest goes on in a fresh one. The judge sees the learner's functions
through `send`, which takes and gives bytes; in which process they live is decided in `_work` alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbformat import NotebookNode

from autograder.exercises.base import Chapter, Exercise
from autograder.judge import ItemResult, Verdict, judge_exercise, run_visible_tests
from autograder.sandbox.agent import Agent
from autograder.sandbox.cells import CellRunner
from autograder.sandbox.run import Emit, Ended, Event, Limits, run_confined
from autograder.submissions.assignment import Assignment, given_tag, grade_id, is_answer
from autograder.submissions.transplant import is_added

CELL_CPU_S = 10.0
# A cell is first given up politely, inside the child; the child is ended only when that fails.
HARD_CELL_CPU_S = 1.5 * CELL_CPU_S
# An item whose calls run out of time is one of several, and all of them may.
JUDGE_CPU_PER_LIMIT = 1.5


@dataclass(frozen=True)
class Step:
    """One thing to do with a submission.

    Attributes:
        kind: "given" (run a cell of ours), "run" (run a cell of the learner's), "visible" (run an
            exercise's visible tests) or "judge" (run its checks).
        name: Id of the cell, or name of the exercise.
        source: Text of the cell; none for "judge".
    """

    kind: str
    name: str
    source: str = ""


def plan(
    assignment: Assignment, notebook: NotebookNode, judging: Sequence[str] = ("judge",)
) -> list[Step]:
    """List what to do with a transplanted notebook, in its order.

    Args:
        assignment: The chapter.
        notebook: The transplanted notebook.
        judging: What to do behind each answer: "visible", "judge" or both.
    """
    tests = {assignment.mark_id(one): one.name for one in assignment.chapter.autograded}
    steps = []
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        if grade_id(cell) in tests:
            name = tests[grade_id(cell)]
            sources = {"visible": cell.source, "judge": ""}
            steps += [Step(kind, name, sources[kind]) for kind in judging]
        elif is_answer(cell) or is_added(cell):
            if cell.source.strip():
                steps.append(Step("run", cell.id, cell.source))
        elif given_tag(cell) in assignment.needed_given:
            steps.append(Step("given", cell.id, cell.source))
    last = max((i for i, step in enumerate(steps) if _is_judging(step)), default=-1)
    return steps[: last + 1]


def run_session(
    chapter: Chapter, steps: Sequence[Step], seed: int, limits: Limits
) -> Iterator[Event]:
    """Run the steps and tell what came of each.

    Args:
        chapter: The exercises.
        steps: What `plan` listed.
        seed: From which the judge draws its inputs.
        limits: What the learner's code may use.

    Yields:
        `{"kind": "cell", "cell", "text", "error"}` for a learner's cell, `{"kind": "verdict",
        "verdict"}` for an exercise, `{"kind": "visible", "exercise", "passed", "message"}` for
        visible tests, `{"kind": "fault", "message"}` when a cell of the course fails, and last
        `{"kind": "end", "cpu_s"}`.
    """
    left, cpu_s, told = list(steps), 0.0, set()
    while left:
        rest = replace(limits, total_cpu_s=limits.total_cpu_s - cpu_s)
        ended = Ended(0, "", 0.0)
        for event in run_confined(_work(chapter, left, seed), _step_limits(chapter, left), rest):
            if isinstance(event, Ended):
                ended = event
            elif event["kind"] != "begin" and str(event) not in told:
                told.add(str(event))  # a cell that runs again in a fresh child is told once
                yield event
        cpu_s += ended.cpu_s
        if not ended.reason:
            break
        yield _lost(chapter, left[ended.step], ended.reason)
        left = _without(left, ended.step)
        if cpu_s >= limits.total_cpu_s:
            yield from (_lost(chapter, step, ended.reason) for step in left if _is_judging(step))
            break
    yield {"kind": "end", "cpu_s": cpu_s}


def _work(chapter: Chapter, steps: Sequence[Step], seed: int) -> Callable[[Emit], None]:
    """Make the work of one child."""

    def work(emit: Emit) -> None:
        runner = CellRunner(seed)
        namespace: dict[str, Any] = {}
        ours_alone = True
        for index, step in enumerate(steps):
            emit("begin", step=index)
            if _is_judging(step):
                _judge(chapter, step, runner, namespace, seed, emit)
                continue
            outcome = runner.run(step.source, CELL_CPU_S)
            if step.kind == "run":
                ours_alone = False
                emit("cell", cell=step.name, text=outcome.text, error=outcome.error)
            elif ours_alone:
                namespace = dict(runner.namespace)
                if outcome.error:
                    emit("fault", message=f"cell {step.name} of the chapter: {outcome.error}")

    return work


def _judge(
    chapter: Chapter,
    step: Step,
    runner: CellRunner,
    given: dict[str, Any],
    seed: int,
    emit: Emit,
) -> None:
    """Judge one exercise; here, and only here, the judge meets the learner's process."""
    exercise = _exercise(chapter, step)
    send = Agent(runner.namespace).answer
    try:
        if step.kind == "visible":
            seen = run_visible_tests(step.source, exercise, send, given)
            emit("visible", exercise=step.name, passed=seen.passed, message=seen.message)
        else:
            verdict = judge_exercise(exercise, send, seed, runner.python_so_far)
            emit("verdict", verdict=verdict.to_json())
    except Exception as error:  # a check that breaks is the course's fault and must not cost marks
        emit("fault", message=f"the checks of {step.name}: {type(error).__name__}: {error}")


def _is_judging(step: Step) -> bool:
    return step.kind in ("visible", "judge")


def _exercise(chapter: Chapter, step: Step) -> Exercise:
    return next(one for one in chapter.autograded if one.name == step.name)


def _step_limits(chapter: Chapter, steps: Sequence[Step]) -> Callable[[int], float]:
    def limit_s(index: int) -> float:
        if not _is_judging(steps[index]):
            return HARD_CELL_CPU_S
        exercise = _exercise(chapter, steps[index])
        return JUDGE_CPU_PER_LIMIT * exercise.time_limit_s * (1 + len(exercise.items))

    return limit_s


def _without(steps: Sequence[Step], ended: int) -> list[Step]:
    """Give what is left to do: no verdict twice, and not the step that ended the child."""
    return [
        step
        for index, step in enumerate(steps)
        if index != ended and not (_is_judging(step) and index < ended)
    ]


def _lost(chapter: Chapter, step: Step, reason: str) -> Event:
    """Tell of a step that the child did not survive."""
    if not _is_judging(step):
        return {"kind": "cell", "cell": step.name, "text": "", "error": f"Stopped: {reason}."}
    if step.kind == "visible":
        message = f"The tests were stopped: {reason}."
        return {"kind": "visible", "exercise": step.name, "passed": False, "message": message}
    verdict = no_verdict(_exercise(chapter, step), f"Judging was stopped: {reason}.")
    return {"kind": "verdict", "verdict": verdict.to_json()}


def no_verdict(exercise: Exercise, reason: str) -> Verdict:
    """Give no points for an exercise that could not be judged, and say why."""
    items = tuple(
        ItemResult(item.name, item.sentence, 0.0, float(item.points), False, reason)
        for item in exercise.items
    )
    return Verdict(exercise.name, 0.0, float(exercise.points), items, reason=reason)
