"""Messages on the socket between the judge and the learner's process.

A request is a kind, a number and a body; its reply carries the same number. The reading here is
for the learner's side, which may trust the judge; the judge reads replies as hostile
(`autograder.judge.process`).

Stops: a reply being taken for that to another request, by its number.
Does not stop: a reply with the right number that the learner's code wrote; it counts as theirs.
"""

import socket
import struct

CELL, CALL = 1, 2  # kinds of request: run a cell, call a function
MAX_ORDER_BYTES = 1 << 20  # of the judge's to the warm parent
HEADER = struct.Struct("<BIQ")  # kind, number, length of the body


def pack(kind: int, number: int, body: bytes) -> bytes:
    """Write a message."""
    return HEADER.pack(kind, number, len(body)) + body


def receive(connection: socket.socket) -> tuple[int, int, bytes]:
    """Wait for a message and give its kind, number and body.

    Raises:
        EOFError: The other side has closed the connection.
    """
    kind, number, length = HEADER.unpack(_exactly(connection, HEADER.size))
    return kind, number, _exactly(connection, length)


def _exactly(connection: socket.socket, n_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < n_bytes:
        part = connection.recv(min(n_bytes - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
