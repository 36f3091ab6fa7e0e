"""The appendices on retrieval, evaluation, distributed training: tables, questions, ways on."""

import re

import pytest

from tests.book.drill_page import DrillPage
from tests.book.prose import ROOT

PAGES = ("retrieval_in_practice", "evaluation_frameworks", "distributed_training")


def text_of(name: str) -> str:
    return (ROOT / "book" / "appendices" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_table_at_the_top_names_sections_and_drills(name: str) -> None:
    text, top = text_of(name), DrillPage(name).cells[0].source
    labels = re.findall(r"^\(([a-z]+-[a-z]+)\)=$", text, re.M)
    assert re.findall(r"^\| \{ref\}`.+? <(.+?)>`", top, re.M) == labels
    for drill in DrillPage(name).answers:
        assert top.count(f"| `{drill}` |") == 1


@pytest.mark.parametrize("name", PAGES)
def test_a_page_ends_with_questions_to_oneself(name: str) -> None:
    questions = text_of(name).split("### Check yourself")[1]
    assert re.findall(r"<summary>(\d)\. ", questions) == ["1", "2", "3", "4"]


def test_the_way_on_has_something_to_read_build_and_reproduce_for_each_interest() -> None:
    interests = re.split(
        r"^### ", (ROOT / "book" / "how_to_go_on.md").read_text(encoding="utf-8"), flags=re.M
    )[1:]
    assert len(interests) >= 6
    for interest in interests:
        found = re.findall(r"^- \*\*(\w+)\*\* .*$", interest, re.M)
        assert found == ["Read", "Build", "Reproduce"], interest.partition("\n")[0]
        assert "{cite:t}" in interest
        assert "*Ask:*" in interest
