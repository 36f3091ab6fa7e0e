"""Tasks that a fixed workflow solves as long as nothing unforeseen happens, and an agent as well.

How many drums do the mill and the zoo have together? Look up the one, look up the other, add. In
some tasks there are three places, and in some a place has moved its stock elsewhere, which only
shows when it is asked. The agent here is a script too: it decides after each result, by rules that
foresee what can happen, and a share of its decisions can be spoiled, for no model decides without
fault.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from course_lib.agents.calls import Call
from course_lib.agents.loop import Act, Finish, LoopStep, Policy, run_loop
from course_lib.agents.policies import Workflow
from course_lib.agents.tools import Tool, toolbox
from course_lib.data.facts import RELATIONS
from course_lib.data.tinytales import lexicon

KINDS = ("plain", "three", "moved")
ITEMS = lexicon.OBJECTS_BY_USE["played"]
PLACES = RELATIONS["works at the"]
MOST = 1000
"""Fewer than so many things are in any place."""


@dataclass(frozen=True)
class ShopTask:
    """A question about places and things.

    Attributes:
        kind: One of `KINDS`.
        item: What is counted.
        places: Where, as the question says.
        stock: How many there are, by place.
        moved: Where a place has moved its stock.
    """

    kind: str
    item: str
    places: tuple[str, ...]
    stock: dict[str, int]
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The question."""
        return f"how many of {self.item} at {' and '.join(self.places)}"

    @property
    def answer(self) -> str:
        """What is right."""
        return str(sum(self.stock[self.moved.get(place, place)] for place in self.places))


@dataclass(frozen=True)
class Account:
    """What a policy did with some tasks.

    Attributes:
        success: Share that was answered rightly.
        n_calls: Mean number of calls in a task.
        n_errors: Mean number of calls that went wrong.
        unanswered: Share that came to no answer.
    """

    success: float
    n_calls: float
    n_errors: float
    unanswered: float


def make_tasks(n_tasks: int, kind: str, generator: torch.Generator) -> list[ShopTask]:
    """Draw some tasks of a kind.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there are no {kind!r} tasks; there are {', '.join(KINDS)}")
    return [_draw(kind, generator) for _ in range(n_tasks)]


def tools_of(task: ShopTask) -> dict[str, Tool]:
    """Return the tools with which a task can be solved."""

    def count(item: str, place: str) -> int:
        """Count the things of a kind in a place."""
        if place in task.moved:
            raise LookupError(f"{place} has moved its stock to {task.moved[place]}")
        if item != task.item or place not in task.stock:
            raise LookupError(f"nothing is known of {item} at {place}")
        return task.stock[place]

    def add(x: int, y: int) -> int:
        """Add two whole numbers."""
        return x + y

    return toolbox(count, add)


def fixed_workflow(n_tries: int = 1) -> Workflow:
    """Return the workflow: count in the first place, count in the second, add, answer."""
    return Workflow(
        stages=(
            lambda task, results: _count_call(task, 0),
            lambda task, results: _count_call(task, 1),
            lambda task, results: Call("add", {"x": int(results[0]), "y": int(results[1])}),
        ),
        answer=lambda task, results: results[-1],
        n_tries=n_tries,
    )


def deciding_agent(task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
    """Decide what is next from what is known: a `Policy` for any number of places, moved or not."""
    item, places = _read(task)
    counts, moved, total, n_added = _known(steps)
    for place in places:
        where = moved.get(place, place)
        if where not in counts:
            return Act(Call("count", {"item": item, "place": where}), f"{where} is not known yet")
    numbers = [counts[moved.get(place, place)] for place in places]
    if n_added == len(numbers) - 1:
        return Finish(str(total))
    x = numbers[0] if total is None else total
    return Act(Call("add", {"x": x, "y": numbers[n_added + 1]}), "both are known")


@dataclass(frozen=True)
class Fallible:
    """Spoils a share of another policy's decisions: a wrong number, a wrong place, an early end.

    Attributes:
        policy: Whose decisions.
        error_rate: Share that is spoiled.
        generator: Source of the draws.
    """

    policy: Policy
    error_rate: float
    generator: torch.Generator

    def __call__(self, task: str, steps: tuple[LoopStep, ...], n_left: int) -> Act | Finish:
        """Decide as the other would, or wrongly."""
        decision = self.policy(task, steps, n_left)
        if torch.rand((), generator=self.generator).item() >= self.error_rate:
            return decision
        number = int(torch.randint(MOST, (), generator=self.generator))
        if isinstance(decision, Finish) or decision.call.name == "add":
            return Finish(str(number), "spoiled")
        place = PLACES[number % len(PLACES)]
        return Act(Call("count", {**decision.call.arguments, "place": place}), "spoiled")


def measure(
    policy_for: Callable[[ShopTask], Policy], tasks: Sequence[ShopTask], n_calls: int
) -> Account:
    """Let a policy work on tasks, and count.

    Args:
        policy_for: Gives the policy for a task.
        tasks: The tasks.
        n_calls: How many calls each may take.

    Raises:
        ValueError: There are no tasks.
    """
    if not tasks:
        raise ValueError("without tasks nothing can be counted")
    traces = [
        (task, run_loop(policy_for(task), tools_of(task), task.text, n_calls=n_calls))
        for task in tasks
    ]
    n = len(tasks)
    return Account(
        success=sum(trace.answer == task.answer for task, trace in traces) / n,
        n_calls=sum(len(trace.steps) for _, trace in traces) / n,
        n_errors=sum(trace.n_errors for _, trace in traces) / n,
        unanswered=sum(not trace.answer for _, trace in traces) / n,
    )


def _draw(kind: str, generator: torch.Generator) -> ShopTask:
    order = torch.randperm(len(PLACES), generator=generator).tolist()
    places = [PLACES[number] for number in order[: 3 if kind == "three" else 2]]
    item = ITEMS[int(torch.randint(len(ITEMS), (), generator=generator))]
    moved = {}
    if kind == "moved":
        # One of the two; its goods are where nobody has asked for.
        moved[places[order[0] % 2]] = PLACES[order[2]]
    counts = torch.randint(MOST, (len(PLACES),), generator=generator).tolist()
    stock = {place: n for place, n in zip(PLACES, counts, strict=True) if place not in moved}
    return ShopTask(kind, item, tuple(places), stock, moved)


def _read(task: str) -> tuple[str, list[str]]:
    item, _, places = task.removeprefix("how many of ").partition(" at ")
    return item, places.split(" and ")


def _count_call(task: str, number: int) -> Call:
    item, places = _read(task)
    return Call("count", {"item": item, "place": places[number]})


def _known(steps: Sequence[LoopStep]) -> tuple[dict[str, int], dict[str, str], int | None, int]:
    """Read off the steps what has been counted, what has moved, and what has been added."""
    counts: dict[str, int] = {}
    moved: dict[str, str] = {}
    total, n_added = None, 0
    for step in steps:
        call, result = step.act.call, step.result
        if found := re.search(r"(\w+) has moved its stock to (\w+)", result.text):
            moved[found[1]] = found[2]
        elif call.name == "count" and not result.is_error:
            counts[call.arguments["place"]] = int(result.text)
        elif call.name == "add" and not result.is_error:
            total, n_added = int(result.text), n_added + 1
    return counts, moved, total, n_added
