"""The code of the chapters is held to the same rules as the library's."""

import subprocess
import sys

import nbformat
import pytest

from autograder.files import ROOT, executed_slugs
from autograder.source import read_text_notebook

# In a lesson a bound stands in the assertion that states it, two facts of one sentence stand in one
# assertion, and neighbours are paired with what the reader knows already.
ALLOWED = "PLR2004,PT018,RUF007"


def ruff(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(params=executed_slugs())
def notebook(request, tmp_path):
    path = tmp_path / f"{request.param}.ipynb"
    nbformat.write(read_text_notebook(request.param), path)
    return str(path)


def test_the_code_of_a_chapter_is_clean(notebook):
    done = ruff("check", "--config", str(ROOT / "pyproject.toml"), "--ignore", ALLOWED, notebook)
    assert done.returncode == 0, done.stdout


def test_the_code_of_a_chapter_is_formatted(notebook):
    done = ruff("format", "--diff", "--config", str(ROOT / "pyproject.toml"), notebook)
    assert done.returncode == 0, done.stdout
