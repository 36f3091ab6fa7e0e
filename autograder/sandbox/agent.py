"""Answer the judge's requests with the learner's functions, on the learner's side.

A request and its answer are plain values (`autograder.sandbox.wire`). The agent knows neither the
checks nor what they expect: it calls one function with the arguments it is given and reports what
came of it.

Request, a dict:
    function: Name to call, a function or a class.
    args, kwargs: Its arguments; a tensor may require a gradient. `Made` is made first.
    steps: None, or for a class what is done with its instance, one after the other: a list of
        (method, args, kwargs), with None in place of args for a property. The last step is the
        call that is answered; an earlier one that raises is passed over, as if it were caught.
    cotangent: None, or what to multiply the result's Jacobian with from the left: a tensor for a
        tensor, a tuple for a tuple. Then gradients come back, one an argument that requires it.
    not_allowed: Dotted names of calls to refuse.
    time_limit_s: Seconds of processor time that the call may take; four times that on the clock.
    memory_limit_mib: None, or memory that it may take beyond what the process has.

Answer, a dict:
    outcome: "value", "raised", "refused" or "timeout".
    value: The result, for "value".
    error, kinds, message: Type of the exception, the built-in types it derives from, its text.
    changed_arguments: Positions (as text) or names of the arguments that the call changed.
    gradients: For a cotangent, a list of tensors and None (no gradient reached the argument).

Stops: an exception of any kind, an endless loop in Python code, output, a changed argument (the
judge keeps its own copy). Does not stop: a loop that catches every exception, a call into C that
does not return, processes, files; the confinement around the process does.
"""

import builtins
import contextlib
import io
import signal
import threading
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor

from autograder.sandbox.allowed import RefusedCallError, refuse_calls
from autograder.sandbox.makers import make, snapshot
from autograder.sandbox.memory import limit_memory
from autograder.sandbox.randomness import same_randomness
from autograder.sandbox.wire import WireError, decode, encode

DEFAULT_TIME_LIMIT_S = 10.0
# Signal, timer, and how many times the limit: processor time, and the clock.
CLOCKS = (
    (signal.SIGPROF, signal.ITIMER_PROF, 1.0),
    (signal.SIGALRM, signal.ITIMER_REAL, 4.0),
)
ALARM_AGAIN_S = 0.1  # an alarm that a bare `except:` swallowed is followed by another
MAX_MESSAGE = 500


class OutOfTime(BaseException):
    """The call took longer than it may; not an Exception, so that `except Exception` passes it."""


