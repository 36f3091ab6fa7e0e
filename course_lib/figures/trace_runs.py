"""What the figure of an agent's trace is made of: runs of the loop for every budget and memory.

Nothing is shown that has not run: each case is run anew, with tools in their first state, for every
number of calls and every number of steps that the policy sees.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course_lib.agents.loop import Guard, LoopStep, LoopTrace, Policy, run_loop
from course_lib.agents.short_memory import ShortMemory
from course_lib.agents.tools import Tool

MOST_CALLS = 6

Run = dict[str, Any]
"""A trace as the page reads it: `steps`, `answer`, `thought`, `stopped` and `is_done`."""


@dataclass(frozen=True)
class Case:
    """A task, and what works on it.

    Attributes:
        label: What the reader chooses it by.
        decider: What decides, in a few words.
        task: What is asked for.
        wanted: What is right, in a few words.
        policy: Takes the decisions.
        tools: Makes the tools as they are before a run.
        is_done: Says of a trace whether the task was done.
        guard: Stands before every call. None: every call runs.
    """

    label: str
    decider: str
    task: str
    wanted: str
    policy: Policy
    tools: Callable[[], Mapping[str, Tool]]
    is_done: Callable[[LoopTrace], bool]
    guard: Guard | None = None

    def run(self, n_calls: int, n_steps: int) -> LoopTrace:
        """Let the policy work with so many calls, seeing so many of its last steps."""
        policy = ShortMemory(self.policy, n_steps)
        return run_loop(policy, self.tools(), self.task, n_calls=n_calls, guard=self.guard)


def runs_of(case: Case) -> list[list[Run]]:
    """Run a case for every budget and memory.

    Returns:
        For each number of calls from 0 to `MOST_CALLS` a list: the run of a policy that sees one
        step, of one that sees two, and so on to `MOST_CALLS`.
    """
    found = []
    for n_calls in range(MOST_CALLS + 1):
        # There are never more steps than calls, so a larger memory sees the same.
        shorter = range(1, max(n_calls, 1) + 1)
        runs = [as_run(case.run(n_calls, n_steps), case) for n_steps in shorter]
        found.append([*runs, *([runs[-1]] * (MOST_CALLS - len(runs)))])
    return found


def as_run(trace: LoopTrace, case: Case) -> Run:
    """Write a trace as the page reads it."""
    return {
        "steps": [_as_line(step) for step in trace.steps],
        "answer": trace.answer,
        "thought": trace.thought,
        "stopped": trace.stopped,
        "is_done": case.is_done(trace),
    }


def _as_line(step: LoopStep) -> dict[str, str]:
    kind = "refused" if step.is_refused else "error" if step.result.is_error else "result"
    return {
        "thought": step.act.thought,
        "call": str(step.act.call).removeprefix("call "),
        "kind": kind,
        "text": step.result.text,
    }
