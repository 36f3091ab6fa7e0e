"""Prose is spelled right, and in British English.

A word that codespell takes for a mistake and that is none goes into spelling_words.txt.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.book.prose import CHAPTERS, LIVE, OTHERS, PAGES, ROOT, plain_prose

HERE = Path(__file__).parent
MISTAKE = "t" + "eh"  # in two pieces, or codespell would mend this file


def misspellings(text: str, folder: Path) -> list[str]:
    """Return codespell's lines for a text: common mistakes, and American spellings."""
    file = folder / "prose.txt"
    file.write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "codespell_lib",
        "--dictionary",
        "-",
        "--dictionary",
        str(HERE / "american.txt"),
    ]
    command += [
        "--ignore-words",
        str(HERE / "spelling_words.txt"),
        "--config",
        "/dev/null",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return [line.removeprefix(f"{file}:") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("page", [*PAGES, *CHAPTERS, *LIVE, *OTHERS], ids=lambda path: path.name)
def test_prose_is_spelled_right(page: Path, tmp_path: Path) -> None:
    prose = plain_prose(page.read_text(encoding="utf-8"))
    assert len(prose.split()) > 30
    assert not misspellings(prose, tmp_path)


def test_mistakes_and_american_spellings_are_seen(tmp_path: Path) -> None:
    assert misspellings(f"This is {MISTAKE} behavior\nof a network.", tmp_path) == [
        f"1: {MISTAKE} ==> the",
        "1: behavior ==> behaviour",
    ]


def test_code_formulas_and_addresses_are_no_prose() -> None:
    line = f"See `color` and ${MISTAKE}$ at [home](https://x.y/behavior).\n"
    text = line + "```python\ngray = 1\n```\nEnd."
    assert plain_prose(text).split() == ["See", "and", "at", "[home", ".", "End."]


def test_every_ignored_word_is_needed() -> None:
    words = (HERE / "spelling_words.txt").read_text(encoding="utf-8").split()
    assert words == sorted(set(words))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "codespell"
    ]
    assert settings["ignore-words"] == "tests/book/spelling_words.txt"
    command = [sys.executable, "-m", "codespell_lib", "--skip", settings["skip"], str(ROOT)]
    seen = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.lower()
    assert not [word for word in words if f": {word} ==>" not in seen]
