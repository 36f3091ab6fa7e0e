"""Each section of the refresher says where it is needed, and asks before it ends."""

import re

import pytest

from tests.book.prose import ROOT

TEXT = (ROOT / "book" / "appendices" / "mathematics_refresher.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^\((math-[a-z-]+)\)=\n## (.+?)\n(.*?)(?=^\+\+\+$)", TEXT, re.M | re.S)


def test_all_sections_are_found() -> None:
    assert len(SECTIONS) == TEXT.count("\n(math-") == 11
    labels = [label for label, _, _ in SECTIONS]
    assert re.findall(r"^\| \{ref\}`.+? <(.+?)>`", TEXT, re.M) == labels  # the table at the top


@pytest.mark.parametrize(("label", "title", "body"), SECTIONS, ids=lambda text: text[:20])
def test_a_section_says_where_it_is_needed_and_ends_with_questions(
    label: str, title: str, body: str
) -> None:
    assert re.match(r"\n\*Needed .*chapter \d", body), title
    assert "assert " in body
    questions = body.split("**Check yourself**")[1]
    assert re.findall(r"<summary>(\d)\. .+\?</summary>", questions) == ["1", "2"]


@pytest.mark.parametrize(
    ("chapter", "label"),
    [
        ("ch01_why_attention", "<mathematics_refresher>"),
        ("ch02_self_attention", "<mathematics_refresher>"),
        ("ch03_heads_and_positions", "<math-rotations>"),
    ],
)
def test_chapters_lead_to_it(chapter: str, label: str) -> None:
    text = (ROOT / "solutions" / f"{chapter}.md").read_text(encoding="utf-8")
    needed = text[text.index("**What you need to know.**") :].partition("\n")[0]
    assert label in needed
