"""The attention explorer for every reader: themes, widths, keyboard, screen reader, no scripts."""

import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from course_lib.figures.base import Figure, compose_module
from course_lib.figures.formats import fixed
from tests.book.figure_page import (
    broken_rules,
    figure_pages,
    settle,
    six_tokens,
    twelve_tokens,
    with_presets,
    write_page,
)

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(figure_pages)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    page = show(with_presets(), twelve_tokens(), theme=theme, width=width)
    page.get_by_role("button", name="Turn").click()  # dashed arcs, the column of before
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
        colours = squares(figure)
        assert min(contrast(ground, text) for ground, text in colours) >= 4.5


def test_the_table_holds_all_weights(show: Show) -> None:
    explorer = six_tokens()
    figure = show(explorer).locator(".cf")
    figure.get_by_text("The numbers as a table").press("Enter")
    rows = figure.locator(".cf-scroll table").first.locator("tbody tr")
    rows.first.wait_for()
    figure.get_by_role("slider", name="Scale").press("End")
    explorer.scale_factor = 8.0
    settle(figure)
    want = [[fixed(w, 3) for w in row] for row in explorer.numbers().weights.tolist()]
    assert [row.locator("td").all_inner_texts() for row in rows.all()] == want


def test_the_words_for_a_screen_reader_hold_what_is_shown_now(show: Show) -> None:
    explorer = with_presets()
    page = show(explorer)
    page.get_by_role("button", name="Hide").click()
    explorer.causal, explorer.query = True, 0
    settle(page.locator(".cf"))
    words = page.evaluate(
        """() => document.querySelector(".cf").getAttribute("aria-describedby").split(" ")
            .map((id) => document.getElementById(id).textContent)"""
    )
    assert words[0] == "Each token looks at each."
    assert words[1].startswith(explorer.in_words())


