"""From a value to a JSON tree and its buffers: the writing half of `autograder.sandbox.wire`.

Stops: values that are too deep, too large or of too many parts; integers that no reader can write;
values of other types, which become `Opaque`.
Does not stop: wrong values.
"""

import dataclasses
from types import FunctionType

import numpy as np
import torch
from torch import Tensor

from autograder.sandbox import wire_values
from autograder.sandbox.wire_values import (
    DTYPES,
    NUMPY_DTYPES,
    Made,
    Record,
    WireError,
    as_record,
)


def _recipe_of(value: object) -> object:
    """Give the recipe in place of what `makers.make_with_recipe` made: it stands in its attributes.

    A generator that has drawn nothing yet is its seed.
    """
    if type(value) is torch.Generator:
        seed = value.initial_seed()
        fresh = torch.Generator(value.device).manual_seed(seed)
        unused = torch.equal(value.get_state(), fresh.get_state())
        return Made("generator", {"seed": seed}) if unused else value
    if not (isinstance(value, torch.nn.Module | FunctionType) or dataclasses.is_dataclass(value)):
        return value
    try:
        recipe = object.__getattribute__(value, "__dict__").get("recipe")
    except AttributeError:  # a dataclass with slots
        return value
    return recipe if type(recipe) is Made else value


class Writer:
    """Turns a value into a JSON tree, with its bytes set aside in `buffers`."""

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self.n_values = 0
        self.n_bytes = 0

    def tree(self, value: object, depth: int) -> list[object]:
        """Give the tree of a value that stands this deep in the whole."""
        self.n_values += 1
        if depth > wire_values.MAX_DEPTH or self.n_values > wire_values.MAX_VALUES:
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
        value = as_record(_recipe_of(value))
        if type(value) is Record:
            return [
                "r",
                value.type_name[: wire_values.MAX_NAME],
                self.tree(value.fields, depth + 1),
            ]
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
        return ["o", type(value).__name__[: wire_values.MAX_NAME]]

    def _buffer(self, data: bytes) -> int:
        self._count(len(data))
        self.buffers.append(data)
        return len(self.buffers) - 1

    def _count(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        if self.n_bytes > wire_values.MAX_MESSAGE_BYTES:
            raise WireError(f"the value has more than {wire_values.MAX_MESSAGE_BYTES} bytes")


def _hexadecimal(value: int) -> str:
    digits = hex(value)
    if len(digits) > wire_values.MAX_INT_DIGITS:
        raise WireError("the value holds an integer of too many digits")
    return digits


def _crosses(tensor: Tensor) -> bool:
    """Tell whether a tensor has numbers in memory, of a dtype that we know."""
    dense = tensor.layout == torch.strided and tensor.device.type != "meta"
    return dense and tensor.dtype in DTYPES.values()


def _tensor_bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    # A single number counts as contiguous whatever its stride is, and bytes are seen at stride 1.
    one_by_one = flat.as_strided(flat.shape, (1,))
    return one_by_one.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
