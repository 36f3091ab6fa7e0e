"""A learner's process: runs cells and answers calls until the judge hangs up.

Stops: a cell or call that runs too long, politely, so that what comes after still counts.
Does not stop: code that closes the connection, answers in the agent's place or refuses to end. It
gains nothing by that: an answer is judged as the learner's, whoever wrote it, no answer is no
points, and the judge ends what does not end.
"""

import contextlib
import os
import socket
from typing import Any, NoReturn, cast

from autograder.sandbox.agent import Agent
from autograder.sandbox.cells import CellOutcome, CellRunner
from autograder.sandbox.limits import Limits, limit_resources
from autograder.sandbox.link import CELL, pack, receive
from autograder.sandbox.wire import WireError, decode, encode

STANDARD_STREAMS = (0, 1, 2)


def live(connection: socket.socket, seed: int, limits: Limits, scratch: str) -> NoReturn:
    """Be the learner's process, in this forked child; never returns.

    Args:
        connection: To the judge.
        seed: Seeds the global generators.
        limits: What the process may use.
        scratch: Folder to work in; "" to enter namespaces of one's own, with a folder in them.
    """
    code = 1
    try:
        confined = not scratch
        _keep_only(connection)
        if confined:
            from autograder.sandbox.namespaces import SCRATCH, enter_own_namespaces

            enter_own_namespaces(limits.file_bytes)
            scratch = SCRATCH
        _settle(scratch)
        limit_resources(limits, confined=confined)
        _serve(connection, CellRunner(seed))
        code = 0
    finally:
        os._exit(code)


def _serve(connection: socket.socket, runner: CellRunner) -> None:
    agent = Agent(runner.namespace)
    with contextlib.suppress(EOFError, OSError):
        while True:
            kind, number, body = receive(connection)
            reply = _run_cell(runner, body) if kind == CELL else agent.answer(body)
            connection.sendall(pack(kind, number, reply))


def _run_cell(runner: CellRunner, body: bytes) -> bytes:
    request = cast(dict[str, Any], decode(body))
    outcome: CellOutcome = runner.run(request["source"], request["cpu_s"])
    try:
        return encode({"text": outcome.text, "error": outcome.error, "plots": list(outcome.plots)})
    except WireError:
        return encode({"text": "", "error": "What the cell gave cannot be shown.", "plots": []})


def _keep_only(connection: socket.socket) -> None:
    """Close what was inherited: the line to the warm parent above all."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in STANDARD_STREAMS:
        os.dup2(nothing, stream)
    os.closerange(3, connection.fileno())
    os.closerange(connection.fileno() + 1, os.sysconf("SC_OPEN_MAX"))


def _settle(scratch: str) -> None:
    os.setsid()
    os.chdir(scratch)
    places = {"HOME": scratch, "TMPDIR": scratch, "IPYTHONDIR": os.path.join(scratch, ".ipython")}
    os.environ.update(places)
