"""Plans: calls that depend on each other, checked before anything runs.

A step may use what another gave by writing `$name` in place of an argument. The plan is a value: it
can be shown to a person, approved, and then run as it is, whatever the tools say on the way.
`plan_runner` does that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib.agents.calls import Call
from course_lib.agents.tools import Tool, faults_of

SIGN = "$"


@dataclass(frozen=True)
class PlanStep:
    """A call in a plan.

    Attributes:
        name: What other steps call it.
        call: What to run; an argument `$other` is replaced by what the step `other` gave.
    """

    name: str
    call: Call

    @property
    def needs(self) -> tuple[str, ...]:
        """The steps whose results it uses, each once."""
        values = self.call.arguments.values()
        used = [v.removeprefix(SIGN) for v in values if isinstance(v, str) and v.startswith(SIGN)]
        return tuple(dict.fromkeys(used))


@dataclass(frozen=True)
class Plan:
    """Steps in any order.

    Attributes:
        steps: The steps.
        goal: The step whose result is the answer.

    Raises:
        ValueError: Two steps share a name, one uses a step that there is not, the goal is none of
            them, or steps wait for each other in a circle, which is then named.
    """

    steps: tuple[PlanStep, ...]
    goal: str

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two steps are called {twice[0]!r}")
        for name, used in [*((s.name, n) for s in self.steps for n in s.needs), ("", self.goal)]:
            if used not in names:
                who = f"the step {name!r} uses" if name else "the goal is"
                raise ValueError(f"{who} {used!r}; there are: {', '.join(names)}")
        if circle := self._circle():
            raise ValueError(f"steps wait for each other: {' → '.join(circle)}")

    @property
    def waves(self) -> list[list[PlanStep]]:
        """The steps in groups: each needs only steps of groups before it, and could run at once."""
        done: set[str] = set()
        waiting, found = list(self.steps), []
        while waiting:
            ready = [step for step in waiting if done.issuperset(step.needs)]
            found.append(ready)
            done.update(step.name for step in ready)
            waiting = [step for step in waiting if step.name not in done]
        return found

    def _circle(self) -> list[str]:
        """Return names that lead back to the first of them, or none."""
        waiting = {step.name: step.needs for step in self.steps}
        while ready := [n for n, needs in waiting.items() if not any(m in waiting for m in needs)]:
            for name in ready:
                del waiting[name]
        if not waiting:
            return []
        # Each of those left needs another of them, so following needs comes round in the end.
        path: list[str] = []
        name = next(iter(waiting))
        while name not in path:
            path.append(name)
            name = next(needed for needed in waiting[name] if needed in waiting)
        return [*path[path.index(name) :], name]


def check_plan(plan: Plan, tools: Mapping[str, Tool]) -> list[str]:
    """Say in sentences what of a plan could not be called, before anything is.

    What a step will get from another is not known yet, and passes.
    """
    faults = []
    for step in plan.steps:
        if step.call.name not in tools:
            faults.append(f"{step.name}: there is no tool {step.call.name}")
            continue
        parameters = tools[step.call.name].parameters
        open_ones = {
            name
            for name, value in step.call.arguments.items()
            if isinstance(value, str) and value.startswith(SIGN)
        }
        faults += [
            f"{step.name}: {fault}"
            for fault in faults_of(step.call.arguments, parameters)
            if fault.split()[0] not in open_ones
        ]
    return faults


def plan_sum(numbers: Sequence[int], tool: str = "add") -> Plan:
    """Plan the sum of some numbers as sums of two, in as few waves as there can be.

    Args:
        numbers: At least two.
        tool: Name of a tool that adds `x` and `y`.

    Raises:
        ValueError: There are fewer.
    """
    if not numbers[1:]:
        raise ValueError(f"a sum needs two numbers, got {list(numbers)}")
    steps: list[PlanStep] = []
    level: list[int | str] = list(numbers)
    while len(level) > 1:
        joined: list[int | str] = []
        for x, y in zip(level[::2], level[1::2], strict=False):
            name = f"sum{len(steps) + 1}"
            steps.append(PlanStep(name, Call(tool, {"x": x, "y": y})))
            joined.append(f"{SIGN}{name}")
        level = [*joined, *level[len(level) // 2 * 2 :]]
    return Plan(tuple(steps), steps[-1].name)
