"""From a JSON tree that may come from anybody to a value: the reading half of `wire`.

Stops: trees that are too deep or of too many values; tags, dtypes and shapes that are none of ours;
buffers that are not there or do not fit.
Does not stop: wrong values.
"""

import math
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from autograder.sandbox import wire_values
from autograder.sandbox.wire_values import (
    DTYPES,
    NUMPY_DTYPES,
    Made,
    Opaque,
    Record,
    WireError,
)

Kind = TypeVar("Kind")


class Reader:
    """Builds a value from a JSON tree, checking every part of it."""

    def __init__(self, buffers: list[bytes]) -> None:
        self.buffers = buffers
        self.n_values = 0

    def value(self, node: object, depth: int) -> object:
        """Build the value of a tree that stands this deep in the whole."""
        self.n_values += 1
        if depth > wire_values.MAX_DEPTH or self.n_values > wire_values.MAX_VALUES:
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
            "o": lambda name: Opaque(_text(name)[: wire_values.MAX_NAME]),
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
        return (Record if tag == "r" else Made)(_text(name)[: wire_values.MAX_NAME], values)

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


def _exactly(value: object, kind: type[Kind]) -> Kind:
    if type(value) is not kind:
        raise WireError("a value in the message does not fit its tag")
    return value


def _plain(value: object) -> object:
    return value if value is None or type(value) is bool else _text(value)


def _text(value: object) -> str:
    """Read a text; lone surrogates, which no file can hold, become `�`."""
    return _exactly(value, str).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _whole_number(digits: object) -> int:
    text = _exactly(digits, str)
    if len(text) > wire_values.MAX_INT_DIGITS:
        raise WireError("the message holds an integer of too many digits")
    return int(text, 16)


def _shape(sizes: object, n_bytes: int, item_bytes: int) -> tuple[int, ...]:
    """Check that a shape is a list of sizes and fits the bytes that came with it."""
    shape = tuple(_exactly(size, int) for size in _exactly(sizes, list))
    if len(shape) > wire_values.MAX_DIMENSIONS or any(size < 0 for size in shape):
        raise WireError("a tensor in the message has no proper shape")
    if math.prod(shape) * item_bytes != n_bytes:
        raise WireError("a tensor in the message does not have the bytes of its shape")
    return shape
