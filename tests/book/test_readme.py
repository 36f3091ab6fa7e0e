"""The README is one screen or two, and what it names exists."""

import re

import pytest

from tests.book.prose import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAX_LINES = 120


def test_it_is_short() -> None:
    assert 20 < len(README.splitlines()) < MAX_LINES


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))) or ["no link"]
)
def test_its_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists() or target.startswith("_build/")


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)))
)
def test_its_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
