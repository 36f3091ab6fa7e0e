"""Plain values as bytes: all that passes between the judge and the learner's process.

A message is a JSON tree of tagged values followed by raw buffers. Decoding builds None, bool, int,
float, str, bytes, list, tuple, dict, `Tensor`, `ndarray`, numpy scalars, `Record`, `Made` and
`Opaque`, of exactly these types, and nothing else: no pickle, no code. An instance of a dataclass
crosses as `Record`: its name and its fields. Whatever else a function returns crosses as `Opaque`:
the name of its type, so that the verdict can name it. `Made` says how to make an argument that
cannot cross, such as a generator; it is made where it is used.

Layout: "<II" length of the tree and number of buffers, the tree, then "<Q" length and bytes of
each buffer.

Stops: messages that are too long, too deep, of too many values, cut short or no messages of ours,
with WireError and before they cost memory; values of other types, subclasses among them; arrays and
integers that cannot be handled or written later; half characters that no file can hold.
Does not stop: wrong values; judging them is the judge's business.
"""

import dataclasses
import json
import math
import struct
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

Kind = TypeVar("Kind")

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


def encode(value: object) -> bytes:
    """Write a value as bytes.

    Tensors are moved to the CPU; that they require a gradient is kept.

    Raises:
        WireError: The value is too deep or too large.
    """
    writer = _Writer()
    try:
        tree = json.dumps(writer.tree(value, 0), separators=(",", ":")).encode()
    except RuntimeError as error:  # memory that cannot be read, or a container changed meanwhile
        raise WireError(f"the value cannot be read ({error})") from None
    parts = [struct.pack("<II", len(tree), len(writer.buffers)), tree]
    for buffer in writer.buffers:
        parts += [struct.pack("<Q", len(buffer)), buffer]
    return b"".join(parts)