class Agent:
    """Calls the functions of a namespace on request.

    Attributes:
        namespace: The names that the learner's cells left behind.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace

    def answer(self, request: bytes) -> bytes:
        """Make one call and report what came of it.

        Raises:
            WireError: The request itself is malformed, which is the judge's fault.
        """
        call = cast(dict[str, Any], decode(request))
        outcome = self._outcome(call)
        try:
            return encode(outcome)
        except WireError as error:
            return encode(_raised(error, outcome["changed_arguments"]))

    def _outcome(self, call: dict[str, Any]) -> dict[str, Any]:
        function = self.namespace.get(call["function"])
        if function is None:
            missing = NameError(f"the notebook defines no {call['function']!r}")
            return _raised(missing, [])
        *earlier, (what, args, kwargs) = [
            (function, call["args"], call["kwargs"]),
            *(call.get("steps") or ()),
        ]
        arguments, before = {}, {}
        limit_s = call.get("time_limit_s") or DEFAULT_TIME_LIMIT_S
        try:
            args, kwargs = cast(tuple[Any, Any], make((args, kwargs)))
            arguments = {**dict(enumerate(args or ())), **kwargs}
            before = {name: encode(snapshot(value)) for name, value in arguments.items()}
            more_mib = call.get("memory_limit_mib")
            with _silence(), same_randomness(), _time_limit(limit_s):
                with refuse_calls(call.get("not_allowed") or ()), limit_memory(more_mib):
                    value = _step(_instance(earlier), what, args, kwargs)
                gradients = _gradients(value, call.get("cotangent"), arguments.values())
            outcome = {"outcome": "value", "value": value, "gradients": gradients}
            outcome["changed_arguments"] = _changed(arguments, before)
            return outcome
        except RefusedCallError as error:
            return {"outcome": "refused", "message": str(error), "changed_arguments": []}
        except OutOfTime:
            message = f"no answer after {limit_s:g} s"
            return {"outcome": "timeout", "message": message, "changed_arguments": []}
        except BaseException as error:
            # SystemExit too: whatever is raised is an outcome, and must not end this process.
            return _raised(error, _changed(arguments, before))


def _instance(steps: list[Any]) -> object:
    """Make an instance of a class and take it to where it was; None where there is no step."""
    if not steps:
        return None
    (class_, args, kwargs), *others = cast(list[Any], make(steps))
    instance = class_(*args, **kwargs)
    for name, args, kwargs in others:
        try:
            _step(instance, name, args, kwargs)
        except RefusedCallError:
            raise
        except Exception:
            pass  # whoever called it caught it
    return instance


def _step(instance: object, what: Any, args: Any, kwargs: Any) -> object:  # noqa: ANN401
    """Call a function, or a method of an instance, or read its property."""
    if not isinstance(what, str):
        return what(*args, **kwargs)
    attribute = getattr(instance, what)
    return attribute if args is None else attribute(*args, **kwargs)


def _raised(error: BaseException, changed: list[str]) -> dict[str, Any]:
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == builtins.__name__]
    try:
        message = str(error)[:MAX_MESSAGE]
    except Exception:  # a __str__ of the learner's own
        message = ""
    return {
        "outcome": "raised",
        "error": type(error).__name__[:MAX_MESSAGE],
        "kinds": kinds,
        "message": message,
        "changed_arguments": changed,
    }


def _changed(arguments: Mapping[Any, Any], before: Mapping[Any, bytes]) -> list[str]:
    """Name the arguments whose bytes are no longer what they were."""
    changed = []
    for name, value in arguments.items():
        try:
            same = encode(snapshot(value)) == before[name]
        except WireError:
            same = False
        if not same:
            changed.append(str(name))
    return changed


def _gradients(
    value: object, cotangent: object, arguments: Iterable[object]
) -> list[Tensor | None] | None:
    """Multiply a cotangent with the Jacobian of the result, in the arguments that require it."""
    if cotangent is None:
        return None
    inputs = [one for one in arguments if type(one) is Tensor and one.requires_grad]
    results = value if isinstance(value, tuple) else (value,)
    weights = cotangent if isinstance(cotangent, tuple) else (cotangent,)
    pairs = [
        (result, weight.to(result.device))
        for result, weight in zip(results, weights, strict=False)
        if isinstance(result, Tensor) and isinstance(weight, Tensor)
        if result.requires_grad and result.shape == weight.shape
    ]
    if not pairs:
        return [None for _ in inputs]
    outputs, grad_outputs = zip(*pairs, strict=True)
    return list(torch.autograd.grad(outputs, inputs, grad_outputs, allow_unused=True))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the learner's output and warnings out of the judge's."""
    with (
        contextlib.redirect_stdout(_Nowhere()),
        contextlib.redirect_stderr(_Nowhere()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


class _Nowhere(io.TextIOBase):
    """A text stream that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def _time_limit(cpu_s: float) -> Iterator[None]:
    """Raise OutOfTime in the body after some processor time, or a multiple of it on the clock.

    The clock catches what only waits. In the main thread, where signals come; else no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    expired = False

    def expire(signal_number: int, frame: types.FrameType | None) -> None:
        nonlocal expired
        expired = True
        raise OutOfTime

    old_handlers = [signal.signal(number, expire) for number, _, _ in CLOCKS]
    old_timers = [
        signal.setitimer(timer, factor * cpu_s, ALARM_AGAIN_S) for _, timer, factor in CLOCKS
    ]
    try:
        yield
    finally:
        _stop_the_clocks()
        for (number, timer, _), handler, old in zip(CLOCKS, old_handlers, old_timers, strict=True):
            signal.signal(number, handler)
            if old[0]:
                signal.setitimer(timer, *old)
    if expired:  # a bare `except:` swallowed it
        raise OutOfTime


def _stop_the_clocks() -> None:
    try:
        for _, timer, _ in CLOCKS:
            signal.setitimer(timer, 0)
    except OutOfTime:  # an alarm came just now
        _stop_the_clocks()
