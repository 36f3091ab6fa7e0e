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
