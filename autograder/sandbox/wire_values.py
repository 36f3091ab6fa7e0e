"""What may cross between the judge and the learner's process, besides plain values, and how much.

See `autograder.sandbox.wire`, which names it all.

Stops: nothing by itself; the writer and the reader hold to these limits.
Does not stop: wrong values.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

MAX_MESSAGE_BYTES = 256 << 20
MAX_DEPTH = 32
MAX_VALUES = 200_000
MAX_DIMENSIONS = 16
MAX_INT_DIGITS = 3000  # hexadecimal: no more than Python writes in decimal
MAX_NAME = 100

# Of this machine's byte order; others, and longdouble, are no dtype that torch can read.
NUMPY_DTYPES = frozenset(
    np.dtype(name).str
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
)
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
        *(torch.complex64, torch.complex128),
    )
}


class WireError(Exception):
    """A value cannot cross, or a message is not one of ours."""


@dataclass(frozen=True)
class Opaque:
    """A value of a type that does not cross; only its name does.

    Attributes:
        type_name: Name of its type, such as `Parameter`.
    """

    type_name: str


@dataclass(frozen=True)
class Record:
    """An instance of a dataclass, as far as it crosses; its fields can be read as its own.

    Attributes:
        type_name: Name of its class, such as `LayerCosts`.
        fields: Its fields by name, in their order.
    """

    type_name: str
    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the field holds
        # Names such as `__array__` mean something to others: they are not anybody's to choose.
        # Copying asks an instance that has no attributes yet, which must not ask itself for them.
        own = self.__dict__
        if name.startswith("_") or name not in own.get("fields", ()):
            raise AttributeError(f"{own.get('type_name')} has no field {name!r}")
        return own["fields"][name]


@dataclass(frozen=True)
class Made:
    """An argument that is made where it is used (`autograder.sandbox.makers`).

    Attributes:
        maker: What makes it, such as `generator`.
        arguments: What the maker is called with.
    """

    maker: str
    arguments: dict[str, Any] = field(default_factory=dict)


def as_record(value: object) -> object:
    """Turn an instance of a dataclass into a record, and leave every other value alone.

    Raises:
        WireError: A field cannot be read.
    """
    ours = Record | Opaque | Made
    if isinstance(value, type | ours) or not dataclasses.is_dataclass(value):
        return value
    try:
        fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    except Exception as error:  # a property of the learner's own, or a field deleted since
        raise WireError(f"a field of the {type(value).__name__} cannot be read") from error
    return Record(type(value).__name__, fields)
