"""Recognise a known mistake: its outcomes are the submission's own.

The misconceptions are the course's code and run here, through the same value-only codec and with
the very inputs of the failed items.

Stops: naming a mistake that would have failed elsewhere, or whose outcomes differ.
Does not stop: a wrong answer that happens to coincide with a known one; it costs and gives nothing.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.base import Exercise, Item
from autograder.judge.calls import Outcome
from autograder.judge.exchange import Send
from autograder.judge.running import Run
from autograder.judge.verdict import Misconception
from autograder.sandbox.agent import Agent
from autograder.sandbox.wire import Record

# Two ways to make the same mistake in float32 differ by rounding, sometimes amplified by it.
RTOL, ATOL = 1e-3, 1e-5
RECOGNISABLE = ("value", "raised")


def recognise(
    exercise: Exercise, runs: Sequence[Run], run_item: Callable[[Item, Send], Run]
) -> tuple[Misconception, ...]:
    """Name the misconceptions whose outcomes on all calls of the failed items are the recorded.

    Where several qualify, those that fail the same items and no others are meant.

    Args:
        exercise: The exercise.
        runs: How every item went for the submission.
        run_item: Runs an item on the same inputs for another answer.
    """
    failed = [run for run in runs if run.failure]
    outcomes = [call.outcome for run in failed for call in run.calls]
    if not failed or any(outcome.kind not in RECOGNISABLE for outcome in outcomes):
        return ()
    found, exact = [], []
    for answer in exercise.misconceptions:
        send = Agent(answer.namespace(exercise.exports)).answer
        words = exercise.free_words
        if all(_same_failure(run, run_item(run.item, send), words) for run in failed):
            found.append(Misconception(answer.name, answer.sentence))
            passed = (run.item for run in runs if not run.failure)
            if not any(run_item(item, send).failure for item in passed):
                exact.append(found[-1])
    return tuple(exact or found)


def _same_failure(one: Run, other: Run, free_words: Mapping[str, str]) -> bool:
    """Judge whether an item that failed fails for the other in the same way."""
    if other.failure is None or len(one.calls) != len(other.calls):
        return False
    pairs = zip(one.calls, other.calls, strict=True)
    return all(_same_outcome(call.outcome, known.outcome, free_words) for call, known in pairs)


def _same_outcome(one: Outcome, other: Outcome, free_words: Mapping[str, str]) -> bool:
    if one.kind != other.kind or one.changed_arguments != other.changed_arguments:
        return False
    if one.kind == "raised":
        # torch raises RuntimeError for everything; only its words tell one mistake from another.
        return one.error == other.error and (
            one.error != RuntimeError.__name__ or one.message == other.message
        )
    values = (_without_words(outcome.value, free_words) for outcome in (one, other))
    return _same_value(*values) and _same_value(one.gradients, other.gradients)


def _without_words(value: object, free_words: Mapping[str, str]) -> object:
    """Empty the texts that everybody words otherwise, wherever they stand in a result."""
    if not free_words:
        return value
    if isinstance(value, list | tuple):
        return type(value)(_without_words(one, free_words) for one in value)
    if isinstance(value, dict):
        return {key: _without_words(one, free_words) for key, one in value.items()}
    if isinstance(value, Record):
        free = free_words.get(value.type_name)
        fields = {
            name: "" if name == free and isinstance(one, str) else _without_words(one, free_words)
            for name, one in value.fields.items()
        }
        return Record(value.type_name, fields)
    return value


def _same_value(one: object, other: object) -> bool:
    """Judge whether two results are one, with nan equal to nan and dtypes aside."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor | np.ndarray):
        one, other = torch.as_tensor(one).detach(), torch.as_tensor(other).detach()
        return one.shape == other.shape and torch.allclose(
            one.double(), other.double(), rtol=RTOL, atol=ATOL, equal_nan=True
        )
    if isinstance(one, Record) and isinstance(other, Record):
        return one.type_name == other.type_name and _same_value(one.fields, other.fields)
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_same_value(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same_value, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=RTOL, atol=ATOL, equal_nan=True))
    return one == other
