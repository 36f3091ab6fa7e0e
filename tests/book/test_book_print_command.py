"""The command that prints the book says in one sentence what is missing."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "book" / "print"), *options],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_site_it_says_how_to_build_one(tmp_path: Path) -> None:
    done = run(tmp_path, "--site", "nowhere", "--to", "book.pdf")
    assert done.returncode == 2
    assert done.stderr.strip() == "The site has no page index.html; `make book` builds it."
    assert done.stdout == ""
    assert not (tmp_path / "book.pdf").exists()
