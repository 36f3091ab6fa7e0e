"""The warm parent: imports torch once, then forks one child a learner on request.

It runs behind `autograder.sandbox.bubblewrap`, holds nothing worth stealing, and takes its orders
from the judge alone: a learner's process has no line to it and cannot see it.

Orders are JSON messages on a socket, each answered by one: `{"import": source}` runs the import
statements of a cell of the course; `{"fork": …}` with the learner's end of a connection forks a
child, and is answered when the child has ended: `{"code", "cpu_s", "peak_bytes"}`.

Stops: children and orphans that outlive the judge: when it hangs up, this process ends, and by that
everything below it.
Does not stop: what the child itself does; see `autograder.sandbox.namespaces`.
"""

import ast
import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
from typing import Any, NoReturn

import psutil

from autograder.sandbox.child import live
from autograder.sandbox.limits import Limits
from autograder.sandbox.link import MAX_ORDER_BYTES

PR_SET_CHILD_SUBREAPER = 36
BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


def main(descriptor: int, *, confined: bool) -> None:
    """Take orders until the judge hangs up."""
    _warm_up()
    _adopt_orphans()
    if confined:
        from autograder.sandbox.namespaces import refuse_system_calls, refuse_user_namespaces

        refuse_user_namespaces()
        refuse_system_calls()
    orders = socket.socket(fileno=descriptor)
    alarm = _alarm()
    orders.send(b'{"ready": true}')
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, MAX_ORDER_BYTES, 1)
        if not message:
            return
        order = json.loads(message)
        if "import" in order:
            _import(order["import"])
            reply: dict[str, Any] = {"imported": True}
        else:
            reply = _fork(order["fork"], orders, alarm, descriptors[0])
        orders.send(json.dumps(reply).encode())


def _fork(
    order: dict[str, Any], orders: socket.socket, alarm: socket.socket, descriptor: int
) -> dict[str, Any]:
    """Fork a child for a learner and tell how it ended."""
    connection = socket.socket(fileno=descriptor)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        live(connection, order["seed"], Limits(**order["limits"]), order["scratch"])
    connection.close()
    _, status, used = _wait(child, orders, alarm)
    _reap()
    return {
        "code": os.waitstatus_to_exitcode(status),
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * BYTES_PER_MAXRSS,
    }


def _wait(
    child: int, orders: socket.socket, alarm: socket.socket
) -> tuple[int, int, resource.struct_rusage]:
    """Wait for the child, unless the judge hangs up meanwhile."""
    while not (ended := os.wait4(child, os.WNOHANG))[0]:
        said = select.select([orders, alarm], [], [])[0]
        if orders in said:  # nothing is said while a child runs: the line is closed
            _end_all_below()
        alarm.recv(MAX_ORDER_BYTES)
    return ended


def _alarm() -> socket.socket:
    """Give a socket that becomes readable when a child ends."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
    return reading


def _end_all_below() -> NoReturn:
    """End this process; as the first of a namespace it takes all others with it."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()
    os._exit(1)


def _adopt_orphans() -> None:
    """Have orphans below become children of this process, where they are found; Linux alone can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap() -> None:
    """Take leave of orphans that this process, being the first of its namespace, was left with."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _warm_up() -> None:
    """Import what every child needs, and leave the garbage collector nothing to touch."""
    import torch
    import torch.fx.experimental.symbolic_shapes
    from IPython.core import interactiveshell  # noqa: F401 - slow to import

    import autograder.sandbox.cells  # noqa: F401

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's, who ends us in order
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.collect()
    gc.freeze()


def _import(source: str) -> None:
    """Run the import statements of a cell of the course, so that each child need not."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic such as %matplotlib
        return
    imports = ast.Module([], [])
    imports.body += [one for one in statements if isinstance(one, ast.Import | ast.ImportFrom)]
    exec(compile(imports, "<imports>", "exec"), {})
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(int(sys.argv[1]), confined=sys.argv[2] == "confined")
