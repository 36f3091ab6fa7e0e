"""What a term means stands beside the word: for mouse, keyboard and finger."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.book.small_site import build

SETTINGS = """\
extensions = ["myst_parser", "glossary_hints"]
myst_enable_extensions = ["colon_fence"]
html_static_path = []
"""
PAGE = """\
# Page

Here is {{term}}`a head <head>`, and {{term}}`mask`.

```{{toctree}}
:hidden:
words
```
"""
WORDS = """\
# Words

:::{glossary}
head
  One *attention* of several, see {term}`mask`.

mask
multitude
  Says </script> & where.

unused
  Nobody links here.
:::
"""
CHAPTER = "chapters/ch02_self_attention"


def built(folder: Path) -> str:
    (folder / "source").mkdir()
    (folder / "source" / "words.md").write_text(WORDS)
    done = build(folder, PAGE.format(), SETTINGS)
    assert done.returncode == 0, done.stderr
    return (folder / "html" / "index.html").read_text(encoding="utf-8")


def test_a_page_gets_the_meanings_of_the_terms_that_it_links_to(tmp_path: Path) -> None:
    page = built(tmp_path)
    (data,) = re.findall(r'id="glossary-hints">(.*?)</script>', page)
    assert json.loads(data) == {
        "words.html#term-head": ["head", "One attention of several, see mask."],
        "words.html#term-mask": ["mask", "Says </script> & where."],
    }
    assert page.count("glossary-hints.js") == 1


def test_the_glossary_itself_needs_no_hints(tmp_path: Path) -> None:
    built(tmp_path)
    words = (tmp_path / "html" / "words.html").read_text(encoding="utf-8")
    assert "glossary-hints" not in words


@pytest.mark.browser
class TestInTheBrowser:
    @pytest.fixture
    def page(self, visit: Callable[..., Page]) -> Page:
        return visit(CHAPTER)

    def test_the_mouse_brings_it_and_takes_it_away(self, page: Page) -> None:
        link, tip = page.locator("a.term").first, page.get_by_role("tooltip")
        link.hover()
        assert tip.is_visible()
        assert tip.inner_text().startswith(link.inner_text())
        assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
        tip.hover()  # it can be read, and copied from
        page.wait_for_timeout(400)
        assert tip.is_visible()
        page.mouse.move(5, 5)
        tip.wait_for(state="hidden")
        assert link.get_attribute("aria-describedby") is None

    def test_the_keyboard_brings_it_and_escape_takes_it_away(self, page: Page) -> None:
        first, tip = page.locator("a.term").first, page.get_by_role("tooltip")
        first.evaluate("(link) => link.focus({ focusVisible: true })")
        assert tip.is_visible()
        page.keyboard.press("Escape")
        assert tip.is_hidden()

    def test_it_stays_inside_the_window(self, visit: Callable[..., Page]) -> None:
        page = visit(CHAPTER, width=360)
        for link in page.locator("a.term").all()[:8]:
            link.hover()
            box = page.get_by_role("tooltip").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
            assert box["y"] >= 0

    def test_a_first_tap_shows_it_and_a_second_follows(
        self, browser: Browser, site_url: str
    ) -> None:
        context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})
        page = context.new_page()
        page.goto(f"{site_url}/{CHAPTER}.html")
        link = page.locator("a.term").first
        link.tap()
        assert page.get_by_role("tooltip").is_visible()
        assert page.url.endswith(f"{CHAPTER}.html")
        link.tap()
        page.wait_for_url("**/glossary.html#term-*")
        context.close()
