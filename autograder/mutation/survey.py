"""How many mutants of an exercise's solution lose points, and which do not."""

import copy
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.exercises.base import Exercise
from autograder.exercises.cells import Cells
from autograder.judge import judge_exercise, run_visible_tests
from autograder.mutation.equivalents import EQUIVALENT_MUTANTS, Equivalent
from autograder.mutation.mutants import Mutant, make_mutants
from autograder.mutation.trial import try_all
from autograder.sandbox.agent import Agent

MIN_KILL_RATE = 0.95
# A call of a mutant may take this long, or this many times what judging the whole solution takes.
TIME_LIMIT_S = 0.2
TIMES_THE_SOLUTION = 3


@dataclass(frozen=True)
class Survey:
    """What became of the mutants of an exercise's solution.

    Points come from the hidden checks, so a mutant is killed when it loses points there.

    Attributes:
        exercise: The exercise.
        n_mutants: Mutants that differ from the solution in what they do.
        n_failing_visible: Those that fail the visible tests.
        n_killed: Those that lose points.
        survivors: Those that get all points.
        n_equivalent: Mutants that are known to do what the solution does, counted apart.
        stale: Entries of equivalent mutants that fit no survivor.
        seconds: Time that it took.
    """

    exercise: str
    n_mutants: int
    n_failing_visible: int
    n_killed: int
    survivors: tuple[Mutant, ...]
    n_equivalent: int
    stale: tuple[Equivalent, ...]
    seconds: float

    def faults(self) -> Iterator[str]:
        """Say what is wrong, one sentence each."""
        rate = kill_rate(self.n_killed, self.n_mutants)
        if rate < MIN_KILL_RATE:
            yield (
                f"{self.exercise}: the hidden checks kill {rate:.1%} of the mutants, "
                f"wanted {MIN_KILL_RATE:.0%}"
            )
        for entry in self.stale:
            yield (
                f"{self.exercise}: no survivor fits the equivalent mutant {entry.after!r}; "
                "take it out of autograder/mutation/equivalents"
            )


def kill_rate(n_killed: int, n_mutants: int) -> float:
    """Give the share of mutants that are killed; all, where there is none."""
    return n_killed / n_mutants if n_mutants else 1.0


def survey(
    exercise: Exercise,
    cells: Cells,
    seed: int,
    chapter: str,
    known: Iterable[Equivalent] = EQUIVALENT_MUTANTS,
    n_sampled: int | None = None,
) -> Survey:
    """Judge the mutants of an exercise's solution.

    Args:
        exercise: The exercise; its solution must get all points.
        cells: Its cells.
        seed: Inputs follow from it.
        chapter: Slug of its chapter.
        known: Equivalent mutants.
        n_sampled: At most so many mutants, at equal distances; all by default.

    Raises:
        CourseError: The solution itself does not pass.
    """
    start = time.perf_counter()
    every = make_mutants(cells.solution)
    mutants = evenly(every, n_sampled)
    judge = MutantJudge(exercise, cells, seed)
    fates = try_all(judge, cells.solution, [mutant.source for mutant in mutants])
    survivors = [one for one, fate in zip(mutants, fates, strict=True) if fate.passes_checks]
    entries = [entry for entry in known if entry.exercise == f"{chapter}/{exercise.name}"]
    changes = {(entry.before, entry.after) for entry in entries}
    real = [one for one in survivors if one.change not in changes]
    n_equivalent = len(survivors) - len(real)
    return Survey(
        exercise.name,
        n_mutants=len(mutants) - n_equivalent,
        n_failing_visible=sum(not fate.passes_visible for fate in fates),
        n_killed=len(mutants) - len(survivors),
        survivors=tuple(real),
        n_equivalent=n_equivalent,
        stale=_stale(entries, survivors, every, mutants),
        seconds=time.perf_counter() - start,
    )


def _stale(
    entries: list[Equivalent], survivors: list[Mutant], every: list[Mutant], judged: list[Mutant]
) -> tuple[Equivalent, ...]:
    """Give the entries that fit no survivor, nor a mutant of which nothing alike was judged."""
    fitting = {one.change for one in survivors}
    unfit = tuple(one for one in entries if (one.before, one.after) not in fitting)
    if not unfit or len(judged) == len(every):
        return unfit
    not_judged = {one.change for one in every} - {one.change for one in judged}
    return tuple(one for one in unfit if (one.before, one.after) not in not_judged)


def evenly(mutants: list[Mutant], n: int | None) -> list[Mutant]:
    """Choose at most n mutants at equal distances, all for None; they come operator by operator."""
    if n is None or len(mutants) <= n:
        return mutants
    return [mutants[i * len(mutants) // n] for i in range(n)]


class MutantJudge:
    """Judges texts as answers, with no more work than it takes to see whether they pass."""

    def __init__(self, exercise: Exercise, cells: Cells, seed: int) -> None:
        self.cells = cells
        self.seed = seed
        self.exercise = exercise
        start = time.process_time()
        list(self(cells.solution))
        limit = max(TIME_LIMIT_S, TIMES_THE_SOLUTION * (time.process_time() - start))
        self.exercise = copy.copy(exercise)
        self.exercise.time_limit_s = min(limit, exercise.time_limit_s)

    def __call__(self, answer: str) -> Iterator[bool]:
        """Give whether an answer passes the visible tests, then whether it gets all points."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                namespace = self.cells.run(answer)
        except BaseException:  # whatever it raises: an answer that cannot be run passes nothing
            yield from (False, False)
            return
        send = Agent(namespace).answer
        cells = self.cells
        yield run_visible_tests(cells.tests, self.exercise, send, cells.given).passed
        source = f"{cells.given_source}\n{answer}"
        verdicts = (judge_exercise(one, send, self.seed, source) for one in self._single_items())
        yield all(verdict.points == verdict.max_points for verdict in verdicts)

    def _single_items(self) -> Iterator[Exercise]:
        """Give the exercise item by item, so that the first lost point ends the judging."""
        for item in self.exercise.items:
            one = copy.copy(self.exercise)
            one.items, one.misconceptions, one.points = [item], [], int(item.points)
            yield one
