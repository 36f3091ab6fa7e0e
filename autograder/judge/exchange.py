"""Send a request to the learner's side, and read the answer as hostile.

Stops: answers that are no answers, in part or as a whole; texts without end; a process that is gone
or late: none of them is a value.
Does not stop: a value that is wrong; the checks are there for that.
"""

from collections.abc import Callable
from typing import Any, cast

from torch import Tensor

from autograder.judge.calls import Outcome
from autograder.sandbox.wire import WireError, decode

Send = Callable[[bytes], bytes]

MAX_MESSAGE = 500


def exchange(send: Send, request: bytes) -> Outcome:
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
