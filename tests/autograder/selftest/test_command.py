import os
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.errors import CourseError
from autograder.exercises.base import load_chapter
from autograder.selftest import main

CHAPTER = "ch02_self_attention"
EXERCISE = "softmax_jacobian"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Let the command change the environment for one test only."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def exercise(monkeypatch):
    exercise = load_chapter(CHAPTER).exercise(EXERCISE)
    for part in ("items", "alternatives"):
        monkeypatch.setattr(exercise, part, list(getattr(exercise, part)))
    return exercise


def test_prints_tables_and_succeeds(capsys):
    assert main(["ch02", EXERCISE]) == 0
    shown = capsys.readouterr().out
    assert "sign_turned" in shown
    assert "12/12" in shown
    assert "100%" in shown


def test_without_mutants_there_is_no_kill_rate(capsys):
    assert main(["ch02", EXERCISE, "--no-mutants"]) == 0
    shown = capsys.readouterr().out
    assert "12/12" in shown
    assert "%" not in shown


def test_a_fault_gives_1_and_is_told(capsys, exercise):
    exercise.alternatives[:] = [replace(exercise.misconceptions[0], name="other")]
    assert main(["ch02", EXERCISE, "--no-mutants"]) == 1
    assert "does not get all points" in capsys.readouterr().out


def test_weak_checks_give_1_and_the_survivors_as_diffs(capsys, exercise):
    check = exercise.items[0].check  # it looks at the diagonal alone
    exercise.items[:] = [replace(item, check=check) for item in exercise.items]
    assert main(["ch02", EXERCISE]) == 1
    shown = capsys.readouterr().out
    assert f"{EXERCISE}: survivor 1 of " in shown
    assert "-    paid_by_all = p.unsqueeze(1) * p.unsqueeze(0)" in shown
    assert "the hidden checks kill" in shown


def test_the_course_command_passes_the_option_on(monkeypatch):
    seen = []
    monkeypatch.setattr("autograder.selftest.main", lambda arguments: seen.append(arguments) or 0)
    for options in (["ch02"], ["ch02", "--no-mutants"]):
        assert CliRunner().invoke(cli.app, ["selftest", *options]).exit_code == 0
    assert seen == [["ch02"], ["ch02", "--no-mutants"]]


def test_a_wrong_name_is_told():
    with pytest.raises(CourseError, match="there is no chapter 'ch99'"):
        main(["ch99"])


@pytest.mark.slow
def test_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "autograder.selftest", "ch02", EXERCISE, "--no-mutants"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "sign_turned" in done.stdout