def test_a_screen_reader_hears_the_sentence_when_the_reader_rests(show: Show) -> None:
    figure = show(six_tokens()).locator(".cf")
    figure.page.wait_for_timeout(1000)  # longer than the rest that lets it speak
    assert figure.locator(".cf-hidden[role=status]").inner_text() == ""  # nobody has asked yet
    figure.get_by_role("radio", name="mat").click()
    figure.locator(".cf-hidden[role=status]").get_by_text("“mat” looks most at “mat”").wait_for(
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


def test_the_keyboard_reaches_everything_in_the_order_of_reading(show: Show) -> None:
    page = show(with_presets())
    page.get_by_label("query of cat, component 1").fill("3")  # so that "undo" is there
    page.locator(".cf-try button").first.focus()
    reached = []
    for _ in range(15):
        reached.append(
            page.evaluate(
                """() => { const { ariaLabel, labels, textContent } = document.activeElement;
                return ariaLabel ?? labels?.[0]?.textContent.trim() ?? textContent; }"""
            )
        )
        page.keyboard.press("Tab")
    assert [name or "cat" for name in reached] == [
        *("Start", "Turn", "Sharpen", "Hide", "cat"),
        *("query of cat, component 1", "query of cat, component 2"),
        *("undo the change of the query of cat", "key of"),
        *("key of sat, component 1", "key of sat, component 2", "Scale"),
        "Hide the future: look at itself and back only (causal mask)",
        *("Scores, weights and values", "The numbers as a table"),
    ]


@pytest.mark.parametrize("width", [320, 900])
def test_what_a_finger_meets_is_large_enough(show: Show, width: int) -> None:
    page = show(with_presets(), twelve_tokens(), width=width, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".cf button, .cf select, .cf input:not(.cf-hidden, [type=checkbox]), .cf .cf-chip, " +
            ".cf .cf-switch, .cf summary, .cf tbody tr, .cf .cf-tip")].map((node) => {
                const { width, height } = node.getBoundingClientRect();
                const tip = node.matches(".cf-tip");
                const ring = tip ? parseFloat(getComputedStyle(node).strokeWidth) : 0;
                return [node.outerHTML.slice(0, 90), Math.min(width, height) + ring, tip ? 24 : 28];
            }).filter(([, size, least]) => size && size < least)"""
    )
    assert small == []


def test_a_field_is_not_enlarged_by_a_phone(show: Show) -> None:
    page = show(six_tokens(), width=360, has_touch=True, is_mobile=True)
    fields = page.locator(".cf input[type=number], .cf select")
    sizes = fields.evaluate_all("(all) => all.map((f) => parseFloat(getComputedStyle(f).fontSize))")
    assert min(sizes) >= 16


def test_the_colours_of_the_system_are_used_where_it_dictates_them(show: Show) -> None:
    page = show(six_tokens(), forced_colors="active", color_scheme="dark")
    figure = page.locator(".cf")
    settle(figure)
    system = page.evaluate(
        """() => { const probe = document.body.appendChild(document.createElement("p"));
            return ["Highlight", "Canvas"].map((name) => {
                probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
                return getComputedStyle(probe).color; }); }"""
    )
    arc = figure.locator(".cf-arc:not(.cf-past)").first
    assert arc.evaluate("(a) => getComputedStyle(a).stroke") == system[0]
    chosen = figure.locator("[aria-checked=true]")
    assert chosen.evaluate("(b) => getComputedStyle(b).backgroundColor") == system[0]
    assert figure.evaluate("(f) => getComputedStyle(f).backgroundColor") == system[1]


def test_paper_is_light_and_its_numbers_have_contrast(show: Show) -> None:
    page = show(with_presets(), theme="dark")
    figure = page.locator(".cf")
    figure.get_by_role("slider", name="Scale").press("End")
    settle(figure)
    # Paper is made at once: what a figure draws in the next frame comes too late.
    figure.evaluate(
        """(figure) => matchMedia("print").addEventListener("change", () => {
            window.printed = [...figure.querySelectorAll(".cf-cell")].map((cell, i) => [
                getComputedStyle(cell).fill,
                figure.querySelectorAll(".cf-digit")[i].getAttribute("fill")]);
        })"""
    )
    page.emulate_media(media="print")
    page.wait_for_function("window.printed")
    printed = page.evaluate("window.printed")
    assert min(contrast(ground, text) for ground, text in printed) >= 4.5
    assert figure.evaluate("(f) => getComputedStyle(f).backgroundColor") == "rgb(255, 255, 255)"
    assert not figure.get_by_role("button", name="Turn").is_visible()


BROKEN = """import { figure, h } from "./base.js";
export default figure(({ model, body, listen }) => {
  const fail = (when) => { if (model.get("description") === when) throw new Error("no data"); };
  const button = h("button", {}, "Press");
  body.append(button);
  listen(button, "click", () => fail("pressed"));
  fail("made");
  return { draw: () => fail("drawn"), summary: () => "All is well.", tables: () => [] };
});
"""


@pytest.fixture
def broken_class(tmp_path: Path) -> type[Figure]:
    """Return a figure that fails at the moment that its description names."""
    (tmp_path / "broken.js").write_text(BROKEN)
    shutil.copy(Path(inspect.getfile(Figure)).with_name("base.js"), tmp_path)
    esm = compose_module((tmp_path / "broken.js").resolve())
    return type("Broken", (Figure,), {"_esm": esm, "_css": ""})


@pytest.mark.parametrize("when", ["made", "drawn", "pressed"])
def test_an_error_becomes_a_sentence_in_the_figure_s_place(
    browser: Browser, tmp_path: Path, broken_class: type[Figure], when: str
) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path, [broken_class(title="Broken", description=when)]).as_uri())
    if when == "pressed":
        page.get_by_role("button").click()
    said = page.get_by_role("alert")
    said.wait_for()
    assert said.inner_text() == (
        "This figure stopped: no data. Reload the page, or run its cell again, to start it anew."
    )
    assert page.locator(".cf button").count() == 0
    page.close()


def test_a_page_without_scripts_has_the_words(show: Show) -> None:
    page = show(six_tokens(), java_script_enabled=False)
    assert "“cat” looks most at “sat” (0.36)" in page.locator("main").inner_text()


def squares(figure: Locator) -> list[tuple[str, str]]:
    """Return the ground and the ink of each number in the heat map."""
    return figure.evaluate(
        """(figure) => {
            const digits = figure.querySelectorAll(".cf-digit");
            return [...figure.querySelectorAll(".cf-cell")].map((cell, i) => [
                getComputedStyle(cell).fill, digits[i].getAttribute("fill")]);
        }"""
    )


def contrast(ground: str, text: str) -> float:
    """Return the contrast ratio of WCAG 2 between a colour and black or white."""
    levels = [float(x) for x in re.findall(r"[\d.]+", ground.replace("srgb", ""))[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (luminance + 0.05) / 0.05 if text == "#000" else 1.05 / (luminance + 0.05)
