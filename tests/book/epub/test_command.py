"""The command: what it makes, and in a sentence what is missing."""

from pathlib import Path

import pytest
import typer

from book.epub import __main__ as command


def test_without_a_site_it_says_what_builds_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        command.main(site=tmp_path, out=tmp_path / "course.epub")
    assert ended.value.exit_code == 2
    said = capsys.readouterr()
    assert said.err == f"There is no site in {tmp_path}: `make book` builds it.\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_has_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "make_edition", lambda *given: given[-1].write_bytes(bytes(2**19)))
    out = tmp_path / "course.epub"
    command.main(site=tmp_path, out=out)
    assert capsys.readouterr().out == f"{out}: 0.5 MiB\n"
