"""Tasks that wait for one another, carried out in an order that fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_equal, expect_raises, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.wire import Made
from course_lib.agents.by_hand import Done, Failed, Skipped

exercise = Exercise(
    name="execute_plan",
    points=8,
    exports=("execute_plan",),
    not_allowed=("course_lib.agents.plan_runner.run_plan", "graphlib.TopologicalSorter"),
    hints=(
        "Find the order first, and run nothing while you do: again and again, take the first task "
        "of the list that is not yet taken and whose parents all are. If there are tasks left and "
        "none of them can be taken, they wait for each other in a circle.",
        "Then go through the order. If all parents are `Done`, call `run` inside `try` with the "
        "dictionary of their `value`s; otherwise the task is `Skipped`, and because it is not "
        "`Done`, so are those that wait for it. `except Exception as error` gives `str(error)`.",
    ),
    time_limit_s=5.0,
)

RUNS = "course_lib.agents.by_hand.numbered_run"
FORBIDDEN = Made("course_lib.agents.by_hand.forbidden_run")


@dataclass(frozen=True)
class Plan:
    """Tasks in the order in which they are given, and what each depends on."""

    tasks: list[str]
    dependencies: dict[str, list[str]]


def _outcomes(plan: Plan, failing: Sequence[str]) -> dict[str, Done | Failed | Skipped]:
    """Compute what is expected: look for the next task again after each."""
    outcomes: dict[str, Done | Failed | Skipped] = {}
    n_runs = 0
    while len(outcomes) < len(plan.tasks):
        task = next(
            task
            for task in plan.tasks
            if task not in outcomes
            and all(parent in outcomes for parent in plan.dependencies.get(task, []))
        )
        given = {parent: outcomes[parent] for parent in plan.dependencies.get(task, [])}
        values = {name: one.value for name, one in given.items() if isinstance(one, Done)}
        if len(values) < len(given):
            outcomes[task] = Skipped()
            continue
        n_runs += 1
        outcomes[task] = (
            Failed(f"{task} broke down")
            if task in failing
            else Done(f"{n_runs}:{task}({_written(values)})")
        )
    return outcomes


def _written(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={values[name]}" for name in sorted(values))


def _expect_outcomes(learner: Learner, plan: Plan, failing: Sequence[str] = ()) -> None:
    run = Made(RUNS, {"failing": list(failing)})
    got = learner.execute_plan(plan.tasks, plan.dependencies, run)
    expect_equal(got, _outcomes(plan, failing))


def _renamed(draw: Draw, tasks: str, dependencies: Mapping[str, str]) -> Plan:
    """Give the tasks other names, whose alphabetical order is the reverse of the plan's."""
    letters = sorted(draw.order(26).tolist()[: len(tasks)], reverse=True)
    names = {task: f"task {chr(ord('a') + i)}" for task, i in zip(tasks, letters, strict=True)}
    return Plan(
        [names[task] for task in tasks],
        {names[task]: [names[parent] for parent in dependencies[task]] for task in dependencies},
    )


@exercise.item(
    "parents first, and what they gave",
    points=2,
    sentence="A task runs after all that it depends on, whatever the order of the list, and `run` "
    "is given the *values* of its own parents, by their names, and of no others. Every task gets "
    "an outcome.",
)
def _(learner: Learner, draw: Draw) -> None:
    # A chain against the order of the list, and a diamond. One row of dependencies is empty.
    _expect_outcomes(learner, _renamed(draw, "CBA", {"C": "B", "B": "A"}))
    _expect_outcomes(learner, _renamed(draw, "ABCD", {"B": "A", "C": "A", "D": "CB", "A": ""}))
    _expect_outcomes(learner, Plan([], {}))
    if not draw.small:
        _expect_outcomes(learner, _renamed(draw, "EDCBA", {"E": "AD", "D": "AB", "C": "DA"}))
    expect_unchanged(learner)


@exercise.item(
    "of those that could run, the first of the list",
    points=2,
    sentence="After each task look at the list from its beginning: the first one that has not run "
    "and whose parents have, is next. A task that has just become possible may stand in front of "
    "one that has waited for long.",
)
def _(learner: Learner, draw: Draw) -> None:
    free = sorted("ABCD", key=lambda _: draw.integer(0, 10**6))
    for tasks in ("".join(free), "".join(reversed(free))):
        _expect_outcomes(learner, _renamed(draw, tasks, {}))
    # B becomes possible after C and comes before D; then A, before D too.
    _expect_outcomes(learner, _renamed(draw, "ABCD", {"B": "C", "A": "B"}))
    _expect_outcomes(learner, _renamed(draw, "ACEBD", {"A": "B", "C": "D"}))


@exercise.item(
    "what a failure does",
    points=2,
    sentence="A task whose `run` raises is Failed with the text of the error; all that depend on "
    "it, directly or not, are Skipped and do not run; everything else runs as ever.",
)
def _(learner: Learner, draw: Draw) -> None:
    for tasks in ("ABCDEF", "FEDCBA"):
        plan = _renamed(draw, tasks, {"C": "AB", "D": "C", "E": "D", "F": "A"})
        names = dict(zip(tasks, plan.tasks, strict=True))
        for failing in ("B", "BF", "D", "A", "CF"):
            _expect_outcomes(learner, plan, [names[task] for task in failing])


@exercise.item(
    "tasks that wait for each other",
    points=2,
    sentence="A cycle raises ValueError before *anything* runs, also what could have run. Two ways "
    "to one task are no cycle.",
)
def _(learner: Learner, draw: Draw) -> None:
    _expect_outcomes(learner, _renamed(draw, "DABC", {"B": "A", "C": "AB", "D": "ABC"}))
    for tasks, dependencies in (
        ("AB", {"A": "B", "B": "A"}),
        ("ABC", {"B": "C", "C": "B"}),
        ("BCA", {"B": "AC", "C": "B"}),
        ("BA", {"B": "B"}),
        ("A", {"A": "A"}),
        ("ABCD", {"B": "AD", "C": "B", "D": "C"}),
    ):
        plan = _renamed(draw, tasks, dependencies)
        expect_raises(
            ValueError,
            lambda plan=plan: learner.execute_plan(plan.tasks, plan.dependencies, FORBIDDEN),
        )
