"""The learner's functions as the checks see them: calls that cross as plain values.

The judge keeps its own copy of every argument, reads every answer as hostile, and records each
call with its outcome. Where the function runs is the business of `send`.

Stops: answers that are no answers; a changed argument that would reach the check; an exception that
is not a plain one of Python's; looking up a name that the exercise does not export.
Does not stop: an answer that depends on earlier calls; checks call more than once, on inputs that
nobody knows before.
"""

import builtins
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from torch import Tensor

from autograder.compare import describe
from autograder.exercises.base import Exercise
from autograder.sandbox.wire import WireError, decode, encode

Send = Callable[[bytes], bytes]
# A method, its args and kwargs; a property has None in place of args.
Step = tuple[str, tuple[Any, ...] | None, dict[str, Any]]
_Arguments = tuple[tuple[object, ...], dict[str, object], object, tuple[Step, ...]]

MAX_MESSAGE = 500

# Built-in exceptions that a check or visible test may wait for; the others are a plain CallError.
EXPECTED_ERRORS = (
    *("ArithmeticError", "AssertionError", "AttributeError", "IndexError", "KeyError"),
    *("LookupError", "MemoryError", "NameError", "NotImplementedError", "OverflowError"),
    *("RecursionError", "RuntimeError", "TypeError", "ValueError", "ZeroDivisionError"),
)


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


class Function:
    """One function of the learner's."""

    def __init__(self, name: str, learner: "Learner") -> None:
        self._name = name
        self._learner = learner

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call it.

        Raises:
            CallError: It gave no value; also a ValueError where it raised one, and so on.
        """
        return self._learner.call(self._name, args, kwargs, None).value

    def vjp(
        self, cotangent: object, *args: object, **kwargs: object
    ) -> tuple[Any, tuple[Tensor | None, ...]]:
        """Call it, and multiply a cotangent with the Jacobian of its result on the learner's side.

        Args:
            cotangent: A tensor of the result's shape, or a tuple of them for a tuple.
            *args: Its arguments; those that require a gradient get one.
            **kwargs: Its arguments.

        Returns:
            The result and the gradients, None where none reached the argument.

        Raises:
            CallError: As for a call.
        """
        outcome = self._learner.call(self._name, args, kwargs, cotangent)
        return outcome.value, outcome.gradients


class Instance:
    """An instance of a class of the learner's.

    Nothing of it is kept on the learner's side: every call makes it anew and repeats what was done
    with it before. So one call is one request, whatever the class, and can be made again by others.
    """

    def __init__(
        self, name: str, learner: "Learner", args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._made = (name, args, kwargs)
        self._learner = learner
        self._past: list[Step] = []

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the instance.

        Raises:
            CallError: As for a function.
        """
        return self._step("__call__", args, kwargs).value

    def vjp(
        self, cotangent: object, *args: object, **kwargs: object
    ) -> tuple[Any, tuple[Tensor | None, ...]]:
        """Call the instance, and multiply a cotangent with the Jacobian of its result.

        Raises:
            CallError: As for a function.
        """
        outcome = self._step("__call__", args, kwargs, cotangent)
        return outcome.value, outcome.gradients

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method, or a property's value
        class_name = self._made[0]
        if name in self._learner.classes[class_name]:
            return self._step(name, None, {}).value
        return lambda *args, **kwargs: self._step(name, args, kwargs).value

    def _step(
        self,
        name: str,
        args: tuple[Any, ...] | None,
        kwargs: dict[str, Any],
        cotangent: object = None,
    ) -> Outcome:
        self._past.append((name, args, kwargs))
        return self._learner.call(*self._made, cotangent, tuple(self._past))


