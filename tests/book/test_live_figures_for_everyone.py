"""The attention explorer for every reader: themes, widths, keyboard, screen reader, no scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.book.figure_page import (
    broken_rules,
    figure_pages,
    settle,
    six_tokens,
    twelve_tokens,
)

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(six_tokens(), twelve_tokens(), theme=theme, width=width)
    for fold in page.locator(".cf-fold > summary").all():
        fold.press("Enter")
    page.locator(".cf-scroll table").first.wait_for()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_colours_follow_the_theme_at_once(show: Show) -> None:
    page = show(twelve_tokens())
    figure = page.locator(".cf")
    ground = "(node) => getComputedStyle(node).backgroundColor"
    pixel = "(canvas) => canvas.toDataURL()"
    light = figure.evaluate(ground), figure.locator("canvas").first.evaluate(pixel)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(figure)
    dark = figure.evaluate(ground), figure.locator("canvas").first.evaluate(pixel)
    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] != light[0]
    assert dark[1] != light[1]


def test_numbers_in_the_heat_map_have_contrast_on_every_square(show: Show) -> None:
    for theme in ("light", "dark"):
        figure = show(six_tokens(), theme=theme).locator(".cf")
        figure.get_by_role("slider", name="Scale").press("End")  # weights from 0 to nearly 1
        settle(figure)
        colours = figure.evaluate(
            """(figure) => {
                const digits = figure.querySelectorAll(".cf-digit");
                return [...figure.querySelectorAll(".cf-cell")].map((cell, i) => [
                    getComputedStyle(cell).fill, digits[i].getAttribute("fill")]);
            }"""
        )
        assert min(contrast(ground, text) for ground, text in colours) >= 4.5


def test_the_table_holds_all_weights(show: Show) -> None:
    explorer = six_tokens()
    figure = show(explorer).locator(".cf")
    figure.get_by_text("The numbers as a table").press("Enter")
    rows = figure.locator(".cf-scroll table").first.locator("tbody tr")
    rows.first.wait_for()
    want = [[f"{w:.3f}" for w in row] for row in explorer.numbers().weights.tolist()]
    assert [row.locator("td").all_inner_texts() for row in rows.all()] == want


def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(show: Show) -> None:
    figure = show(six_tokens()).locator(".cf")
    figure.get_by_role("radio", name="mat").click()
    figure.get_by_role("status").get_by_text("“mat” looks most at “mat”").wait_for(
        state="attached", timeout=3000
    )


def test_nothing_moves_for_who_wants_no_motion(show: Show) -> None:
    duration = "(arc) => getComputedStyle(arc).transitionDuration"
    still = show(six_tokens(), reduced_motion="reduce").locator(".cf-arc").first.evaluate(duration)
    moving = (
        show(six_tokens(), reduced_motion="no-preference")
        .locator(".cf-arc")
        .first.evaluate(duration)
    )
    assert still == "0s"
    assert moving != "0s"


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    page = show(six_tokens(), java_script_enabled=False)
    assert "“cat” looks most at “sat” (0.36)" in page.locator("main").inner_text()


def contrast(ground: str, text: str) -> float:
    """Return the contrast ratio of WCAG 2 between a colour and black or white."""
    levels = [float(x) for x in re.findall(r"[\d.]+", ground.replace("srgb", ""))[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (luminance + 0.05) / 0.05 if text == "#000" else 1.05 / (luminance + 0.05)
