"""A chapter on paper: the text, whole, and nothing that only a screen can use."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PAPER_PX = 680  # A4 with margins, at 96 pixels an inch


def test_only_the_text_is_printed_and_nothing_is_cut(visit: Callable[..., Page]) -> None:
    page = visit("chapters/ch02_self_attention", width=PAPER_PX)
    page.emulate_media(media="print")
    for hidden in (
        ".bd-sidebar-primary",
        ".bd-header-article",
        "button.copybtn",
        ".prev-next-area",
    ):
        assert not any(each.is_visible() for each in page.locator(hidden).all()), hidden
    article = page.locator("article").bounding_box()
    assert article["width"] > 0.9 * PAPER_PX
    cut = page.evaluate(
        """() => [...document.querySelectorAll("article pre, article table, article img")]
            .filter((each) => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
            .map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert cut == []


def test_the_words_of_a_figure_are_printed_and_what_is_pressed_is_not(
    visit: Callable[..., Page],
) -> None:
    page = visit("chapters/ch02_self_attention", width=PAPER_PX)
    page.locator(".cf [data-ready], .cf[data-ready]").first.wait_for()
    page.emulate_media(media="print")
    words = page.locator(".cf .cf-token button").all()
    assert words
    assert all(word.is_visible() for word in words)
    presses = page.locator(".cf button:not([role=radio])").all()
    assert [press.inner_text() for press in presses if press.is_visible()] == []
