import os
import sys

import pytest

from autograder.errors import CourseError
from autograder.files import COURSE
from autograder.learner import lab
from autograder.learner.lab import lab_command, open_lab


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


def test_it_runs_in_the_notebooks_folder_and_finds_the_course(tmp_path, monkeypatch):
    source = "import os, sys; open('seen', 'w').write(os.environ['PYTHONPATH']); sys.exit(7)"
    monkeypatch.setattr(lab, "lab_command", lambda *_, **__: [sys.executable, "-c", source])
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert open_lab(tmp_path / "x.ipynb", browser=False, port=None) == 7
    seen = (tmp_path / "seen").read_text().split(os.pathsep)
    assert seen == [str(COURSE.root), "elsewhere"]


def test_ctrl_c_leaves_the_question_to_jupyterlab(tmp_path, monkeypatch):
    waited = []

    class Process:
        def wait(self):
            waited.append(1)
            if len(waited) < 3:
                raise KeyboardInterrupt
            return 0

    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: Process())
    assert open_lab(tmp_path / "x.ipynb", browser=False, port=None) == 0
    assert len(waited) == 3
