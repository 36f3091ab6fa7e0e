"""Judge one exercise: run its named items against the learner's functions and add up.

Stops: points for an answer that names a call that is not allowed; showing an input that was graded.
Does not stop: points for right outputs, however they were come by.
"""

from autograder.exercises.base import Exercise, Item
from autograder.exercises.draw import Draw
from autograder.judge.exchange import Send
from autograder.judge.recognise import recognise
from autograder.judge.running import Failure, Run, run_item
from autograder.judge.seeds import derive_seed
from autograder.judge.verdict import ItemResult, Verdict
from autograder.sandbox.allowed import RefusedCallError, refused_names

N_FEEDBACK_DRAWS = 8  # small inputs tried until one shows what failed


def judge_exercise(exercise: Exercise, send: Send, seed: int, source: str | None = None) -> Verdict:
    """Judge the learner's answer to an exercise.

    Args:
        exercise: The exercise.
        send: Takes a request (`autograder.sandbox.agent`) to where the learner's functions are and
            brings the answer back; raises OSError or EOFError when nobody answers.
        seed: Seed of the class and the learner (`derive_seed`); inputs follow from it.
        source: The learner's cells and the given ones before them, to look for calls not allowed.

    Returns:
        The verdict; the same for the same answer and seed.
    """
    refused = refused_names(source or "", exercise.exports, exercise.not_allowed)
    if refused:
        return no_verdict(exercise, str(RefusedCallError(*refused)))

    def run(item: Item, other: Send) -> Run:
        return run_item(exercise, item, other, Draw(_item_seed(exercise, item, seed)))

    runs = [run(item, send) for item in exercise.items]
    results = tuple(_result(exercise, send, seed, one) for one in runs)
    return Verdict(
        exercise=exercise.name,
        points=sum((result.points for result in results), 0.0),
        max_points=float(exercise.points),
        items=results,
        misconceptions=recognise(exercise, runs, run),
        bonus=exercise.bonus,
    )


def _result(exercise: Exercise, send: Send, seed: int, run: Run) -> ItemResult:
    """Turn a run into points, or into the reason for none."""
    item, points = run.item, float(run.item.points)
    if run.failure is None:
        return ItemResult(item.name, item.sentence, points, points, True)
    shown = _shown(exercise, send, seed, run.item, run.failure)
    return ItemResult(item.name, item.sentence, 0.0, points, False, shown.message, shown.example)


def _shown(exercise: Exercise, send: Send, seed: int, item: Item, failure: Failure) -> Failure:
    """Look for a small input that fails too; the graded one is never shown."""
    if failure.worth_showing:
        for i in range(N_FEEDBACK_DRAWS):
            feedback_seed = derive_seed(_item_seed(exercise, item, seed), "feedback", i)
            again = run_item(exercise, item, send, Draw(feedback_seed, small=True)).failure
            if again is not None:
                return again
    return Failure(failure.message, None, False)


def no_verdict(exercise: Exercise, reason: str) -> Verdict:
    """Give no points for an exercise that was not judged, with one reason for all items."""
    items = tuple(
        ItemResult(item.name, item.sentence, 0.0, float(item.points), False, reason)
        for item in exercise.items
    )
    return Verdict(
        exercise.name,
        0.0,
        float(exercise.points),
        items,
        reason=reason,
        bonus=exercise.bonus,
    )


def _item_seed(exercise: Exercise, item: Item, seed: int) -> int:
    return derive_seed(seed, exercise.name, item.name)
