"""What the command says when something is missing: a sentence, and exit code 2."""

from pathlib import Path

import pytest
import typer

from autograder.errors import CourseError
from book.epub.__main__ import main
from book.epub.browser import chromium


def test_without_a_site_it_says_what_builds_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        main(site=tmp_path, out=tmp_path / "course.epub")
    assert ended.value.exit_code == 2
    said = capsys.readouterr()
    assert said.err == f"There is no site in {tmp_path}: `make book` builds it.\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_without_a_browser_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CourseError, match="no Chromium at /nowhere/chromium"), chromium():
        pass
