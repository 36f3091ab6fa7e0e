"""The loop of an agent: a policy decides, a tool runs, the policy sees what came of it.

The policy is whatever decides: a script, a trained model, a model behind an endpoint. The loop
knows nothing of it. It counts, it keeps the trace, and it asks a guard before anything runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from course_lib.agents.calls import Call, Result, run_call
from course_lib.agents.tools import Tool


@dataclass(frozen=True)
class Act:
    """A decision to call a tool.

    Attributes:
        call: What to run.
        thought: Why, in the policy's words.
        fault: What is wrong with the call where it could not be read; it is then not run, and this
            is what comes of it.
    """

    call: Call
    thought: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Finish:
    """A decision to end.

    Attributes:
        answer: What the task gets.
        thought: Why, in the policy's words.
    """

    answer: str
    thought: str = ""


@dataclass(frozen=True)
class LoopStep:
    """A call that was made, or refused, and what the policy was shown of it.

    Attributes:
        act: The decision.
        result: What came of it.
        is_refused: Whether it was kept from running, by the guard or because it could not be read.
    """

    act: Act
    result: Result
    is_refused: bool = False


@runtime_checkable
class Policy(Protocol):
    """Decides what comes next."""

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Decide.

        Args:
            task: What is asked for.
            steps: What happened so far, first step first.
            n_left: How many calls are left.
        """
        ...


@runtime_checkable
class Guard(Protocol):
    """May keep a call from running."""

    def __call__(self, task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        """Return why a call must not run, in a sentence, or None if it may."""
        ...


@dataclass(frozen=True)
class LoopTrace:
    """What an agent did.

    Attributes:
        task: What was asked for.
        steps: Each call, with what came of it.
        answer: What it answered; None if it came to no answer.
        stopped: Why it ended: `ANSWERED` or `SPENT`.
        thought: What it thought of its answer.
    """

    task: str
    steps: tuple[LoopStep, ...]
    answer: str | None
    stopped: str
    thought: str = ""

    @property
    def n_errors(self) -> int:
        """How many calls went wrong or were refused."""
        return sum(step.result.is_error for step in self.steps)

    @property
    def ran(self) -> tuple[Call, ...]:
        """The calls that were carried out, failed ones too."""
        return tuple(step.act.call for step in self.steps if not step.is_refused)

    @property
    def lines(self) -> list[str]:
        """The trace for a reader: a line for each thought, call and result."""
        found = [f"task: {self.task}"]
        for step in self.steps:
            found += [f"  thought: {step.act.thought}"] if step.act.thought else []
            found.append(f"  {step.act.call}")
            kind = "refused" if step.is_refused else "error" if step.result.is_error else "result"
            found.append(f"  {kind}: {step.result.text}")
        found += [f"  thought: {self.thought}"] if self.thought else []
        return [*found, f"{self.stopped}: {self.answer}"]


ANSWERED = "answered"
SPENT = "budget spent"


def run_loop(
    policy: Policy,
    tools: Mapping[str, Tool],
    task: str,
    *,
    n_calls: int,
    guard: Guard | None = None,
    show: Callable[[Call, Result], Result] | None = None,
    on_step: Callable[[LoopStep], object] | None = None,
) -> LoopTrace:
    """Let a policy work on a task until it answers, or until its calls are used up.

    Reasoning and calls in turn are from Yao et al. 2023 (arXiv:2210.03629).

    Args:
        policy: Decides. When no call is left it is asked once more, for an answer.
        tools: What may be called. A tool that fails is a result like any other.
        task: What is asked for.
        n_calls: How many calls may be made. Failed and refused ones count: the policy that
            makes them would otherwise never come to an end.
        guard: Is asked before each call. None: every call runs.
        show: Changes what the policy sees of a result: to mark it as foreign text, to take out what
            it must not see. None: it sees everything.
        on_step: Is told of each step.

    Raises:
        ValueError: The number of calls is negative.
    """
    if n_calls < 0:
        raise ValueError(f"a number of calls is not negative, unlike {n_calls}")
    steps: tuple[LoopStep, ...] = ()
    while True:
        decision = policy(task, steps, n_calls - len(steps))
        if isinstance(decision, Finish):
            return LoopTrace(task, steps, decision.answer, ANSWERED, decision.thought)
        if len(steps) == n_calls:
            return LoopTrace(task, steps, None, SPENT)
        step = _take(decision, tools, task, steps, guard, show)
        steps = (*steps, step)
        if on_step is not None:
            on_step(step)


def _take(
    act: Act,
    tools: Mapping[str, Tool],
    task: str,
    steps: tuple[LoopStep, ...],
    guard: Guard | None,
    show: Callable[[Call, Result], Result] | None,
) -> LoopStep:
    refusal = act.fault or (guard(task, steps, act.call) if guard else None)
    if refusal:
        return LoopStep(act, Result(refusal, is_error=True), is_refused=True)
    result = run_call(act.call, tools)
    return LoopStep(act, result if show is None else show(act.call, result))
