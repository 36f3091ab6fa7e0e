"""Where the text of a chapter names a line, the cell above it has numbers, and enough of them."""

import re
from pathlib import Path

import jupytext
import pytest

from tests.book.prose import CHAPTERS

NAMED = re.compile(r"\blines?\s+(\d+)", re.IGNORECASE)


def numbered_lines(cell: dict) -> int:
    """Return how many numbered lines a code cell has."""
    shown = cell.metadata.get("mystnb", {}).get("number_source_lines", False)
    return len(cell.source.splitlines()) if shown else 0


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_lines_that_the_text_names_are_numbered(chapter: Path) -> None:
    n_numbered, missing = 0, []
    for cell in jupytext.read(chapter).cells:
        if cell.cell_type == "code":
            n_numbered = numbered_lines(cell)
        else:
            missing += [line for line in NAMED.findall(cell.source) if int(line) > n_numbered]
    assert not missing, f"the text names lines {missing}; the cell above has {n_numbered} numbers"


def test_a_chapter_uses_them() -> None:
    cells = [cell for chapter in CHAPTERS for cell in jupytext.read(chapter).cells]
    assert [cell for cell in cells if numbered_lines(cell)]
