"""The warm parent by its own protocol; what stands around it is tested with the judge's side."""

import json
import socket
import subprocess
import sys
import time

import psutil
import pytest

from autograder.sandbox.limits import Limits
from autograder.sandbox.link import CELL, MAX_ORDER_BYTES, pack, receive
from autograder.sandbox.wire import decode, encode


@pytest.fixture
def orders():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "autograder.sandbox.warm", str(theirs.fileno()), "unconfined"]
    with subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process, ours:
        theirs.close()
        ours.settimeout(60)
        assert json.loads(ours.recv(MAX_ORDER_BYTES)) == {"ready": True}
        yield ours, process
        ours.close()
        process.wait(20)


def fork(ours, folder):
    mine, theirs = socket.socketpair()
    mine.settimeout(60)
    order = {"fork": {"seed": 1, "limits": Limits().as_dict(), "scratch": str(folder)}}
    with theirs:
        socket.send_fds(ours, [json.dumps(order).encode()], [theirs.fileno()])
    return mine


def test_a_child_answers_and_its_end_is_told(orders, tmp_path):
    ours, _ = orders
    with fork(ours, tmp_path) as mine:
        mine.sendall(pack(CELL, 5, encode({"source": "print(6 * 7)", "cpu_s": 5.0})))
        kind, number, body = receive(mine)
        assert (kind, number, decode(body)["text"]) == (CELL, 5, "42\n")
    told = json.loads(ours.recv(MAX_ORDER_BYTES))
    assert told["code"] == 0
    assert 0 < told["cpu_s"] < 30
    assert told["peak_bytes"] > 2**25


def test_imports_are_made_and_other_statements_are_not(orders, tmp_path):
    ours, _ = orders
    for source in ("import fractions\n1 / 0", "%matplotlib inline"):
        ours.send(json.dumps({"import": source}).encode())
        assert json.loads(ours.recv(MAX_ORDER_BYTES)) == {"imported": True}
    with fork(ours, tmp_path) as mine:
        look = "import sys\nprint('fractions' in sys.modules)"
        mine.sendall(pack(CELL, 1, encode({"source": look, "cpu_s": 5.0})))
        assert decode(receive(mine)[2])["text"] == "True\n"
    ours.recv(MAX_ORDER_BYTES)


def test_when_the_judge_hangs_up_all_below_end(orders, tmp_path):
    ours, process = orders
    with fork(ours, tmp_path) as mine:
        mine.sendall(pack(CELL, 1, encode({"source": "while True: pass", "cpu_s": 60.0})))
        deadline = time.monotonic() + 20
        while not (below := psutil.Process(process.pid).children(recursive=True)):
            assert time.monotonic() < deadline
        ours.close()
        assert process.wait(20) == 1
        _, alive = psutil.wait_procs(below, timeout=20)
        assert alive == [] or all(p.status() == psutil.STATUS_ZOMBIE for p in alive)
