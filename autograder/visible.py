"""Checks for the visible tests of a notebook: the learner reads them, runs them, and is told why.

Each names the call that it judges. When the result is right it prints one line; when it is not,
it raises with the call, what came back and what was expected, in words and without a stack trace.
"""

import functools
import re
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from autograder.compare import beside, describe, difference
from autograder.sandbox import allowed
from autograder.sandbox.allowed import RefusedCallError, refuse_calls, refused_names
from autograder.sandbox.makers import make_with_recipe
from autograder.sandbox.uses import join_cells

P = ParamSpec("P")
R = TypeVar("R")

WATCHERS = {__file__, allowed.__file__, torch._ops.__file__}


class VisibleTestError(AssertionError):
    """A visible test failed; the message says which call, what came back and what was expected."""

    def _render_traceback_(self) -> list[str]:
        """Give IPython the message alone: the learner's fault is not in our stack."""
        return [f"✗ {self}"]


def expect_close(
    got: object,
    want: object,
    *,
    call: str,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Check numbers up to rounding.

    Args:
        got: What the call gave.
        want: What it should give. A list stands for a tensor of these numbers when `got` is one.
        call: The call as the learner would type it.
        rtol: Relative tolerance; by default that of the dtype.
        atol: Absolute tolerance; by default that of the dtype.

    Raises:
        VisibleTestError: Type, shape, dtype or a value differs.
    """
    want = _like(got, want)
    _judge(call, got, want, difference(got, want, rtol=rtol, atol=atol))


def expect_equal(got: object, want: object, *, call: str) -> None:
    """Check a result exactly.

    Args:
        got: What the call gave.
        want: What it should give. A list stands for a tensor of these numbers when `got` is one.
        call: The call as the learner would type it.

    Raises:
        VisibleTestError: Type, shape, dtype or a value differs.
    """
    want = _like(got, want)
    _judge(call, got, want, difference(got, want, rtol=0.0, atol=0.0))


def expect_not(got: object, mistake: object, *, call: str, because: str) -> None:
    """Recognise a known mistake before the result is compared with what is right.

    Args:
        got: What the call gave.
        mistake: What it gives when the mistake is made, up to rounding. A list stands for a tensor
            of these numbers when `got` is one.
        call: The call as the learner would type it.
        because: What was done, in words; never what should be typed.

    Raises:
        VisibleTestError: The result is that of the mistake.
    """
    if difference(got, _like(got, mistake)) is None:
        raise VisibleTestError(f"{call}: {because}\n  got      {describe(got)}")


def expect_raises(
    kind: type[Exception], function: Callable[[], object], *, call: str, match: str = ""
) -> None:
    """Check that a call refuses its input.

    Args:
        kind: The exception that it should raise.
        function: Makes the call, such as `lambda: causal_mask(3, 2)`.
        call: The call as the learner would type it.
        match: A regular expression that its message should hold.

    Raises:
        VisibleTestError: Nothing, something else, or another message was raised.
    """
    try:
        got = function()
    except kind as error:
        if re.search(match, str(error)):
            print(f"✓ {call} raises {kind.__name__}")
            return
        raise VisibleTestError(
            f"{call} raised {kind.__name__} with the message {str(error)!r}; "
            f"expected one that holds {match!r}"
        ) from None
    except Exception as error:
        raise VisibleTestError(
            f"{call} raised {type(error).__name__}: {error}\n  expected {kind.__name__}"
        ) from None
    raise VisibleTestError(
        f"{call} raised nothing\n  got      {describe(got)}\n  expected {kind.__name__}"
    )


def given_model(maker: str, **sizes: object) -> Any:  # noqa: ANN401 - a model of the library
    """Build a model for a visible test, here and wherever the learner's function runs.

    Args:
        maker: Full name of a function of the library, such as `course_lib.decoder.build_decoder`.
        **sizes: What it is called with.
    """
    return make_with_recipe(maker, **sizes)


def given_function(maker: str, **arguments: object) -> Callable[..., Any]:
    """Make a function for a visible test, here and wherever the learner's function runs.

    Args:
        maker: Full name of a function of the library that returns a function, such as
            `course_lib.generation.choices.pick_largest`.
        **arguments: What it is called with.
    """
    return make_with_recipe(maker, **arguments)


def without(function: Callable[P, R], *not_allowed: str) -> Callable[P, R]:
    """Refuse the calls that an exercise does not allow, as they are refused when it is graded.

    The text of the notebook's cells is read at once, torch is watched while the function runs.

    Args:
        function: The learner's function, a global name of the notebook.
        *not_allowed: Dotted names, such as `torch.softmax` or `torch.Tensor.softmax`.

    Returns:
        The function, raising VisibleTestError where it or what it calls asks torch for one of them.

    Raises:
        VisibleTestError: The function's text, or that of a helper, names one of them.
    """
    notebook = sys._getframe(1).f_globals
    names = [name for name, value in [*notebook.items()] if value is function]
    cells = notebook.get("In", ())  # where Jupyter keeps the cells that ran
    refused = refused_names(join_cells(cells), names, not_allowed)
    if refused:
        raise VisibleTestError(str(RefusedCallError(*refused)))
    if isinstance(function, type):
        return function  # a class stays one; its text has been read

    @functools.wraps(function)
    def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with refuse_calls(not_allowed):
                return function(*args, **kwargs)
        except RefusedCallError as error:
            raise VisibleTestError(str(error)) from None
        except Exception as error:
            error.__traceback__ = _without_watchers(error.__traceback__)
            raise

    return refusing


def _without_watchers(traceback: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of those who watch a call: the learner's error is not in them."""
    frames = []
    while traceback:
        if traceback.tb_frame.f_code.co_filename not in WATCHERS:
            frames.append(traceback)
        traceback = traceback.tb_next
    for frame in reversed(frames):
        traceback = TracebackType(traceback, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return traceback


def _like(got: object, want: object) -> object:
    """Read a list as a tensor of the result's dtype when the result is a tensor."""
    if isinstance(got, Tensor) and isinstance(want, list | float | int):
        return torch.tensor(want, dtype=got.dtype)
    return want


def _judge(call: str, got: object, want: object, found: str | None) -> None:
    if found is None:
        print(f"✓ {call} = {describe(got)}")
        return
    shown = beside(got, want)
    if shown and isinstance(want, list) and type(got) is not list and _holds_numbers_alone(want):
        # The list of a test may stand for a tensor, and "expected a list" would mislead.
        found = found.replace("expected a list", "expected these numbers")
    raise VisibleTestError(f"{call}: {found}{shown}")


def _holds_numbers_alone(values: list[Any]) -> bool:
    """Say whether a list, and every list in it, holds nothing but numbers, and at least one."""
    return bool(values) and all(
        _holds_numbers_alone(one) if isinstance(one, list) else isinstance(one, float | int)
        for one in values
    )
