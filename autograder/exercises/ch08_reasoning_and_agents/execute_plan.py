"""Answers to the exercise about plans: mistakes, and other right ways."""

from collections.abc import Callable

from autograder.exercises.ch08_reasoning_and_agents.execute_plan_checks import exercise
from course_lib.agents.by_hand import Done, Failed, Skipped

__all__ = ["exercise"]


@exercise.misconception(
    "You follow the dependencies from task to task, and in a cycle there is no end to that. "
    "Look for the cycle first: if tasks are left and none of them could run, raise ValueError."
)
def cycle_followed_for_ever(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Ask each task's parents, and theirs."""

    def all_before(task: str) -> set:
        direct = dependencies.get(task, [])
        return set(direct).union(*(all_before(parent) for parent in direct))

    before = {task: all_before(task) for task in tasks}
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if before[t] <= set(order)]
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "The cycle is found only after other tasks have run. What they did cannot be undone: look "
    "through the whole plan before you run any of it."
)
def cycle_found_too_late(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Run until nothing goes on."""
    waiting, outcomes = list(tasks), {}
    while waiting:
        ready = [t for t in waiting if all(p in outcomes for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        task = ready[0]
        waiting.remove(task)
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "Tasks that wait for each other are skipped without a word. A plan with a cycle is wrong as "
    "a whole: raise ValueError."
)
def cycle_skipped(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Leave them out."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            break
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes | {task: Skipped() for task in waiting}


@exercise.misconception(
    "A task runs although one that it depends on failed, without what it needs. It has to be "
    "skipped."
)
def failed_parent_ignored(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Run it with what there is."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        try:
            values = {p: outcomes[p].value for p in parents if isinstance(outcomes[p], Done)}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "Those that depend on a *skipped* task run. It gave nothing either: what is not `Done` "
    "stops all that wait for it."
)
def grandchildren_run(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Look for failures alone."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if any(isinstance(outcomes[parent], Failed) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {p: outcomes[p].value for p in parents if isinstance(outcomes[p], Done)}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "The error of one task leaves the function, and the others never run. Catch it and note "
    "`Failed(str(error))`; what does not depend on it goes on."
)
def failure_ends_the_plan(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Let the error through."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        values = {parent: outcomes[parent].value for parent in parents}
        outcomes[task] = Done(run(task, values))
    return outcomes


@exercise.misconception(
    "After a failure everything is skipped, also what does not depend on it. Only those that "
    "wait for it, directly or through others, lose what they need."
)
def everything_after_is_skipped(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Stop at the first failure."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if any(isinstance(one, Failed) for one in outcomes.values()):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "Among those that could run you take the first by *name*. The list of tasks says which "
    "comes first."
)
def order_by_name(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Sort."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(min(ready))
        waiting.remove(min(ready))
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "All that could run go before any that has just become possible. Look at the list anew "
    "after *each* task: one further in front may be ready now."
)
def wave_by_wave(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Run all that are ready, then look again."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order += ready
        waiting = [t for t in waiting if t not in ready]
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "`run` is given the values of all tasks so far. A task gets what its own parents gave, and "
    "nothing else."
)
def everything_handed_on(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Give all there is."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {name: one.value for name, one in outcomes.items() if isinstance(one, Done)}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "`run` is given `Done(…)` in place of what is in it. Hand the values on: `outcome.value`."
)
def outcomes_handed_on(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Give the outcome."""
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent] for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.misconception(
    "A task that is met twice is taken for a cycle. Two ways may lead to the same task; a cycle "
    "leads back to where it began."
)
def two_ways_taken_for_a_cycle(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Meet a task twice."""
    for task in tasks:
        met, todo = set(), [task]
        while todo:
            here = todo.pop()
            if here in met:
                raise ValueError("a cycle")
            met.add(here)
            todo += dependencies.get(here, [])
    waiting, order = list(tasks), []
    while waiting:
        ready = [t for t in waiting if all(p in order for p in dependencies.get(t, []))]
        if not ready:
            raise ValueError("a cycle")
        order.append(ready[0])
        waiting.remove(ready[0])
    outcomes = {}
    for task in order:
        parents = dependencies.get(task, [])
        if not all(isinstance(outcomes[parent], Done) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            values = {parent: outcomes[parent].value for parent in parents}
            outcomes[task] = Done(run(task, values))
        except Exception as error:
            outcomes[task] = Failed(str(error))
    return outcomes


@exercise.alternative
def with_counters(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Count for each task how many parents are left, and look for a cycle by taking leaves off."""
    missing = {task: len(set(dependencies.get(task, ()))) for task in tasks}
    children: dict = {task: [] for task in tasks}
    for task in tasks:
        for parent in set(dependencies.get(task, ())):
            children[parent].append(task)
    order = []
    while len(order) < len(tasks):
        free = [task for task in tasks if missing[task] == 0]
        if not free:
            raise ValueError(f"{set(tasks) - set(order)} wait for each other")
        missing[free[0]] = -1
        order.append(free[0])
        for child in children[free[0]]:
            missing[child] -= 1
    results: dict = {}
    for task in order:
        values = {}
        for parent in dependencies.get(task, ()):
            if isinstance(results[parent], Done):
                values[parent] = results[parent].value
        if len(values) == len(set(dependencies.get(task, ()))):
            try:
                results[task] = Done(value=run(task, values))
            except Exception as problem:
                results[task] = Failed(error=f"{problem}")
        else:
            results[task] = Skipped()
    return results


@exercise.alternative
def checked_by_depth_first_search(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Look for a way that leads back, then run whatever is next."""
    state: dict = {}

    def check(task: str) -> None:
        if state.get(task) == "open":
            raise ValueError(f"{task} waits for itself")
        if task not in state:
            state[task] = "open"
            for parent in dependencies.get(task, []):
                check(parent)
            state[task] = "closed"

    for task in tasks:
        check(task)
    outcomes: dict = {}

    def next_task() -> str | None:
        for task in tasks:
            ready = all(parent in outcomes for parent in dependencies.get(task, []))
            if ready and task not in outcomes:
                return task
        return None

    while (task := next_task()) is not None:
        parents = [outcomes[parent] for parent in dependencies.get(task, [])]
        if any(type(parent) in (Failed, Skipped) for parent in parents):
            outcomes[task] = Skipped()
            continue
        try:
            names = dependencies.get(task, [])
            value = run(task, dict(zip(names, (one.value for one in parents), strict=True)))
        except Exception as error:
            outcomes[task] = Failed(str(error))
        else:
            outcomes[task] = Done(value)
    return outcomes


@exercise.alternative
def by_calling_itself(tasks: list, dependencies: dict, run: Callable) -> dict:
    """Take one task off, and leave the rest to the recursion."""

    def order_of(left: tuple, done: tuple) -> tuple:
        if not left:
            return done
        for place, task in enumerate(left):
            if set(dependencies.get(task, [])).issubset(done):
                return order_of(left[:place] + left[place + 1 :], (*done, task))
        raise ValueError(f"a cycle among {left}")

    found: dict = {}

    def outcome_of(task: str) -> Done | Failed | Skipped:
        match [(parent, found[parent]) for parent in dependencies.get(task, [])]:
            case parents if all(isinstance(one, Done) for _, one in parents):
                try:
                    return Done(run(task, {name: one.value for name, one in parents}))
                except Exception as error:
                    return Failed(str(error))
            case _:
                return Skipped()

    for task in order_of(tuple(tasks), ()):
        found[task] = outcome_of(task)
    return found
