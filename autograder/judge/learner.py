"""The learner's functions as the checks see them: calls that cross as plain values.

The judge keeps its own copy of every argument, reads every answer as hostile, and records each
call with its outcome. Where the function runs is the business of `send`.

Stops: a changed argument that would reach the check; looking up a name that the exercise does not
export. What answers may do is stopped in `exchange` and `calls`.
Does not stop: an answer that depends on earlier calls; checks call more than once, on inputs that
nobody knows before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.judge.calls import Call, Outcome, Step, as_error
from autograder.judge.exchange import Send, exchange
from autograder.sandbox.wire import decode, encode

_Arguments = tuple[tuple[object, ...], dict[str, object], object, tuple[Step, ...]]


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
        memory_limit_mib: Memory that a call may take there, beyond what the process has.
        calls: Every call so far.
        classes: Those exports that are classes, with the names of their properties.
    """

    exports: Iterable[str]
    send: Send
    not_allowed: tuple[str, ...] = ()
    time_limit_s: float = 10.0
    calls: list[Call] = field(default_factory=list)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    memory_limit_mib: int | None = None

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
                "memory_limit_mib": self.memory_limit_mib,
            }
        )
        outcome = exchange(self.send, request)
        mine = cast(_Arguments, decode(encode((args, kwargs, cotangent, steps))))
        args, kwargs, cotangent, steps = mine
        self.calls.append(Call(function, args, kwargs, cotangent, outcome, steps))
        if outcome.kind != "value":
            raise as_error(function, outcome)
        return outcome


def learner_of(exercise: Exercise, send: Send) -> Learner:
    """Give the functions and classes that an exercise asks for."""
    return Learner(
        exercise.exports,
        send,
        exercise.not_allowed,
        exercise.time_limit_s,
        classes=exercise.classes,
        memory_limit_mib=exercise.memory_limit_mib,
    )
