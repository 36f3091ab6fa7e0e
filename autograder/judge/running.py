"""Run one named item against the learner's functions, and say why it does not hold.

Stops: an item that holds without a call; an odd value that breaks a check or its description.
Does not stop: a check of the course that is too weak; mutants and misconceptions find those.
"""

from dataclasses import dataclass

from autograder.compare import WHOLE, describe, kind_of
from autograder.exercises.base import Exercise, Item
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError
from autograder.judge.calls import Call, CallError
from autograder.judge.exchange import Send
from autograder.judge.learner import Learner, learner_of
from autograder.judge.parts import place_of, told_of_part
from autograder.judge.verdict import Example


@dataclass(frozen=True)
class Failure:
    """Why an item does not hold.

    Attributes:
        message: What differed, in words.
        example: The call that shows it, where one was made.
        worth_showing: Whether another, smaller input could show the same.
    """

    message: str
    example: Example | None
    worth_showing: bool


@dataclass(frozen=True)
class Run:
    """How one run of an item went.

    Attributes:
        item: The item.
        calls: The calls that its check made, with their outcomes.
        failure: Why it does not hold, or None.
    """

    item: Item
    calls: list[Call]
    failure: Failure | None


def run_item(exercise: Exercise, item: Item, send: Send, draw: Draw) -> Run:
    """Run one check; the item holds only if it called something and came to its end."""
    learner = learner_of(exercise, send)
    failure = _failure(item, learner, draw)
    if failure is None and not learner.calls:
        raise ValueError(f"{exercise.name}: the item {item.name!r} calls nothing")
    return Run(item, learner.calls, failure)


def _failure(item: Item, learner: Learner, draw: Draw) -> Failure | None:
    try:
        item.check(learner, draw)
    except CheckError as failed:
        return _told(learner.calls, failed)
    except CallError as failed:
        example = Example(str(learner.calls[-1]), f"raised {failed.outcome.error}", "")
        return Failure(str(failed), example, failed.outcome.kind == "raised")
    except Exception as error:
        # Checks compute with what came back; a list in place of a tensor breaks them somewhere.
        # That a right answer never does is shown by the self-test.
        if not learner.calls:
            raise
        got = learner.calls[-1].outcome.value
        message = f"the result is {kind_of(got)}, which cannot be judged ({type(error).__name__})"
        return Failure(message, Example(str(learner.calls[-1]), describe(got), ""), True)
    return None


def _told(calls: list[Call], failed: CheckError) -> Failure:
    """Say what differs, and in which part of a result where the check took one apart."""
    if not calls:
        return Failure(failed.reason, None, failed.worth_showing)
    shown, where = place_of(failed.got, calls) or (calls[-1], "")
    reason = told_of_part(failed.reason, where) if where else failed.reason
    return Failure(reason, _example(shown, where, failed), failed.worth_showing)


def _example(shown: Call, where: str, failed: CheckError) -> Example:
    """Show a call with what came back; `where` in it is what the check compared, or nowhere."""
    call = str(shown)
    if shown.outcome.kind == "raised":  # the reason says in other words what was raised
        return Example(call, f"raised {shown.outcome.error}", "")
    if not failed.compared:
        return Example(call, describe(shown.outcome.value), "")
    got, want = describe(failed.got), describe(failed.want)
    if got == want:
        return Example(call, got, "")  # such as two shapes: the reason says where they differ
    if where != WHOLE:
        got = f"{got}, which is {where}" if where else f"{got}, worked out from what came back"
    return Example(call, got, want)
