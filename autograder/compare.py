"""Compare a result with what was expected, and say in words what differs.

The order is always the same: exact type, then shape, then dtype, then values. A tensor is judged
on the CPU wherever it lies, and a nan equals nothing. Shared by the visible tests in the learner's
notebook and by the hidden checks.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.sandbox.wire import Made, Opaque, Record, as_record

# Relative and absolute tolerance of each dtype: a hundred times the rounding of the few dozen
# operations that an exercise takes, and far below what any mistake changes.
TOLERANCES = {
    torch.float64: (1e-9, 1e-11),
    torch.float32: (1e-4, 1e-5),
    torch.bfloat16: (3e-2, 3e-2),
    torch.float16: (4e-3, 4e-3),
}
FLOAT_TOLERANCE = TOLERANCES[torch.float32]  # a Python float often comes from a float32 tensor
WHOLE = "the result"
MAX_SHOWN = 24
MAX_SHOWN_CHARACTERS = 200


def difference(
    got: object, want: object, *, rtol: float | None = None, atol: float | None = None
) -> str | None:
    """Say how a result differs from what was expected.

    Args:
        got: The result.
        want: What was expected: a tensor, an array, a plain value, or lists and tuples of them.
        rtol: Relative tolerance; by default that of the dtype.
        atol: Absolute tolerance; by default that of the dtype.

    Returns:
        One clause that names the first thing that differs, or None.
    """
    return _difference(got, want, WHOLE, rtol, atol)


def part(where: str, step: str) -> str:
    """Name a part of what is at `where` as one would ask Python for it, such as `result[0]`."""
    return f"{'result' if where == WHOLE else where}{step}"


def describe(value: object) -> str:
    """Show a value in a line, with its numbers when they are few; the value may be anybody's."""
    try:
        text = _described(value)
    except Exception:  # such as an integer of more digits than Python writes
        text = f"{kind_of(value)} that cannot be shown"
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]} …"


def beside(got: object, want: object) -> str:
    """Show what came back and what was expected in two lines, unless they read the same."""
    shown, expected = describe(got), describe(want)
    return "" if shown == expected else f"\n  got      {shown}\n  expected {expected}"


def kind_of(value: object) -> str:
    """Name the type of a value as a learner would."""
    if value is None:
        return "None"
    if type(value) is Tensor:
        return "a tensor"
    name = getattr(value, "type_name", type(value).__name__)
    if _is_number_of_numpy(value):
        return f"NumPy's {name}"
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def _described(value: object) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return _describe_tensor(torch.as_tensor(value).detach().cpu())
    if isinstance(value, float):
        return f"{value:.5g}"
    if type(value) is list or type(value) is tuple:
        inside = ", ".join(_first_parts(value))
        if type(value) is list:
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value) is dict:
        return f"{{{', '.join(_first_parts(list(value.items()), _entry))}}}"
    if isinstance(value, Opaque):
        return f"{kind_of(value)}, which cannot be shown here"
    value = as_record(value)
    if isinstance(value, Record | Made):
        named = value.fields if isinstance(value, Record) else value.arguments
        name = value.type_name if isinstance(value, Record) else value.maker.rpartition(".")[2]
        return f"{name}({', '.join(f'{key}={describe(one)}' for key, one in named.items())})"
    if isinstance(value, str | bytes):
        return repr(value[: MAX_SHOWN_CHARACTERS + 1])
    return " ".join(repr(value).split())  # some of torch's take several lines


def _entry(pair: tuple[object, object]) -> str:
    key, value = pair
    return f"{describe(key)}: {describe(value)}"


def _first_parts(
    values: Sequence[Any], described: Callable[[Any], str] = describe
) -> Iterator[str]:
    """Describe elements until there are more characters than will be shown."""
    shown = 0
    for one in values:
        if shown > MAX_SHOWN_CHARACTERS:
            return
        text = described(one)
        shown += len(text)
        yield text


