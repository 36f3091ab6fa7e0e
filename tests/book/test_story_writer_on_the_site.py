"""The story writer in the built pages: its model is there, and writes what Python writes."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from course_lib.figures.story_writer import StoryWriter
from tests.book.story_page import differences, press, story, write_story
from tests.book.test_live_figures_on_the_site import STATE

pytestmark = pytest.mark.browser


def writer_of(html: str) -> StoryWriter | None:
    """Make the first story writer of a page again from what the page holds."""
    found = STATE.search(html)
    for saved in json.loads(found[1])["state"].values() if found else ():
        state = saved["state"]
        if str(state.get("file", "")).startswith("story-writer-"):
            writer = story(**{name: state[name] for name in ("beginning", "head", "seed")})
            writer.presets = state["presets"]
            assert writer.file == state["file"]
            return writer
    return None


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, StoryWriter]:
    """Map the pages of the site that have a story writer to it."""
    found = {
        path.relative_to(site).with_suffix("").as_posix(): writer_of(path.read_text())
        for path in sorted((site / "chapters").glob("*.html"))
    }
    return {name: writer for name, writer in found.items() if writer}


def test_the_chapter_on_generation_has_one_and_the_site_its_model(pages: dict, site: Path) -> None:
    assert "chapters/ch04_generation" in pages
    for writer in pages.values():
        assert (site / "_static" / writer.file).read_bytes() == writer.file_content
    assert len(list((site / "_static").glob("*.safetensors"))) == 1


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_it_shows_and_writes_what_python_does(
    pages: dict, visit: Callable[..., Page], theme: str, width: int
) -> None:
    for name, writer in pages.items():
        page = visit(name, theme=theme, width=width)
        figure = page.locator(".cf", has=page.locator(".cfw-text"))
        figure.locator(".cfw-words button").first.wait_for()
        assert differences(figure, writer) == []
        figure.get_by_role("combobox", name="Pace").select_option("0")
        write_story(figure, writer)
        assert differences(figure, writer) == []
        assert 3 <= len(writer.presets) <= 4
        for preset in [*writer.presets[1:], writer.presets[0]]:
            press(figure, preset["label"])
            for trait, value in preset["values"].items():
                setattr(writer, trait, value)
            assert differences(figure, writer) == []
        assert figure.evaluate("(f) => f.scrollWidth <= f.clientWidth")


def test_without_scripts_the_story_stands_in_the_page(pages: dict, site: Path) -> None:
    for name, writer in pages.items():
        html = (site / f"{name}.html").read_text()
        noscript = "".join(re.findall(r"<noscript>(.*?)</noscript>", html, flags=re.DOTALL))
        writer.written = []
        n_words = len(writer.text)
        writer.write()
        assert f"it goes on: “{' '.join(writer.text[n_words:])}”" in noscript
