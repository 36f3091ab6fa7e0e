import os
import subprocess
import sys

import pytest

from autograder.errors import CourseError
from autograder.files import COURSE
from autograder.learner.lab import lab_command


def test_the_command_opens_the_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    command = lab_command(tmp_path / "x.ipynb", browser=True, port=None)
    assert command == [sys.executable, "-m", "jupyterlab", str(tmp_path / "x.ipynb")]
    more = lab_command(tmp_path / "x.ipynb", browser=False, port=8899)
    assert more == [*command, "--no-browser", "--port=8899"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert lab_command(tmp_path / "x.ipynb", browser=True, port=None) == [*command, "--allow-root"]


def test_without_jupyterlab_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CourseError, match="JupyterLab is not installed; `course doctor`"):
        lab_command(tmp_path / "x.ipynb", browser=True, port=None)


def test_this_process_becomes_jupyterlab_in_the_notebooks_folder_and_finds_the_course(tmp_path):
    source = """
import os, sys
from pathlib import Path
from autograder.learner import lab
tells = "import os; print(os.getpid(), os.getcwd(), os.environ['PYTHONPATH'])"
lab.lab_command = lambda *_, **__: [sys.executable, "-c", tells]
print(os.getpid(), end=" ")
lab.open_lab(Path(sys.argv[1]), browser=False, port=None)
"""
    done = subprocess.run(
        [sys.executable, "-c", source, tmp_path / "x.ipynb"],
        env=os.environ | {"PYTHONPATH": str(COURSE.root)},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after, folder, paths = done.stdout.split()
    assert before == after
    assert folder == str(tmp_path)
    assert paths == os.pathsep.join([str(COURSE.root)] * 2)
