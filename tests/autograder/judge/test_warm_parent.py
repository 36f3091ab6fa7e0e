import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.errors import ConfinementError
from autograder.judge.process import LearnersProcess
from autograder.judge.warm_parent import WarmParent
from autograder.judge.watch import Watch
from autograder.sandbox import bubblewrap
from autograder.sandbox.limits import Limits

ROOT = Path(__file__).parents[3]
GRADE = """
import os
from autograder.grading import grade
from tests.autograder.small_chapter import SOLUTIONS, assignment, solved
import nbformat
notebook = nbformat.writes(solved()).encode()
print(os.getuid(), grade(notebook, assignment(), "ada", 0).points)
"""


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_until(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_bubblewrap_the_reason_and_the_way_out_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfinementError, match=r"bubblewrap is missing .* --unconfined"):
        WarmParent()


def test_a_machine_that_refuses_says_what_it_refused(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ConfinementError, match=r"uid map: Permission denied"):
        WarmParent()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all of these tests as one")
def test_an_ordinary_user_can_grade_confined():
    layout = bubblewrap._without_root()
    rights = layout.index("--cap-add")
    layout[rights:rights] = ["--ro-bind", str(ROOT), str(ROOT)]
    layout[rights:rights] = ["--perms", "0777", "--tmpfs", "/var/tmp", "--chdir", str(ROOT)]
    env = {**os.environ, "TMPDIR": "/var/tmp", "HOME": "/var/tmp", "PYTHONPATH": str(ROOT)}
    command = [*layout, sys.executable, "-B", "-c", GRADE]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
    assert done.stdout == f"{bubblewrap.NOBODY} 90.0\n", done.stderr


def test_unconfined_it_works_in_a_folder_that_goes_with_it():
    with WarmParent(unconfined=True) as parent:
        process = LearnersProcess(parent, Watch(Limits()), 0)
        where = process.run_cell("import os\nopen('x', 'w')\nprint(os.getcwd())", 5.0).text.strip()
        assert Path(where).is_dir()
        process.end()
        assert not Path(where).exists()
    assert not Path(where).parent.exists()


def test_what_left_its_session_is_ended_unconfined_too():
    flee = (
        "import os, time\nreading, writing = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n"
        "    if os.fork() == 0:\n        os.write(writing, b'%d' % os.getpid())\n"
        "        time.sleep(1000)\n    os._exit(0)\nprint(os.read(reading, 100).decode())"
    )
    with WarmParent(unconfined=True) as parent:
        process = LearnersProcess(parent, Watch(Limits()), 0)
        daemon = psutil.Process(int(process.run_cell(flee, 5.0).text))
        process.end()
        wait_until(lambda: is_gone(daemon))


@pytest.mark.parametrize("unconfined", [False, True])
def test_when_the_judge_is_killed_nothing_is_left(unconfined, tmp_path):
    start = (
        "from autograder.judge.warm_parent import WarmParent\n"
        "from autograder.sandbox.limits import Limits\n"
        "from autograder.judge.process import LearnersProcess\n"
        "from autograder.judge.watch import Watch\n"
        f"parent = WarmParent(unconfined={unconfined})\n"
        "process = LearnersProcess(parent, Watch(Limits()), 0)\n"
        "print(parent.pid, flush=True)\nprocess.run_cell('while True: pass', 60.0)"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    judge = subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, env=env)
    pid = int(judge.stdout.readline())
    wait_until(lambda: psutil.Process(pid).children(recursive=True))
    below = psutil.Process(judge.pid).children(recursive=True)
    os.kill(judge.pid, signal.SIGKILL)
    judge.wait()
    judge.stdout.close()
    wait_until(lambda: all(map(is_gone, below)))


def test_imports_are_made_once_and_in_all_children(warm_parent):
    warm_parent.prepare("import fractions\nx = undefined")
    process = LearnersProcess(warm_parent, Watch(Limits()), 0)
    seen = process.run_cell("import sys\nprint('fractions' in sys.modules)", 5.0)
    process.end()
    assert seen.text == "True\n"
