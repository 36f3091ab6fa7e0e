"""The drills of the appendices: answers pass, mistakes are named, each is introduced."""

import importlib
from functools import cache

import pytest
import torch

from autograder.chapters.drills import DRILL
from autograder.files import appendix_slugs
from autograder.source import read_appendix
from tests.book.drill_page import DrillPage


def has_drills(name: str) -> bool:
    return any(DRILL in cell.metadata for cell in read_appendix(name).cells)


PAGES = [name for name in appendix_slugs() if has_drills(name)]
LISTED = {name: importlib.import_module(f"tests.book.drill_mistakes.{name}") for name in PAGES}
DRILLS = [(name, drill) for name in PAGES for drill in LISTED[name].MISTAKES]


@cache
def page_of(name: str) -> DrillPage:
    return DrillPage(name, needs=getattr(LISTED[name], "NEEDS", None))


@pytest.mark.parametrize("name", PAGES)
def test_every_drill_has_typical_mistakes(name: str) -> None:
    listed = LISTED[name].MISTAKES
    assert list(page_of(name).answers) == list(listed)
    assert len(listed) >= 4
    assert all(len(found) >= 2 for found in listed.values())


@pytest.mark.parametrize(("name", "drill"), DRILLS)
def test_the_answer_passes(name: str, drill: str) -> None:
    page = page_of(name)
    assert page.check(drill, page.answers[drill]) == ""


@pytest.mark.parametrize(("name", "drill"), DRILLS)
def test_the_stub_says_what_to_do(name: str, drill: str) -> None:
    page = page_of(name)
    with pytest.raises(NotImplementedError, match=f"^write {drill}, then run this cell"):
        page.check(drill, page.stub(drill))


@pytest.mark.parametrize(
    ("name", "drill", "right", "wrong", "words"),
    [(name, drill, *mistake) for name, drill in DRILLS for mistake in LISTED[name].MISTAKES[drill]],
)
def test_a_mistake_is_named(name: str, drill: str, right: str, wrong: str, words: str) -> None:
    page = page_of(name)
    torch.manual_seed(0)  # a mistake may draw where the statement gives a generator
    told = page.check(drill, page.with_mistake(drill, right, wrong))
    assert told
    assert words in told


@pytest.mark.parametrize(("name", "drill"), DRILLS)
def test_a_drill_has_a_statement_with_two_folded_hints_and_is_named_at_the_top(
    name: str, drill: str
) -> None:
    page = page_of(name)
    statement = page.statement(drill)
    assert f"### Drill: `{drill}`" in statement
    assert statement.count(":::{dropdown} Hint 1") == statement.count(":::{dropdown} Hint 2") == 1
    assert page.cells[0].source.count(f"`{drill}`") == 1
