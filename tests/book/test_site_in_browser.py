"""Every page in Chromium: silent, asking no other host, accessible, never scrolling sideways."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.book.html_page import page_names
from tests.book.links import follow

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
# `preload` would fetch stylesheets again, by addresses that do not exist.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,
    "resultTypes": ["violations"],  # to write out what is fine takes twice as long as to look
}
PHONE, TABLET, DESKTOP = 360, 768, 1440
NOT_FOR_READING = {"search", "genindex"}


def check_accessibility(page: Page, name: str, rules: dict = RULES) -> list[str]:
    """Return one line for each rule of axe that a page breaks, with the elements.

    The drawn half of a formula is left out: hidden from assistive technology, in the colour of the
    text around it, and most of the elements of a chapter.
    """
    result = Axe().run(page, context={"exclude": [[".katex-html"]]}, options=rules)
    assert result.response["passes"]  # axe did look
    return [
        f"{name}: {violation['id']} ({violation['help']}): "
        + "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        for violation in result.response["violations"]
    ]


# Live figures start when the browser has time, and draw again in the frame after a change of width.
FIGURES_ARE_DRAWN = """() =>
  [...document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]')]
    .every(({ nextElementSibling: next }) => next?.matches(".live-figure") && next.textContent)
  && [...document.querySelectorAll(".cf")].every((figure) => "ready" in figure.dataset)"""
NEXT_FRAME = "new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


def lay_out(page: Page) -> None:
    """Wait for the figures and lay out what is far away, so that nothing moves any more."""
    page.wait_for_function(FIGURES_ARE_DRAWN)
    page.add_style_tag(content="article * { content-visibility: visible !important; }")
    page.evaluate(NEXT_FRAME)


def open_everything_folded(page: Page) -> None:
    """Unfold answers, hints and hidden code, and lay out what is far away: all of it is checked."""
    page.evaluate(
        "document.querySelectorAll('details').forEach((element) => { element.open = true; })"
    )
    lay_out(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_open_silently_and_break_no_rule_of_accessibility(
    visit: Visit, site: Path, site_url: str, theme: str
) -> None:
    page, violations = visit("index", theme=theme), []
    for name in page_names(site):
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        open_everything_folded(page)
        violations += check_accessibility(page, name)
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("width", [412, 1350])
def test_targets_lie_apart_before_all_is_laid_out(
    visit: Visit, site: Path, site_url: str, width: int
) -> None:
    page, violations = visit("index", width=width), []
    for name in page_names(site):
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        violations += check_accessibility(page, name, {"runOnly": ["target-size"]})
    assert not violations, "\n".join(violations)


def test_no_page_scrolls_sideways(visit: Visit, site: Path, site_url: str) -> None:
    page, wide = visit("index"), []
    for name in page_names(site):
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        open_everything_folded(page)
        for width in (PHONE, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(NEXT_FRAME)
            beyond = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if beyond > 0:
                wide.append(f"{name} at {width}: {beyond} pixels")
    assert not wide, "\n".join(wide)


def test_the_theme_button_changes_colours_and_is_remembered(visit: Visit, site_url: str) -> None:
    page = visit("index", theme="light")
    theme, ground = (
        "document.documentElement.dataset.theme",
        "getComputedStyle(document.body).backgroundColor",
    )
    light = page.evaluate(ground)
    for _ in range(3):  # the button goes round: as the system, light, dark
        if page.evaluate(theme) == "light":
            page.get_by_role("button", name="Color mode").first.click()
    assert page.evaluate(theme) == "dark"
    assert page.evaluate(ground) != light
    page.goto(f"{site_url}/notation.html")
    assert page.evaluate(theme) == "dark"


def test_search_finds_a_term_and_leads_to_its_page(visit: Visit) -> None:
    page = visit("index")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox").first.fill("permutation equivariance")
    page.keyboard.press("Enter")
    result = page.locator("ul.search li a", has_text="Glossary").first
    result.wait_for(timeout=10_000)
    follow(result)
    page.wait_for_url("**/glossary.html*")


def test_previous_and_next_lead_through_all_pages(visit: Visit, site: Path) -> None:
    page = visit("index")
    seen = [page.locator("article h1").inner_text()]
    while page.locator("a.right-next").count():
        with page.expect_navigation(wait_until="load"):
            follow(page.locator("a.right-next"))
        seen.append(page.locator("article h1").inner_text())
        assert len(seen) < 100, "next leads round in a circle"
    assert len(seen) == len(set(page_names(site)) - NOT_FOR_READING)
    lay_out(page)
    with page.expect_navigation(wait_until="load"):
        page.locator("a.left-prev").click()
    assert page.locator("article h1").inner_text() == seen[-2]


def test_mathematics_and_text_need_no_script(browser: Browser, site_url: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{site_url}/notation.html")
    formula = page.locator("article .katex-html").first
    assert formula.bounding_box()["width"] > 5
    assert (
        formula.locator("xpath=..")
        .evaluate("(element) => getComputedStyle(element).fontFamily")
        .startswith("KaTeX")
    )
    assert page.get_by_role("heading", name="Sizes").is_visible()
    context.close()