def decode(message: bytes) -> object:
    """Read a value from bytes that may come from anybody.

    Raises:
        WireError: The message is malformed, too deep or too large.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise WireError(f"the message has {len(message)} bytes, more than {MAX_MESSAGE_BYTES}")
    try:
        tree, buffers = _split(bytes(message))
        return _Reader(buffers).value(tree, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise WireError(f"the message is malformed ({type(error).__name__})") from None
    except (RuntimeError, OverflowError) as error:
        raise WireError(
            f"the message holds an impossible tensor ({type(error).__name__})"
        ) from None


def _recipe_of(value: object) -> object:
    """Give the recipe in place of a model or function that `makers.make_with_recipe` made.

    A generator that has drawn nothing yet is its seed.
    """
    if type(value) is torch.Generator:
        seed = value.initial_seed()
        fresh = torch.Generator(value.device).manual_seed(seed)
        unused = torch.equal(value.get_state(), fresh.get_state())
        return Made("generator", {"seed": seed}) if unused else value
    if not isinstance(value, torch.nn.Module | FunctionType):
        return value
    recipe = object.__getattribute__(value, "__dict__").get("recipe")
    return recipe if type(recipe) is Made else value


class _Writer:
    """Turns a value into a JSON tree, with its bytes set aside in `buffers`."""

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self.n_values = 0
        self.n_bytes = 0

    def tree(self, value: object, depth: int) -> list[object]:
        self.n_values += 1
        if depth > MAX_DEPTH or self.n_values > MAX_VALUES:
            raise WireError("the value is nested too deep or has too many parts")
        if value is None or type(value) is bool:
            return ["v", value]
        if type(value) is str:
            self._count(len(value))
            return ["v", value]
        if type(value) is int:
            return ["i", _hexadecimal(value)]
        if type(value) is float:
            return ["f", value.hex()]
        if type(value) is bytes:
            return ["b", self._buffer(value)]
        if type(value) is list or type(value) is tuple:
            tag = "l" if type(value) is list else "t"
            return [tag, [self.tree(one, depth + 1) for one in value]]
        if type(value) is dict:
            pairs = value.items()
            return ["d", [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in pairs]]
        value = as_record(value)
        value = _recipe_of(value)
        if type(value) is Record:
            return ["r", value.type_name[:MAX_NAME], self.tree(value.fields, depth + 1)]
        if type(value) is Made:
            return ["m", value.maker, self.tree(value.arguments, depth + 1)]
        return self._array(value)

    def _array(self, value: object) -> list[object]:
        if type(value) is Tensor and _crosses(value):
            self._count(value.numel() * value.element_size())
            name = str(value.dtype).removeprefix("torch.")
            self.buffers.append(_tensor_bytes(value))
            index = len(self.buffers) - 1
            return ["T", name, list(value.shape), index, bool(value.requires_grad)]
        if type(value) is np.ndarray and value.dtype.str in NUMPY_DTYPES:
            return ["n", value.dtype.str, list(value.shape), self._buffer(value.tobytes())]
        if isinstance(value, np.generic) and value.dtype.str in NUMPY_DTYPES:
            return ["s", value.dtype.str, self._buffer(value.tobytes())]
        return ["o", type(value).__name__[:MAX_NAME]]

    def _buffer(self, data: bytes) -> int:
        self._count(len(data))
        self.buffers.append(data)
        return len(self.buffers) - 1

    def _count(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        if self.n_bytes > MAX_MESSAGE_BYTES:
            raise WireError(f"the value has more than {MAX_MESSAGE_BYTES} bytes")


class _Reader:
    """Builds a value from a JSON tree, checking every part of it."""

    def __init__(self, buffers: list[bytes]) -> None:
        self.buffers = buffers
        self.n_values = 0

    def value(self, node: object, depth: int) -> object:
        self.n_values += 1
        if depth > MAX_DEPTH or self.n_values > MAX_VALUES:
            raise WireError("the message is nested too deep or has too many parts")
        tag, *parts = _exactly(node, list)
        if tag in ("l", "t", "d"):
            return self._container(tag, *parts, depth=depth + 1)
        if tag in ("r", "m"):
            return self._named(tag, *parts, depth=depth + 1)
        read = {
            "v": _plain,
            "i": _whole_number,
            "f": lambda digits: float.fromhex(_exactly(digits, str)),
            "b": self._bytes,
            "T": self._tensor,
            "n": self._ndarray,
            "s": lambda name, index: self._ndarray(name, [], index)[()],
            "o": lambda name: Opaque(_text(name)[:MAX_NAME]),
        }
        return read[_exactly(tag, str)](*parts)

    def _container(self, tag: str, parts: object, *, depth: int) -> object:
        if tag == "d":
            pairs = [_exactly(pair, list) for pair in _exactly(parts, list)]
            return {self.value(key, depth): self.value(one, depth) for key, one in pairs}
        values = [self.value(one, depth) for one in _exactly(parts, list)]
        return values if tag == "l" else tuple(values)

    def _named(self, tag: str, name: object, parts: object, *, depth: int) -> Record | Made:
        values = _exactly(self.value(parts, depth), dict)
        for key in values:
            _exactly(key, str)
        return (Record if tag == "r" else Made)(_text(name)[:MAX_NAME], values)

    def _bytes(self, index: object) -> bytes:
        position = _exactly(index, int)
        if not 0 <= position < len(self.buffers):
            raise WireError("a value in the message names a buffer that is not there")
        return self.buffers[position]

    def _tensor(self, name: object, shape: object, index: object, requires_grad: object) -> Tensor:
        dtype = DTYPES[_exactly(name, str)]
        data = bytearray(self._bytes(index))
        sizes = _shape(shape, len(data), dtype.itemsize)
        flat = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        differentiable = dtype.is_floating_point or dtype.is_complex
        return flat.reshape(sizes).requires_grad_(_exactly(requires_grad, bool) and differentiable)

    def _ndarray(self, name: object, shape: object, index: object) -> np.ndarray:
        text = _exactly(name, str)
        if text not in NUMPY_DTYPES:
            raise WireError("an array in the message has a dtype that does not cross")
        dtype = np.dtype(text)
        data = bytearray(self._bytes(index))
        return np.frombuffer(data, dtype).reshape(_shape(shape, len(data), dtype.itemsize))


def _split(message: bytes) -> tuple[object, list[bytes]]:
    """Cut a message into its tree and its buffers, all of it used."""
    tree_bytes, n_buffers = struct.unpack_from("<II", message)
    position = 8 + tree_bytes
    if position > len(message) or n_buffers > MAX_VALUES:
        raise WireError("the message is cut short")
    tree = json.loads(message[8:position], parse_constant=_refuse_constant)
    buffers = []
    for _ in range(n_buffers):
        (size,) = struct.unpack_from("<Q", message, position)
        position += 8
        if size > len(message) - position:
            raise WireError("the message is cut short")
        buffers.append(message[position : position + size])
        position += size
    if position != len(message):
        raise WireError("the message goes on after its end")
    return tree, buffers


def _refuse_constant(name: str) -> None:
    raise WireError(f"the message holds {name}, which is not JSON")


def _exactly(value: object, kind: type[Kind]) -> Kind:
    if type(value) is not kind:
        raise WireError("a value in the message does not fit its tag")
    return value


def _plain(value: object) -> object:
    return value if value is None or type(value) is bool else _text(value)


def _text(value: object) -> str:
    """Read a text; lone surrogates, which no file can hold, become `�`."""
    return _exactly(value, str).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _hexadecimal(value: int) -> str:
    digits = hex(value)
    if len(digits) > MAX_INT_DIGITS:
        raise WireError("the value holds an integer of too many digits")
    return digits


def _whole_number(digits: object) -> int:
    text = _exactly(digits, str)
    if len(text) > MAX_INT_DIGITS:
        raise WireError("the message holds an integer of too many digits")
    return int(text, 16)


def _shape(sizes: object, n_bytes: int, item_bytes: int) -> tuple[int, ...]:
    """Check that a shape is a list of sizes and fits the bytes that came with it."""
    shape = tuple(_exactly(size, int) for size in _exactly(sizes, list))
    if len(shape) > MAX_DIMENSIONS or any(size < 0 for size in shape):
        raise WireError("a tensor in the message has no proper shape")
    if math.prod(shape) * item_bytes != n_bytes:
        raise WireError("a tensor in the message does not have the bytes of its shape")
    return shape


def _crosses(tensor: Tensor) -> bool:
    """Tell whether a tensor has numbers in memory, of a dtype that we know."""
    dense = tensor.layout == torch.strided and tensor.device.type != "meta"
    return dense and tensor.dtype in DTYPES.values()


def _tensor_bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
