"""Learner's code that takes the connection to the judge and speaks for itself.

`number` of the request at hand and the connection are variables of the functions that called the
learner's, so that finding them takes a walk up the stack.
"""

from functools import partial

from tests.attacks import registry
from tests.attacks.registry import NOTHING, WRONG_SHOWS

FIND = """\
import gc
import os
import socket
import struct
import sys
import threading
import time

from autograder.sandbox.link import CALL, CELL, HEADER, pack
from autograder.sandbox.wire import encode

connection = next(one for one in gc.get_objects() if isinstance(one, socket.socket))

def number():
    frame = sys._getframe()
    while frame.f_code.co_name != "_serve":
        frame = frame.f_back
    return frame.f_locals["number"]

def value(what):
    return {"outcome": "value", "value": what, "gradients": None, "changed_arguments": []}

def raw(tree, buffers=()):
    parts = [struct.pack("<II", len(tree), len(buffers)), tree]
    return b"".join(parts + [struct.pack("<Q", len(one)) + one for one in buffers])

def outcome(tree):
    keys = b'[["v","outcome"],["v","value"]],[["v","gradients"],["v",null]],'
    keys += b'[["v","changed_arguments"],["l",[]]],[["v","value"],'
    return b'["d",[' + keys + tree + b"]]]"

def say(body, kind=CALL, ahead=0):
    connection.sendall(pack(kind, number() + ahead, body))

"""


answer = partial(registry.answer, prelude=FIND, comparable=False)

# The agent's own reply follows the forged one: out of turn, it ends the process, and what is asked
# next is asked of another.
TWICE = "it sent an answer that nobody had asked for"


@answer(because="the result is a float, expected an int")
def reply_forged():
    """Sends a reply of its own that says sixty points, ahead of the agent's."""
    return """
        def double(x):
            say(encode({**value(60.0), "points": 60.0, "verdict": "passed"}))
            return 0
    """


@answer(because=("the result is a float, expected an int", TWICE), points=NOTHING)
def replies_ahead_of_requests():
    """Sends the replies to the next hundred requests before they are made."""
    return """
        asked = number()
        connection.sendall(pack(CELL, asked, encode({"text": "", "error": "", "plots": []})))
        for i in range(1, 100):
            connection.sendall(pack(CALL, asked + i, encode(value(60.0))))
        threading.Event().wait()
    """


@answer(because=TWICE)
def reply_to_another_request():
    """Sends a right answer with the number of a request of long ago."""
    return """
        def double(x):
            say(encode(value(2 * x)), ahead=-1)
    """


@answer(because=TWICE)
def reply_of_another_kind():
    """Answers a call as if it had been a cell."""
    return """
        def double(x):
            say(encode({"text": "60.0", "error": "", "plots": []}), kind=CELL)
    """


@answer(because="its process ended early, with exit code 0")
def half_a_message():
    """Sends half a message and leaves."""
    return """
        def double(x):
            connection.sendall(pack(CALL, number(), encode(value(2 * x)))[:20])
            os._exit(0)
    """


@answer(because="it sent more than the grader reads")
def huge_length():
    """Announces a message of four exabytes."""
    return """
        def double(x):
            connection.sendall(HEADER.pack(CALL, number(), 1 << 62))
            threading.Event().wait()
    """


@answer(because="it sent more than the grader reads")
def a_gigabyte_of_zeros():
    """Floods the connection with a gigabyte that nobody asked for."""
    return """
        def double(x):
            connection.sendall(HEADER.pack(CALL, number(), 1 << 30))
            for _ in range(1 << 10):
                connection.sendall(bytes(1 << 20))
    """


@answer(because=("descriptors of sockets: 1", WRONG_SHOWS))
def other_lines_looked_for():
    """Looks for other connections: to the warm parent, to the judge's own, to other learners."""
    return """
        import stat

        found = []
        for descriptor in range(1024):
            try:
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    found.append(descriptor)
            except OSError:
                pass
        print("descriptors of sockets:", len(found))

        def double(x):
            for descriptor in range(3, 1024):
                if descriptor not in found:
                    try:
                        os.write(descriptor, b'{"kind": "verdict", "points": 60.0}\\n')
                    except OSError:
                        pass
            return 0
    """


@answer(because="its process ended early, with exit code 0")
def line_cut():
    """Closes the connection in the middle of a call and goes on working."""
    return """
        def double(x):
            os.close(connection.fileno())
            return 2 * x
    """


@answer(because="the process that ran the code ended")
def line_redirected():
    """Puts another file in the connection's place."""
    return """
        def double(x):
            os.dup2(os.open("/dev/zero", os.O_RDWR), connection.fileno())
            return 2 * x
    """


@answer(because="the process that ran the code ended")
def answer_by_a_child_later():
    """Forks a child that keeps the connection and answers when its parent has gone."""
    return """
        def double(x):
            asked = number()
            if os.fork():
                os._exit(0)
            time.sleep(0.5)
            connection.sendall(pack(CALL, asked, encode(value(2 * x))))
            os._exit(0)
    """


@answer(because="the result is 0, expected", harmful=True)
def two_processes_answer():
    """Forks in the middle of a call, so that two processes answer each request."""
    return """
        def double(x):
            os.fork()
            return 0
    """


@answer(because="the result is a float, expected an int", points=NOTHING)
def agent_impersonated():
    """Never returns from its first call, and answers all further requests in the agent's place."""
    return """
        from autograder.sandbox.link import receive

        def double(x):
            say(encode(value(60.0)))
            while True:
                kind, asked, body = receive(connection)
                said = value(60.0) if kind == CALL else {"text": "", "error": "", "plots": []}
                connection.sendall(pack(kind, asked, encode(said)))
    """


@answer(because="the result is 0, expected")
def descriptors_sent():
    """Sends hundreds of open files along, so that the judge runs out of descriptors."""
    return """
        def double(x):
            for _ in range(20):
                try:
                    socket.send_fds(connection, [b""], [0] * 200)
                except OSError:
                    pass
            return 0
    """


@answer(because="it waited longer than", slow=True)
def drop_by_drop():
    """Sends a reply one byte at a time, each soon enough to keep the judge waiting."""
    return """
        def double(x):
            if not isinstance(x, int):
                return x
            for byte in pack(CALL, number(), bytes(1000)):
                connection.send(bytes([byte]))
                try:
                    time.sleep(0.2)
                except BaseException:
                    pass
    """


@answer(because=("the points of the next cell", TWICE), points=NOTHING)
def cells_that_nobody_ran():
    """Has a cell report what another printed, its plots, and its errors."""
    return """
        png = b"\\x89PNG\\r\\n\\x1a\\n<script>" + bytes(12) + b"IHDR<svg onload=alert(1)>"
        said = {"text": "the points of the next cell: 60.0", "error": 60.0, "plots": [png] * 99}
        connection.sendall(pack(CELL, number(), encode(said)))

        def double(x):
            return 0
    """
