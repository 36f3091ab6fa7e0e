"""The caller's end of a judging process, with a script in the place of `autograder.worker`."""

import os
import subprocess
from contextlib import closing

import pytest

from autograder.judging_process import JudgingProcess

READY = "print('{}', flush=True)"
ECHO = (
    "import sys\n"
    "print('{}', flush=True)\n"
    "for line in sys.stdin:\n"
    '    print(\'{"kind": "said", "text": "%s"}\' % line.strip())\n'
    '    print(\'{"kind": "end"}\', flush=True)\n'
)


@pytest.fixture
def start(tmp_path):
    """Start a judging process that is this script."""
    package = tmp_path / "autograder"
    package.mkdir()
    (package / "__init__.py").touch()

    def make(script):
        (package / "worker.py").write_text(script)
        return JudgingProcess([str(tmp_path), ""])

    return make


def open_files():
    return len(os.listdir("/proc/self/fd"))


def test_each_request_gets_its_own_events(start):
    with closing(start(ECHO)) as process:
        assert process.trouble == ""
        for word in ("one", "two"):
            assert process.ask(word) == [{"kind": "said", "text": word}, {"kind": "end"}]


def test_the_reason_why_it_cannot_confine_is_told(start):
    with closing(start('print(\'{"trouble": "No walls."}\')')) as process:
        assert process.trouble == "No walls."


@pytest.mark.parametrize("script", ["", "print('{\"trou', end='')"])
def test_one_that_ends_while_it_starts_leaves_nothing_open(start, script):
    before = open_files()
    with pytest.raises(EOFError, match="ended while it started"):
        start(script)
    assert open_files() == before


@pytest.mark.parametrize(
    "answer", ["pass", 'print(\'{"kind": "cell"}\')', "print('{\"ki', end='')"]
)
def test_one_that_ends_in_the_middle_is_told(start, answer):
    ended = pytest.raises(EOFError, match="in the middle of a submission")
    with closing(start(f"{READY}\ninput()\n{answer}")) as process, ended:
        process.ask("{}")


@pytest.mark.parametrize("n_bytes", [10, 10**6])
def test_one_that_has_long_been_dead_is_told_and_closed_like_any_other(start, n_bytes):
    """What was to be sent is still in the pipe's buffer, and closing a pipe sends it again."""
    before = open_files()
    with closing(start(READY)) as process:
        process._process.wait()
        with pytest.raises(EOFError, match="in the middle of a submission"):
            process.ask("x" * n_bytes)
    assert open_files() == before


def test_one_that_the_system_does_not_start_leaves_nothing_open(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    before = open_files()
    with pytest.raises(OSError, match="temporarily"):
        JudgingProcess([str(tmp_path)])
    assert open_files() == before
