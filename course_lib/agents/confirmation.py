"""Defences that stand between a decision and its effect: who may call what, and who is asked first.

None of them looks at whether a text is harmful, which a text can hide. They look at what is about
to be done, and that cannot be hidden.
"""

from collections.abc import Callable, Mapping, Set

from course_lib.agents.calls import Call
from course_lib.agents.loop import Guard, LoopStep

Approve = Callable[[str, Call], bool]
"""A person: is shown the task and a call, and says whether it may run."""


def allow_only(names: Set[str]) -> Guard:
    """Return a guard that lets only some tools run."""

    def guard(task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        return None if call.name in names else f"{call.name} is not allowed for this task"

    return guard


def allow_after(foreign: Set[str], names: Set[str]) -> Guard:
    """Return a guard that lets only some tools run once foreign text has been read.

    Before that, the decisions come from the task alone; afterwards they may come from the text.

    Args:
        foreign: Tools whose results others have written.
        names: What may still run behind them.
    """

    def guard(task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        has_read = any(step.act.call.name in foreign and not step.is_refused for step in steps)
        if not has_read or call.name in names:
            return None
        return f"{call.name} is not allowed once foreign text has been read"

    return guard


def keep_to(plan: Mapping[str, Mapping[str, object]]) -> Guard:
    """Return a guard that lets a plan run and nothing else: each call once, with these arguments.

    The plan was fixed before anything was read, so nothing that is read can add to it: the
    pattern "plan, then execute" of Beurer-Kellner et al. 2025 (arXiv:2506.08837).

    Args:
        plan: The arguments of each tool. Those that are not named are left open.
    """

    def guard(task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        if call.name not in plan:
            return f"{call.name} is not in the plan"
        if any(step.act.call.name == call.name and not step.is_refused for step in steps):
            return f"{call.name} has been called already"
        for name, value in plan[call.name].items():
            if call.arguments.get(name) != value:
                return f"the plan calls {call.name} with {name} = {value!r}"
        return None

    return guard


def ask_before(names: Set[str], approve: Approve) -> Guard:
    """Return a guard that asks a person before some tools run.

    Args:
        names: Tools whose effect cannot be taken back.
        approve: The person.
    """

    def guard(task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        if call.name not in names or approve(task, call):
            return None
        return f"{call.name} was not approved"

    return guard


def all_of(*guards: Guard) -> Guard:
    """Return a guard that lets run what every one of some guards lets run."""

    def guard(task: str, steps: tuple[LoopStep, ...], call: Call) -> str | None:
        reasons = (each(task, steps, call) for each in guards)
        return next((reason for reason in reasons if reason), None)

    return guard
