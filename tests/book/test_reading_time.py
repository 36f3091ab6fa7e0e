"""How long a page takes to read: counted from what is printed, not from what is folded."""

import re
from pathlib import Path

import pytest

from tests.book.small_site import build

SETTINGS = (
    'extensions = ["myst_parser", "reading_time"]\nmyst_enable_extensions = ["colon_fence"]\n'
)
WORDS = "word " * 1000  # five minutes


def line(folder: Path, text: str, name: str = "chapters/page") -> str | None:
    page = folder / "source" / f"{name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"# Title\n\n{text}\n")
    done = build(folder, f"# Site\n\n```{{toctree}}\n{name}\n```\n", SETTINGS)
    assert done.returncode == 0, done.stderr
    html = (folder / "html" / f"{name}.html").read_text(encoding="utf-8")
    found = re.search(r'</h1>\s*<p class="reading-time">(.*?)</p>', html)
    return found and found[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WORDS, "About 5 minutes to read"),
        (WORDS * 5 + "word " * 600, "About 30 minutes to read"),
        (WORDS + "\n\n```python\nx = 1\n```" * 6, "About 7 minutes to read"),
        (WORDS + "\n\n:::{container} toggle\n" + WORDS * 9 + "\n:::", "About 5 minutes to read"),
        ("word " * 300, None),
    ],
    ids=["words", "rounded", "code", "folded", "short"],
)
def test_minutes(tmp_path: Path, text: str, expected: str | None) -> None:
    assert line(tmp_path, text) == expected


def test_a_page_to_look_things_up_in_says_nothing(tmp_path: Path) -> None:
    assert line(tmp_path, WORDS, name="glossary") is None


def test_the_chapters_own_sentence_agrees(site: Path) -> None:
    text = (site / "chapters" / "ch02_self_attention.html").read_text(encoding="utf-8")
    assert "Less than an hour to read" in text
    assert int(re.search(r"About (\d+) minutes to read", text)[1]) < 60
