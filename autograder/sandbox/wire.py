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

import json
import struct

from autograder.sandbox import wire_values
from autograder.sandbox.wire_reader import Reader
from autograder.sandbox.wire_values import (
    Made,
    Opaque,
    Record,
    WireError,
    as_record,
)
from autograder.sandbox.wire_writer import Writer

__all__ = [
    "Made",
    "Opaque",
    "Record",
    "WireError",
    "as_record",
    "decode",
    "encode",
]


def encode(value: object) -> bytes:
    """Write a value as bytes.

    Tensors are moved to the CPU; that they require a gradient is kept.

    Raises:
        WireError: The value is too deep or too large.
    """
    writer = Writer()
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
    if len(message) > wire_values.MAX_MESSAGE_BYTES:
        raise WireError(
            f"the message has {len(message)} bytes, more than {wire_values.MAX_MESSAGE_BYTES}"
        )
    try:
        tree, buffers = _split(bytes(message))
        return Reader(buffers).value(tree, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise WireError(f"the message is malformed ({type(error).__name__})") from None
    except (RuntimeError, OverflowError) as error:
        raise WireError(
            f"the message holds an impossible tensor ({type(error).__name__})"
        ) from None


def _split(message: bytes) -> tuple[object, list[bytes]]:
    """Cut a message into its tree and its buffers, all of it used."""
    tree_bytes, n_buffers = struct.unpack_from("<II", message)
    position = 8 + tree_bytes
    if position > len(message) or n_buffers > wire_values.MAX_VALUES:
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
