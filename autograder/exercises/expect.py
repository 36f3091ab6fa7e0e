"""What a check says when a property does not hold.

The judge adds the call and its inputs; a check names only what came back and what was expected.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from autograder.compare import difference
from autograder.exercises.protocol import Learner


class CheckError(Exception):
    """A property does not hold.

    Attributes:
        reason: One clause in words.
        got: What the learner's function gave, or None.
        want: What was expected, or None.
        compared: Whether `got` and `want` are meant to be shown.
        worth_showing: Whether another, smaller input could show the same.
    """

    def __init__(
        self,
        reason: str,
        got: object = None,
        want: object = None,
        compared: bool = False,
        worth_showing: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.got = got
        self.want = want
        self.compared = compared
        self.worth_showing = worth_showing


def expect_close(
    got: object, want: object, *, rtol: float | None = None, atol: float | None = None
) -> None:
    """Judge exact type, then shape, dtype and values, up to rounding.

    Raises:
        CheckError: Something differs.
    """
    found = difference(got, want, rtol=rtol, atol=atol)
    if found:
        raise CheckError(found, got, want, compared=True)


def expect_equal(got: object, want: object) -> None:
    """Judge exact type, then shape, dtype and values, exactly.

    Raises:
        CheckError: Something differs.
    """
    expect_close(got, want, rtol=0.0, atol=0.0)


def expect_tensor(got: object, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Judge that a result is a tensor of a shape and dtype, and return it to look at its values.

    Raises:
        CheckError: It is not.
    """
    zeros = torch.zeros(shape, dtype=dtype)
    if type(got) is not Tensor:
        raise CheckError(difference(got, zeros) or "", got)
    found = difference(torch.zeros_like(got), zeros)
    if found:
        raise CheckError(found, got)
    return got.detach().cpu()


def expect_true(holds: bool | Tensor, reason: str, got: object = None) -> None:
    """Judge a property that is true or false.

    Args:
        holds: Whether it holds.
        reason: What to say when it does not.
        got: The result to show.

    Raises:
        CheckError: It does not hold.
    """
    if not bool(holds):
        raise CheckError(reason, got)


def expect_raises(kind: type[Exception], call: Callable[[], Any]) -> None:
    """Judge that a call refuses its input.

    Args:
        kind: A built-in exception.
        call: Calls the learner's function.

    Raises:
        CheckError: It raised nothing, or something else.
    """
    try:
        got = call()
    except kind:
        return
    raise CheckError(f"it raised nothing, expected {kind.__name__}", got)


def expect_unchanged(learner: Learner) -> None:
    """Judge that no call so far changed its arguments.

    Raises:
        CheckError: One did.
    """
    for call in learner.calls:
        if call.changed_arguments:
            raise CheckError(told_of_change(call.changed_arguments))


def told_of_change(arguments: Iterable[str]) -> str:
    """Say which arguments a call changed."""
    places = " and ".join(_argument(name) for name in arguments)
    return f"the call changed its {places}; leave inputs unchanged"


def expect_gradient(got: object, want: Tensor) -> None:
    """Judge a gradient that came back with a result.

    Raises:
        CheckError: No gradient reached the argument, or it is another one.
    """
    if got is None:
        raise CheckError("no gradient reaches the input: detach, numpy or .item() cuts it off")
    found = difference(got, want)
    if found:
        raise CheckError(found.replace("the result", "the gradient"), got, want, compared=True)


def _argument(name: str) -> str:
    ordinals = ("first", "second", "third", "fourth", "fifth", "sixth")
    if name.isdecimal() and int(name) < len(ordinals):
        return f"{ordinals[int(name)]} argument"
    return f"argument {name}"
