"""Say from which part of a result a value comes: checks take results apart, learners wrote them.

Stops: a part that is told of as if it were the whole, or as another part that only looks alike.
Does not stop: a value that a check has worked out from a result; it has no place in one.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from autograder.compare import WHOLE, describe, part
from autograder.judge.calls import Call
from autograder.sandbox.wire import Record

MAX_DEPTH = 3  # of parts of parts; results of exercises have no more
_WITH_PARTS = (tuple, list, dict, Record)
# Of these each value has an identity of its own; of 1, True or "a" there may be one for all.
_TOLD_APART = (float, Tensor, np.ndarray, *_WITH_PARTS)


def place_of(value: object, calls: Sequence[Call]) -> tuple[Call, str] | None:
    """Find what gave a value.

    Args:
        value: What a check has compared.
        calls: The calls that it made.

    Returns:
        The call, and the place in its result: all of it (`WHOLE`), or a part as Python is asked for
        it, such as `result[0]`. None where there is no place, or more than one.
    """
    for call in calls:
        if call.outcome.value is value:
            return call, WHOLE
    if not isinstance(value, _TOLD_APART):
        return None
    found = [
        (call, where) for call in calls for where in _places(call.outcome.value, value, WHOLE, 1)
    ]
    return found[0] if len(found) == 1 else None


def told_of_part(reason: str, where: str) -> str:
    """Say of a part what was said of it as if it were the whole result.

    Args:
        reason: What was said; left as it is unless it begins with the result or a part of it.
        where: The place, as `place_of` gives it.
    """
    if reason.startswith(f"{WHOLE} "):
        return where + reason.removeprefix(WHOLE)
    for step in ("[", "."):
        if reason.startswith(part(WHOLE, step)):
            return part(where, step) + reason.removeprefix(part(WHOLE, step))
    return reason


def _places(whole: object, value: object, where: str, depth: int) -> Iterator[str]:
    """Name the parts of a result, and their parts, that are a value itself."""
    for key, one in _parts(whole):
        if _is_same(one, value):
            yield part(where, _step(whole, key))
        elif depth < MAX_DEPTH and isinstance(one, _WITH_PARTS):
            yield from _places(one, value, part(where, _step(whole, key)), depth + 1)


def _parts(whole: object) -> Iterator[tuple[object, object]]:
    if isinstance(whole, tuple | list):
        yield from enumerate(whole)
    elif isinstance(whole, dict | Record):
        yield from (whole if isinstance(whole, dict) else whole.fields).items()


def _step(whole: object, key: object) -> str:
    return f".{key}" if isinstance(whole, Record) else f"[{describe(key)}]"


def _is_same(one: object, value: object) -> bool:
    """Tell whether two names stand for one thing; a tensor without its gradient is still it."""
    if isinstance(one, Tensor) and isinstance(value, Tensor):
        return one is value or (
            one.numel() > 0
            and one.data_ptr() == value.data_ptr()
            and (one.shape, one.stride(), one.dtype) == (value.shape, value.stride(), value.dtype)
        )
    return one is value
