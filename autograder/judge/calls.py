"""A call of the learner's code, what came of it, and how both are told.

Stops: an exception's name from reaching a check as anything but a plain one of Python's.
Does not stop: an outcome that is untrue; whoever reads answers (`exchange`) makes it.
"""

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from autograder.compare import describe

# A method, its args and kwargs; a property has None in place of args.
Step = tuple[str, tuple[Any, ...] | None, dict[str, Any]]

# Built-in exceptions that a check or visible test may wait for; the others are a plain CallError.
EXPECTED_ERRORS = (
    *("ArithmeticError", "AssertionError", "AttributeError", "IndexError", "KeyError"),
    *("LookupError", "MemoryError", "NameError", "NotImplementedError", "OverflowError"),
    *("RecursionError", "RuntimeError", "TypeError", "ValueError", "ZeroDivisionError"),
)

# What the bare line of a stub means to somebody who has written an answer above it.
_NOT_WRITTEN = {
    "NotImplementedError": "the stub's line still stands in it, or in another function of the "
    "notebook that it calls"
}


@dataclass(frozen=True)
class Outcome:
    """What came of one call.

    Attributes:
        kind: "value", "raised", "refused", "timeout" or "lost" (no readable answer came back).
        value: The result, for "value".
        error: Name of the exception's type, for "raised".
        kinds: Names of the built-in exceptions that it is one of.
        message: What is to be said, but for "value".
        changed_arguments: Positions (as text) or names of the arguments that the call changed.
        gradients: One an argument that requires a gradient, where the call asked for them.
    """

    kind: str
    value: object = None
    error: str = ""
    kinds: tuple[str, ...] = ()
    message: str = ""
    changed_arguments: tuple[str, ...] = ()
    gradients: tuple[Tensor | None, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call that was made, with its outcome.

    Attributes:
        function: Name of the function or class.
        args: Positional arguments, the judge's copy.
        kwargs: Keyword arguments, the judge's copy.
        steps: What was done with the instance of a class, the last step being the call.
        cotangent: What gradients were asked for with, or None.
        outcome: What came of it.
    """

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    cotangent: Any
    outcome: Outcome
    steps: tuple[Step, ...] = ()

    @property
    def changed_arguments(self) -> tuple[str, ...]:
        """Positions (as text) or names of the arguments that the call changed."""
        return self.outcome.changed_arguments

    def __str__(self) -> str:
        made = f"{self.function}({_written(self.args, self.kwargs)})"
        if not self.steps:
            return made
        return "; ".join([f"one = {made}", *map(_written_step, self.steps)])


def _written(args: Iterable[object], kwargs: Mapping[str, object]) -> str:
    parts = [describe(one) for one in args]
    return ", ".join([*parts, *(f"{name}={describe(one)}" for name, one in kwargs.items())])


def _written_step(step: Step) -> str:
    name, args, kwargs = step
    if args is None:
        return f"one.{name}"
    method = "" if name == "__call__" else f".{name}"
    return f"one{method}({_written(args, kwargs)})"


class CallError(Exception):
    """A call gave no value.

    Attributes:
        outcome: What came of it instead.
    """

    def __init__(self, function: str, outcome: Outcome) -> None:
        super().__init__(_failure(function, outcome))
        self.outcome = outcome

    def __str__(self) -> str:
        # A KeyError would put quotation marks around the sentence.
        return str(self.args[0])


def _failure(function: str, outcome: Outcome) -> str:
    if outcome.kind == "raised":
        said = outcome.message or _NOT_WRITTEN.get(outcome.error, "")
        return f"{function} raised {outcome.error}" + (f": {said}" if said else "")
    if outcome.kind == "timeout":
        return f"{function} gave no answer in time ({outcome.message}): does a loop never end?"
    return outcome.message


def as_error(function: str, outcome: Outcome) -> CallError:
    """Make a CallError that is also the built-in exception that the function raised."""
    for name in outcome.kinds:
        if name in EXPECTED_ERRORS:
            return type(name, (CallError, getattr(builtins, name)), {})(function, outcome)
    return CallError(function, outcome)
