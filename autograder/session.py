"""One submission's run: its cells in the learner's process and, behind each answer, the judge.

The cells run in the order of the notebook. When the process has to be ended, or ends, only the cell
or the call that it was in is lost: the next one finds another process, in which the cells before it
have been run again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from socket import gethostname
from typing import Any, TypeVar

from nbformat import NotebookNode

from autograder.exercises.base import Chapter, Exercise
from autograder.judge import judge_exercise, run_visible_tests
from autograder.judge.output import Output
from autograder.judge.process import (
    CellReply,
    LearnersProcess,
    ProcessEndedError,
    UnaskedReplyError,
)
from autograder.judge.python_text import as_python
from autograder.judge.warm_parent import WarmParent
from autograder.judge.watch import Watch
from autograder.sandbox.limits import Limits
from autograder.submissions.assignment import Assignment, given_tag, grade_id, is_answer
from autograder.submissions.transplant import is_added

CELL_CPU_S = 10.0

Event = dict[str, Any]
Answer = TypeVar("Answer")


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
    chapter: Chapter, steps: Sequence[Step], seed: int, parent: WarmParent, limits: Limits
) -> Iterator[Event]:
    """Run the steps and tell what came of each.

    Args:
        chapter: The exercises.
        steps: What `plan` listed.
        seed: From which the judge draws its inputs.
        parent: Forks the learner's processes.
        limits: What the learner's code may use.

    Yields:
        `{"kind": "cell", "cell", "text", "error", "plots"}` for a learner's cell, `{"kind":
        "verdict", "verdict"}` for an exercise, `{"kind": "visible", "exercise", "passed",
        "message"}` for visible tests, `{"kind": "fault", "message"}` when the course's own code
        fails, and last `{"kind": "end", "wall_s", "cpu_s", "peak_bytes", "host"}`. An exercise
        whose visible tests met a call without end is not judged as well.
    """
    began = time.perf_counter()
    run = _Run(chapter, seed, parent, limits)
    try:
        for step in steps:
            yield from run.do(step)
    finally:
        run.close()
    used = {"cpu_s": run.watch.cpu_s, "peak_bytes": run.watch.peak_bytes}
    took = {"wall_s": time.perf_counter() - began, "host": gethostname()}
    yield {"kind": "end", **used, **took}


class _Run:
    """A submission on its way through its steps.

    Attributes:
        watch: What it has used.
    """

    def __init__(self, chapter: Chapter, seed: int, parent: WarmParent, limits: Limits) -> None:
        self.watch = Watch(limits)
        self._chapter, self._seed, self._parent = chapter, seed, parent
        self._process: LearnersProcess | None = None
        self._behind: list[Step] = []  # cells that ran, for when they must run again
        self._python: list[str] = []
        self._ours_alone = True
        self._endless: set[str] = set()  # exercises whose visible tests met a call without end
        self._output = Output()

    def do(self, step: Step) -> Iterator[Event]:
        """Do one step and tell what came of it."""
        if step.kind == "visible":
            yield self._guarded(step, self._visible)
        elif step.kind == "judge":
            # Its learner has waited once. Marks are given without visible tests, so none change.
            if step.name not in self._endless:
                yield self._guarded(step, self._judge)
        else:
            yield from self._cell(step)

    def close(self) -> None:
        """End the learner's process."""
        if self._process:
            self._process.end()

    def _cell(self, step: Step) -> Iterator[Event]:
        self._ours_alone &= step.kind == "given"
        self._python.append(as_python(step.source))
        try:
            reply = self._ask(lambda process: process.run_cell(step.source, CELL_CPU_S))
            self._behind.append(step)
        except ProcessEndedError as reason:
            reply = CellReply("", f"Stopped: {reason}.", ())
        if step.kind == "run":
            yield {"kind": "cell", "cell": step.name, **self._output.take(reply)}
        elif reply.error and self._ours_alone:
            yield _fault(f"cell {step.name} of the chapter: {reply.error}")

    def _visible(self, exercise: Exercise, step: Step) -> Event:
        given = _given_names(tuple(one.source for one in self._behind if one.kind == "given"))
        given = {**given, "In": list(self._python)}  # as Jupyter keeps the cells that ran
        seen = run_visible_tests(step.source, exercise, self._sender(exercise), given)
        if seen.is_endless:
            self._endless.add(exercise.name)
        said = {"passed": seen.passed, "message": seen.message}
        return {"kind": "visible", "exercise": exercise.name, **said}

    def _judge(self, exercise: Exercise, step: Step) -> Event:
        source = "\n".join(self._python)
        verdict = judge_exercise(exercise, self._sender(exercise), self._seed, source)
        return {"kind": "verdict", "verdict": verdict.to_json()}

    def _guarded(self, step: Step, judge: Any) -> Event:  # noqa: ANN401
        exercise = next(one for one in self._chapter.autograded if one.name == step.name)
        try:
            return judge(exercise, step)
        except Exception as error:  # a check that breaks is the course's fault, never the learner's
            return _fault(f"the checks of {step.name}: {type(error).__name__}: {error}")

    def _sender(self, exercise: Exercise) -> Any:  # noqa: ANN401
        def send(request: bytes) -> bytes:
            return self._ask(lambda process: process.call(request, exercise.time_limit_s))

        return send

    def _ask(self, ask: Callable[[LearnersProcess], Answer]) -> Answer:
        """Ask the learner's process, and another one when it had more to say than it was asked.

        Raises:
            ProcessEndedError: There is no answer.
        """
        try:
            return ask(self._living())
        except UnaskedReplyError:  # the doing of an earlier request, which has had its answer
            return ask(self._living())

    def _living(self) -> LearnersProcess:
        """Give a process in which the cells so far have run.

        Raises:
            ProcessEndedError: The submission has used up what it may use.
        """
        while self._process is None or self._process.ended:
            reason = self.watch.exhausted()
            if reason:
                raise ProcessEndedError(reason)
            self._process = LearnersProcess(self._parent, self.watch, self._seed)
            self._run_again(self._process)
        return self._process

    def _run_again(self, process: LearnersProcess) -> None:
        for step in list(self._behind):
            try:
                process.run_cell(step.source, CELL_CPU_S)
            except ProcessEndedError:  # it did not die the first time: it is left out from now on
                self._behind.remove(step)
                return


@cache
def _given_names(sources: tuple[str, ...]) -> dict[str, Any]:
    """Give what cells of the course define, on the judge's side, where visible tests use it."""
    names: dict[str, Any] = {}
    for source in sources:
        exec(compile(source, "<given>", "exec"), names)
    return names


def _is_judging(step: Step) -> bool:
    return step.kind in ("visible", "judge")


def _fault(message: str) -> Event:
    return {"kind": "fault", "message": message}
