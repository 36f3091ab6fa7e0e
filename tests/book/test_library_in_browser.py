"""The pages of source in Chromium; those of the reference are tested with all other pages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.book.html_page import source_page_names
from tests.book.links import follow
from tests.book.test_site_in_browser import check_accessibility

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
# All are written by one template: these have long lines, many entries, and lists of modules.
SOURCES = ["course_lib/attention", "course_lib/kernels/flash_triton_backward", "index"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sources_break_no_rule_and_do_not_scroll_sideways(
    visit: Visit, site: Path, site_url: str, theme: str
) -> None:
    page, found = visit("index", theme=theme, width=360), []
    for name in (f"_modules/{each}" for each in SOURCES):
        assert name in source_page_names(site)
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        found += check_accessibility(page, name)
        beyond = page.evaluate("document.documentElement.scrollWidth - 360")
        found += [f"{name}: {beyond} pixels too wide"] if beyond > 0 else []
    assert not found, "\n".join(found)


def test_from_a_chapter_to_the_source_and_back(visit: Visit) -> None:
    page = visit("chapters/ch02_self_attention")
    listed = page.locator("details.from-library")
    listed.locator("summary").press("Enter")
    follow(listed.get_by_role("link", name="scaled_dot_product_attention"))
    page.wait_for_url("**/library/attention.html#course_lib.attention.scaled_dot_product_attention")
    entry = page.locator("dl.py", has=page.locator('[id$=".scaled_dot_product_attention"]'))
    follow(entry.get_by_role("link", name="[source]").first)
    page.wait_for_url("**/_modules/course_lib/attention.html#scaled_dot_product_attention")
    follow(page.locator("#scaled_dot_product_attention a.viewcode-back"))
    page.wait_for_url("**/library/attention.html#course_lib.attention.scaled_dot_product_attention")
    follow(entry.locator(".used-in a", has_text="The same in numpy, then in torch"))
    page.wait_for_url("**/ch02_self_attention.html#the-same-in-numpy-then-in-torch")


def test_a_long_signature_wraps_on_a_phone(visit: Visit) -> None:
    page = visit("library/generation", width=360)
    wide = page.eval_on_selector_all(
        "dt.sig", "(all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.id)"
    )
    assert not wide
