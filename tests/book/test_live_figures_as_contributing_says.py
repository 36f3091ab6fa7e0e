"""The example of "Making a live figure" in CONTRIBUTING: taken from the text, built and moved."""

import importlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

import course_lib.figures
from course_lib.figures.base import Figure, Preset
from course_lib.figures.formats import fixed
from tests.book.figure_page import ROOT, broken_rules, figure_pages, settle

pytestmark = pytest.mark.browser
show = pytest.fixture(figure_pages)
FOLDER = Path(course_lib.figures.__file__).parent
SECTION = re.compile(r"^## Making a live figure$(.*?)^## ", flags=re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def two_shares(tmp_path: Path) -> Iterator[type[Figure]]:
    """Write the two files as the text gives them, and return the class."""
    section = SECTION.search((ROOT / "CONTRIBUTING.md").read_text())[1]
    blocks = dict(BLOCK.findall(section))
    assert set(blocks) == {"python", "js"}
    for ending, language in (("py", "python"), ("js", "js")):
        (tmp_path / f"two_shares.{ending}").write_text(blocks[language])
    shutil.copy(FOLDER / "base.js", tmp_path)
    sys.path.insert(0, str(tmp_path))
    try:
        yield importlib.import_module("two_shares").TwoShares
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("two_shares", None)


def test_the_example_shows_what_python_computes(
    two_shares: type[Figure], show: Callable[..., Page]
) -> None:
    example = two_shares(title="Two scores", description="What a reader should know.")
    example.offer(see="They differ by 1.", presets=[Preset("Far apart", "By 5.", {"gap": 5.0})])
    page = show(example)
    figure = page.locator(".cf")

    def check(gap: float) -> None:
        settle(figure)
        example.gap = gap
        first, second = fixed(example.share()), fixed(1 - example.share())
        assert figure.locator(".cf-said").inner_text() == (
            f"The first gets {first}, the second {second}."
        )
        assert figure.locator("tbody").get_by_role("rowheader").inner_text() == first
        assert figure.locator("tbody").get_by_role("cell").inner_text() == second

    figure.get_by_text("The numbers as a table").click()
    figure.locator("tbody").wait_for()
    check(1.0)
    figure.get_by_role("slider", name="Difference of the two scores").press("Home")
    check(-5.0)
    figure.get_by_role("button", name="Far apart").click()
    check(5.0)
    assert figure.get_by_role("slider").input_value() == "5"
    figure.get_by_role("button", name="Start").click()
    check(1.0)
    assert broken_rules(page) == []