@dataclass
class Learner:
    """The functions that an exercise asks for, and the calls made to them.

    Attributes:
        exports: Names of the functions; every other name is the instructor's error.
        send: Takes a request to the learner's side and brings the answer back.
        not_allowed: Calls to refuse there.
        time_limit_s: Seconds of processor time that a call may take there.
        calls: Every call so far.
        classes: Those exports that are classes, with the names of their properties.
    """

    exports: Iterable[str]
    send: Send
    not_allowed: tuple[str, ...] = ()
    time_limit_s: float = 10.0
    calls: list[Call] = field(default_factory=list)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a Function, or what makes an Instance
        if name not in self.exports:
            raise AttributeError(f"the exercise exports no {name!r}")
        if name in self.classes:
            return lambda *args, **kwargs: Instance(name, self, args, kwargs)
        return Function(name, self)

    def call(
        self,
        function: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        cotangent: object,
        steps: tuple[Step, ...] = (),
    ) -> Outcome:
        """Make a call and record it.

        Raises:
            CallError: It gave no value.
        """
        request = encode(
            {
                "function": function,
                "args": args,
                "kwargs": kwargs,
                "cotangent": cotangent,
                "steps": list(steps),
                "not_allowed": self.not_allowed,
                "time_limit_s": float(self.time_limit_s),
            }
        )
        outcome = _exchange(self.send, request)
        mine = cast(_Arguments, decode(encode((args, kwargs, cotangent, steps))))
        args, kwargs, cotangent, steps = mine
        self.calls.append(Call(function, args, kwargs, cotangent, outcome, steps))
        if outcome.kind != "value":
            raise _as_error(function, outcome)
        return outcome


def learner_of(exercise: Exercise, send: Send) -> Learner:
    """Give the functions and classes that an exercise asks for."""
    return Learner(
        exercise.exports,
        send,
        exercise.not_allowed,
        exercise.time_limit_s,
        classes=exercise.classes,
    )


def _exchange(send: Send, request: bytes) -> Outcome:
    """Send a request and read the answer, whatever it is."""
    try:
        answer = decode(send(request))
    except TimeoutError:
        return Outcome("timeout", message="no answer in time")
    except WireError as error:
        return Outcome("lost", message=f"the answer could not be read: {error}")
    except (OSError, EOFError) as error:
        return Outcome(
            "lost", message=f"the process that ran the code ended ({error})"[:MAX_MESSAGE]
        )
    try:
        return _outcome(cast(dict[str, Any], answer))
    except (TypeError, KeyError, AttributeError, ValueError):
        return Outcome("lost", message="the answer could not be read: it is not one of ours")


def _outcome(answer: dict[str, Any]) -> Outcome:
    """Check the parts of an answer; they may come from anybody."""
    kind = answer["outcome"]
    changed = tuple(_text(one) for one in answer["changed_arguments"])
    if kind == "value":
        gradients = tuple(answer["gradients"] or ())
        if not all(one is None or type(one) is Tensor for one in gradients):
            raise TypeError("a gradient is not a tensor")
        value = answer["value"]
        return Outcome(kind, value=value, changed_arguments=changed, gradients=gradients)
    if kind == "raised":
        return Outcome(
            kind,
            error=_text(answer["error"]),
            kinds=tuple(_text(one) for one in answer["kinds"]),
            message=_text(answer["message"]),
            changed_arguments=changed,
        )
    if kind in ("refused", "timeout"):
        return Outcome(kind, message=_text(answer["message"]))
    raise ValueError("unknown outcome")


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return value[:MAX_MESSAGE]


def _failure(function: str, outcome: Outcome) -> str:
    if outcome.kind == "raised":
        return f"{function} raised {outcome.error}" + (
            f": {outcome.message}" if outcome.message else ""
        )
    if outcome.kind == "timeout":
        return f"{function} gave no answer in time ({outcome.message}): does a loop never end?"
    return outcome.message


def _as_error(function: str, outcome: Outcome) -> CallError:
    """Make a CallError that is also the built-in exception that the function raised."""
    for name in outcome.kinds:
        if name in EXPECTED_ERRORS:
            return type(name, (CallError, getattr(builtins, name)), {})(function, outcome)
    return CallError(function, outcome)