def _difference(
    got: object, want: object, where: str, rtol: float | None, atol: float | None
) -> str | None:
    got, want = as_record(got), as_record(want)
    if isinstance(got, Record) and isinstance(want, Record) and got.type_name == want.type_name:
        return _record_difference(got, want, where, rtol, atol)
    if type(got) is not type(want) or isinstance(want, Record):
        return f"{where} is {kind_of(got)}{_advice(got, where)}, expected {kind_of(want)}"
    if isinstance(got, Tensor) and isinstance(want, Tensor):
        return _tensor_difference(got, want, where, rtol, atol)
    if isinstance(want, np.ndarray):
        return _tensor_difference(torch.as_tensor(got), torch.as_tensor(want), where, rtol, atol)
    if isinstance(got, list | tuple) and isinstance(want, list | tuple):
        if len(got) != len(want):
            return f"{where} has length {len(got)}, expected {len(want)}"
        for i, (one, other) in enumerate(zip(got, want, strict=True)):
            found = _difference(one, other, part(where, f"[{i}]"), rtol, atol)
            if found:
                return found
        return None
    if isinstance(got, dict) and isinstance(want, dict):
        return _dict_difference(got, want, where, rtol, atol)
    if isinstance(got, float) and isinstance(want, float):
        default_rtol, default_atol = FLOAT_TOLERANCE
        rtol, atol = (
            (default_rtol if rtol is None else rtol),
            (default_atol if atol is None else atol),
        )
        same = math.isclose(got, want, rel_tol=rtol, abs_tol=atol)
    else:
        same = got == want
    return None if same else f"{where} is {describe(got)}, expected {describe(want)}"


def _advice(got: object, where: str) -> str:
    """Ask the question that a wrong type suggests."""
    if got is None and where == WHOLE:
        return " (is a `return` missing?)"
    if _is_number_of_numpy(got):
        return " (`.item()` makes a Python number of it)"
    return ""


def _is_number_of_numpy(value: object) -> bool:
    """Say whether a value is one of NumPy's scalars, here or in the process that it stayed in."""
    kind = getattr(np, value.type_name, None) if isinstance(value, Opaque) else type(value)
    return isinstance(kind, type) and issubclass(kind, np.generic)


def _record_difference(
    got: Record, want: Record, where: str, rtol: float | None, atol: float | None
) -> str | None:
    if set(got.fields) != set(want.fields):
        return f"{where} has the fields {', '.join(got.fields)}, expected {', '.join(want.fields)}"
    for name, expected in want.fields.items():
        found = _difference(got.fields[name], expected, part(where, f".{name}"), rtol, atol)
        if found:
            return found
    return None


def _dict_difference(
    got: dict, want: dict, where: str, rtol: float | None, atol: float | None
) -> str | None:
    if set(got) != set(want):
        return f"{where} has the keys {describe(list(got))}, expected {describe(list(want))}"
    for key in want:
        found = _difference(got[key], want[key], part(where, f"[{key!r}]"), rtol, atol)
        if found:
            return found
    return None


def _tensor_difference(
    got: Tensor, want: Tensor, where: str, rtol: float | None, atol: float | None
) -> str | None:
    got, want = got.detach().cpu(), want.detach().cpu()
    if got.shape != want.shape:
        return f"{where} has shape {tuple(got.shape)}, expected {tuple(want.shape)}"
    if got.dtype != want.dtype:
        return f"{where} has dtype {_short(got.dtype)}, expected {_short(want.dtype)}"
    default_rtol, default_atol = TOLERANCES.get(want.dtype, (0.0, 0.0))
    rtol, atol = (default_rtol if rtol is None else rtol), (default_atol if atol is None else atol)
    close = torch.isclose(got, want, rtol=rtol, atol=atol)
    if close.all():
        return None
    wrong = (~close).nonzero()
    index = tuple(wrong[0].tolist())
    place = f"{where} at [{', '.join(map(str, index))}]" if index else where
    text = f"{place} is {', expected '.join(_told_apart(got[index], want[index]))}"
    if want.numel() > 1:
        text += f"; {len(wrong)} of {want.numel()} numbers differ"
    return text


def _describe_tensor(tensor: Tensor) -> str:
    if tensor.numel() <= MAX_SHOWN:
        return _nested(tensor)
    return f"a tensor of shape {tuple(tensor.shape)}, dtype {_short(tensor.dtype)}"


def _nested(tensor: Tensor) -> str:
    if tensor.dim() == 0:
        return _number(tensor)
    return f"[{', '.join(_nested(row) for row in tensor)}]"


def _number(scalar: Tensor) -> str:
    value = scalar.item()
    # Adding 0 turns −0 into 0, which is all that a learner means by it.
    return f"{value + 0:.4g}" if isinstance(value, float) else str(value)


def _told_apart(got: Tensor, want: Tensor) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to see that they differ."""
    shown, expected = _number(got), _number(want)
    for n_digits in range(5, 18):
        if shown != expected:
            break
        shown, expected = (f"{one.item() + 0:.{n_digits}g}" for one in (got, want))
    return shown, expected


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
