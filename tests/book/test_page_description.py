"""Each page gets one description: its own, or its first paragraph."""

import re
from pathlib import Path

import pytest
from page_description import MADE_BY_SPHINX

from tests.book.small_site import build

SETTINGS = 'extensions = ["myst_parser", "page_description"]\n'


def descriptions(folder: Path, page: str) -> list[str]:
    done = build(folder, page, SETTINGS)
    assert done.returncode == 0, done.stderr
    html = (folder / "html" / "index.html").read_text(encoding="utf-8")
    tags = re.findall(r"<meta[^>]*name=\"description\"[^>]*>", html)
    return [re.search(r'content="([^"]*)"', tag)[1] for tag in tags]


def test_the_first_paragraph_is_taken(tmp_path: Path) -> None:
    assert descriptions(tmp_path, "# Page\n\nOne *and* two.\n\nThree.\n") == ["One and two."]


def test_a_long_paragraph_is_cut_at_a_word(tmp_path: Path) -> None:
    (text,) = descriptions(tmp_path, "# Page\n\n" + "attention " * 40 + "\n")
    assert 140 < len(text) <= 160
    assert text.endswith("attention…")


def test_quotation_marks_do_not_end_the_attribute(tmp_path: Path) -> None:
    assert descriptions(tmp_path, '# Page\n\nA < b & "c".\n')[0].startswith("A &lt; b &amp; ")


@pytest.mark.parametrize(
    "front_matter",
    ["description: Stated.", "myst:\n  html_meta:\n    description: Stated."],
    ids=["plain", "myst"],
)
def test_what_the_page_states_wins(tmp_path: Path, front_matter: str) -> None:
    assert descriptions(tmp_path, f"---\n{front_matter}\n---\n\n# Page\n\nOther.\n") == ["Stated."]


@pytest.mark.parametrize("name", MADE_BY_SPHINX)
def test_pages_that_sphinx_makes_have_theirs(tmp_path: Path, name: str) -> None:
    done = build(tmp_path, "# Page\n\nText.\n", SETTINGS)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "html" / f"{name}.html").read_text(encoding="utf-8")
    assert html.count(f'<meta name="description" content="{MADE_BY_SPHINX[name]}"') == 1
