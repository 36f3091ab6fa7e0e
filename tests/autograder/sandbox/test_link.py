import socket
import threading

import pytest

from autograder.sandbox.link import CALL, CELL, pack, receive


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_messages_arrive_one_by_one_however_they_are_cut(ends):
    one, other = ends
    message = pack(CELL, 7, b"x" * 100_000) + pack(CALL, 2**32 - 1, b"")
    sender = threading.Thread(target=one.sendall, args=(message,))
    sender.start()
    assert receive(other) == (CELL, 7, b"x" * 100_000)
    assert receive(other) == (CALL, 2**32 - 1, b"")
    sender.join()


@pytest.mark.parametrize("kept", [0, 5, 13, 20])
def test_a_closed_line_is_told(ends, kept):
    one, other = ends
    one.sendall(pack(CELL, 1, b"0123456789")[:kept])
    one.close()
    with pytest.raises(EOFError):
        receive(other)
