"""Each line of "Stops" in `autograder.judge.process`, with a learner's process that misbehaves."""

import struct
import time

import pytest

from autograder.judge import process as process_module
from autograder.judge.process import ProcessEndedError, UnaskedReplyError, is_picture
from autograder.sandbox.wire import decode, encode

# What an attacker would do to speak in the agent's place.
SPEAK = """
import os, socket, struct, time
HEADER = struct.Struct("<BIQ")
line = next(
    socket.socket(fileno=int(fd)) for fd in os.listdir("/proc/self/fd")
    if "socket:" in os.path.realpath(f"/proc/self/fd/{fd}")
)
"""


def ended(process, source, cpu_s=5.0):
    """Run a cell in which the process must end, and give the reason."""
    with pytest.raises(ProcessEndedError) as reason:
        process.run_cell(source, cpu_s)
    assert process.ended == str(reason.value)
    return process.ended


def call(process, function, *args):
    request = {"function": function, "args": args, "kwargs": {}, "time_limit_s": 5.0}
    return decode(process.call(encode(request), 5.0))


def test_cells_and_calls_are_answered(confined):
    process = confined()
    reply = process.run_cell("def f(x):\n    return x + 1\nprint('defined')", 5.0)
    assert (reply.text, reply.error, reply.plots) == ("defined\n", "", ())
    assert call(process, "f", 2)["value"] == 3


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ("line.send(HEADER.pack(1, 99, 3) + b'abc')", "an answer that nobody had asked for"),
        ("line.send(HEADER.pack(2, 1, 3) + b'abc')", "an answer that nobody had asked for"),
        ("line.send(HEADER.pack(1, 1, 1 << 60))", "more than the grader reads"),
        ("line.send(HEADER.pack(1, 1, 100) + b'half'); os._exit(0)", "exit code 0"),
        ("line.close()\nos._exit(7)", "exit code 7"),
        ("line.shutdown(socket.SHUT_RDWR); time.sleep(60)", "cut the line"),
        ("os.dup2(os.open('/dev/null', os.O_RDWR), line.fileno()); time.sleep(60)", "cut the line"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        ("os.abort()", "ended by SIGSEGV"),
    ],
)
def test_a_line_that_is_misused_ends_the_process(confined, attack, reason):
    assert reason in ended(confined(), SPEAK + attack)


def test_an_answer_ahead_of_its_request_is_out_of_turn_when_that_comes(confined):
    process = confined()
    ahead = "line.send(HEADER.pack(1, 1, 0) + HEADER.pack(2, 3, 6) + b'forged')"
    assert process.run_cell(SPEAK + ahead, 5.0).error == "What the cell gave cannot be shown."
    with pytest.raises(UnaskedReplyError, match="nobody had asked for"):
        call(process, "f")


def test_an_answer_that_comes_later_is_out_of_turn(confined):
    process = confined()
    later = (
        "import threading\ndef speak():\n    time.sleep(0.3)\n"
        "    line.send(HEADER.pack(2, 9, 6) + b'forged')\nthreading.Thread(target=speak).start()"
    )
    assert process.run_cell(SPEAK + later, 5.0).error == ""
    time.sleep(0.6)
    with pytest.raises(ProcessEndedError, match="nobody had asked for"):
        call(process, "f")


def test_a_forged_answer_to_a_call_is_read_as_the_learners_own(confined):
    """It is what the function gave, and judged as such: a forger had to know the right value."""
    process = confined()
    forge = (
        "from autograder.sandbox.wire import encode\ndef f(x):\n"
        "    line.send(HEADER.pack(2, 2, 3) + b'???')\n    time.sleep(60)"
    )
    assert process.run_cell(SPEAK + forge, 5.0).error == ""
    request = encode({"function": "f", "args": (1,), "kwargs": {}, "time_limit_s": 5.0})
    assert process.call(request, 5.0) == b"???"


def test_a_reply_drop_by_drop_is_late(confined, monkeypatch):
    monkeypatch.setattr("autograder.judge.watch.WALL_EXTRA_S", 0.5)
    drip = (
        "line.send(HEADER.pack(1, 1, 10_000))\nsignal_free = True\nimport signal\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "for _ in range(10_000):\n    line.send(b'x'); time.sleep(0.01)"
    )
    began = time.monotonic()
    assert "it waited longer than" in ended(confined(), SPEAK + drip, cpu_s=0.2)
    assert time.monotonic() - began < 5


def test_a_process_that_does_not_read_is_given_up(confined, monkeypatch):
    monkeypatch.setattr("autograder.judge.watch.WALL_EXTRA_S", 0.5)
    process = confined()
    process.run_cell("import threading, os, time, signal", 5.0)
    deaf = "signal.setitimer(signal.ITIMER_REAL, 0)\ntime.sleep(60)"
    assert "it waited longer than" in ended(process, deaf, cpu_s=0.2)


def test_a_request_too_large_for_the_line_waits_for_a_reader(confined):
    process = confined()
    assert process.run_cell("def size(x):\n    return len(x)", 5.0).error == ""
    assert call(process, "size", b"x" * (20 << 20))["value"] == 20 << 20


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense",
        encode([1, 2]),
        encode({"text": 3, "error": None, "plots": {"a": 1}}),
        encode({"text": "x" * 100_000, "error": "y" * 100_000, "plots": [b"no picture"] * 9}),
    ],
)
def test_whatever_is_said_of_a_cell_becomes_short_text_and_pictures(reply):
    read = process_module._cell_reply(reply)
    assert isinstance(read.text, str)
    assert len(read.text) < 21_000
    assert len(read.error) < 2_000
    assert read.plots == ()


def png(width, height, size=100):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(size)


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (png(640, 480), True),
        (png(100_000, 100_000), False),
        (png(0, 10), False),
        (png(10, 10, size=400_000), False),
        (b"<svg onload='alert(1)'/>", False),
        (b"\x89PNG\r\n\x1a\n", False),
        ("text", False),
    ],
)
def test_pictures_are_of_one_kind_and_a_sane_size(data, good):
    assert is_picture(data) is good


def test_an_ended_process_says_so_again(confined):
    process = confined()
    first = ended(process, "import os\nos._exit(3)")
    assert ended(process, "print(1)") == first


def test_what_was_used_is_counted(confined):
    process = confined()
    process.run_cell("import torch\nx = torch.ones(50 * 2**20)\nwhile True: pass", 0.4)
    process.end()
    assert process._watch.cpu_s >= 0.4
    assert process._watch.peak_bytes >= 200 * 2**20


def test_the_time_of_a_process_that_was_killed_is_remembered(confined):
    process = confined()
    deaf = "import signal\nfor s in (signal.SIGPROF, signal.SIGALRM):\n    signal.signal(s, 1)\n"
    assert "ran longer" in ended(process, f"{deaf}while True: pass", cpu_s=0.5)
    assert process._watch.cpu_s >= 0.7


def test_the_next_learner_does_not_pay_for_the_last(confined):
    process = confined()
    deaf = "import signal\nfor s in (signal.SIGPROF, signal.SIGALRM):\n    signal.signal(s, 1)\n"
    ended(process, f"{deaf}while True: pass", cpu_s=1.0)
    process = confined(total_cpu_s=1.0)
    assert process.run_cell("import time\ntime.sleep(0.3)\nprint('fine')", 5.0).text == "fine\n"
    assert process._watch.cpu_s < 0.8
