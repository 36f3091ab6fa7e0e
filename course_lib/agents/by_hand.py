"""The parts of an agent at their simplest, for what is worked out by hand, exercises and tests.

What a policy decides, what became of it, and small policies, tools and runs that cross into any
process by what they are made from. The agents that chapters measure are made of `calls`, `loop` and
`plan_runner`, which check, guard and limit more.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A tool that is to run, and with what.

    Attributes:
        name: The tool.
        arguments: By their names.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ToolError:
    """A call that came to nothing.

    Attributes:
        message: What went wrong, in words for whoever made the call.
    """

    message: str


@dataclass(frozen=True)
class Answer:
    """A decision to end.

    Attributes:
        text: What the task gets.
    """

    text: str


@dataclass(frozen=True)
class Step:
    """A call that was made.

    Attributes:
        call: What ran.
        result: What the tool gave, or a `ToolError`.
    """

    call: ToolCall
    result: Any


@dataclass(frozen=True)
class Trace:
    """What an agent did.

    Attributes:
        steps: Each call, with what came of it.
        answer: The answer's text; None if it came to none.
        stopped: Why it ended: "answered" or "budget spent".
    """

    steps: list[Step]
    answer: str | None
    stopped: str


@dataclass(frozen=True)
class Done:
    """A task that was carried out.

    Attributes:
        value: What it gave.
    """

    value: Any


@dataclass(frozen=True)
class Failed:
    """A task that went wrong.

    Attributes:
        error: What the error said.
    """

    error: str


@dataclass(frozen=True)
class Skipped:
    """A task that never ran, because one that it depends on came to nothing."""


class RanTooEarlyError(BaseException):
    """A task ran that should not have; no `Exception`, so that it is not taken for a failure."""


Policy = Callable[[str, list[Step]], ToolCall | Answer]
"""Is given the task and the steps so far, and decides what comes next."""

Run = Callable[[str, Mapping[str, Any]], object]
"""Carries out a task, given the values of the tasks that it depends on, by their names."""


def scripted_policy(moves: Sequence[str | tuple[str, Mapping[str, Any]]]) -> Policy:
    """Return a policy that makes one move after the other, the last one for ever.

    Args:
        moves: A text is an answer; `{task}` in it is the task, `{0}` the first result, and a result
            that is an error reads *error*. A pair is a call: a tool and its arguments, of which
            `"{0}"` stands for the first result itself.
    """

    def policy(task: str, steps: list[Step]) -> ToolCall | Answer:
        move = moves[min(len(steps), len(moves) - 1)]
        results = ["error" if isinstance(s.result, ToolError) else s.result for s in steps]
        if isinstance(move, str):
            return Answer(move.format(*results, task=task))
        name, arguments = move
        places = {f"{{{place}}}": result for place, result in enumerate(results)}
        given = {
            key: places.get(value, value) if isinstance(value, str) else value
            for key, value in arguments.items()
        }
        return ToolCall(name, given)

    return policy


def stubborn_policy(name: str, arguments: Mapping[str, Any]) -> Policy:
    """Return a policy that makes the same call until it works, and answers with its result."""

    def policy(task: str, steps: list[Step]) -> ToolCall | Answer:
        if steps and not isinstance(steps[-1].result, ToolError):
            return Answer(f"{steps[-1].result} after {len(steps)}")
        return ToolCall(name, arguments)

    return policy


def adding_tool() -> Callable[..., Any]:
    """Return a tool that adds `x` and `y`."""

    def add(x: Any, y: Any) -> Any:  # noqa: ANN401 - whatever can be added
        return x + y

    return add


def flaky_tool(message: str, n_failures: int) -> Callable[..., Any]:
    """Return a tool that raises a number of times before it begins to give `x` back.

    Args:
        message: What its errors say.
        n_failures: How often it fails.
    """
    n_calls = 0

    def echo(x: Any) -> Any:  # noqa: ANN401 - whatever it is given
        nonlocal n_calls
        n_calls += 1
        if n_calls <= n_failures:
            raise RuntimeError(message)
        return x

    return echo


def numbered_run(failing: Collection[str] = ()) -> Run:
    """Return a run whose values say when a task ran and what it was given.

    The value of the second task to run, *b*, with the value *v* of *a*, is `2:b(a=v)`.

    Args:
        failing: Tasks that raise an error in place of giving a value.
    """
    n_runs = 0

    def run(task: str, results: Mapping[str, Any]) -> str:
        nonlocal n_runs
        n_runs += 1
        if task in failing:
            raise RuntimeError(f"{task} broke down")
        given = ", ".join(f"{name}={results[name]}" for name in sorted(results))
        return f"{n_runs}:{task}({given})"

    return run


def forbidden_run() -> Run:
    """Return a run for plans of which nothing must run."""

    def run(task: str, results: Mapping[str, Any]) -> object:
        raise RanTooEarlyError(f"{task} ran")

    return run
