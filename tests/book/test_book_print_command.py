"""The command that prints the book: what it makes, and in a sentence what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from pypdf import PdfReader

from book.editions.settings import date_of
from book.print import __main__ as command
from tests.book.conftest import need_chromium
from tests.book.tiny_site import SETTINGS, write_tiny_site

ROOT = Path(__file__).resolve().parents[2]


def test_without_a_site_it_says_how_to_build_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "book.print", "--site", tmp_path, "--out", tmp_path / "book.pdf"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == f"There is no site in {tmp_path}: `make book` builds it.\n"
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_has_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "out" / "print" / "book.html"
    monkeypatch.setattr(command, "make_pdf", lambda *given: f"{given}".encode() + bytes(2**20))
    out = tmp_path / "out" / "book.pdf"
    command.main(site=tmp_path, out=out)
    assert out.read_bytes().startswith(f"{(tmp_path, document)}".encode())
    assert capsys.readouterr().out == f"{out}: 1.0 MiB\n"


def test_what_could_not_be_printed_leaves_the_old_book(tmp_path: Path) -> None:
    out = tmp_path / "book.pdf"
    out.write_bytes(b"old")
    with pytest.raises(typer.Exit) as ended:
        command.main(site=tmp_path / "nowhere", out=out)
    assert ended.value.exit_code == 2
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("book.pdf", b"old")]


@pytest.mark.browser
def test_a_whole_site_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_chromium()
    monkeypatch.setattr(command, "read_settings", lambda _: SETTINGS)
    site = write_tiny_site(tmp_path / "site")
    command.main(site=site, out=tmp_path / "book.pdf")
    reader = PdfReader(tmp_path / "book.pdf")
    assert (reader.metadata.title, reader.metadata.author) == ("A tiny book", "A. Writer")
    assert reader.metadata.creation_date == date_of(site).replace(microsecond=0)
    assert "Drawn by a script" in reader.pages[3].extract_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.pdf", "print", "site"]
