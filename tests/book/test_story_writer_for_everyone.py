"""The story writer for every reader: keyboard, touch, screen reader, themes, widths, no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from course_lib.generation.sampling import SamplingConfig
from tests.book.figure_page import broken_rules
from tests.book.served_figures import served_figures
from tests.book.story_page import (
    differences,
    press,
    story,
    wait_until_read,
    with_presets,
    write_story,
)
from tests.book.test_sampling_playground import contrast

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(served_figures)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_no_rule_of_accessibility_is_broken(show: Show, theme: str, width: int) -> None:
    settings = SamplingConfig(top_k=8, top_p=0.9, min_p=0.02)
    writer = with_presets(settings=settings)
    page = show(writer, theme=theme, width=width, reduced_motion="reduce")
    figure = page.locator(".cf")
    press(figure, "One word")
    figure.locator("[data-written]").wait_for()
    figure.get_by_label("Beginning").fill("dragon")
    press(figure, "Use it")
    for fold in figure.locator("summary").all():
        fold.press("Enter")
    figure.locator(".cf-scroll table").first.wait_for()
    wait_until_read(figure)
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_word_that_gets_all_attention_can_be_read(show: Show, theme: str) -> None:
    figure = show(story(), theme=theme).locator(".cf")
    press(figure, "One word")
    figure.locator("[data-written]").wait_for()
    wait_until_read(figure)
    pairs = figure.locator(".cfw-words button").evaluate_all(
        """(words) => words.map((word) => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            word.style.setProperty("--cfw-share", 1);
            const { color, backgroundColor } = getComputedStyle(word);
            return [color, backgroundColor].map((colour) => {
                pen.fillStyle = colour;
                pen.fillRect(0, 0, 1, 1);
                return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
            });
        })"""
    )
    assert len({tuple(ground) for _, ground in pairs}) == 1
    assert min(contrast(*pair) for pair in pairs) >= 4.5


@pytest.mark.parametrize("width", [320, 900])
def test_what_a_finger_meets_is_large_enough(show: Show, width: int) -> None:
    page = show(with_presets(), width=width, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll(".cf button, .cf select, .cf input, .cf summary")]
            .map((node) => {
                const { width, height } = node.getBoundingClientRect();
                return [node.outerHTML.slice(0, 90), Math.min(width, height)];
            }).filter(([, size]) => size && size < 28)"""
    )
    assert small == []
    sizes = page.locator(".cf select, .cf input:not([type=range])").evaluate_all(
        "(all) => all.map((field) => parseFloat(getComputedStyle(field).fontSize))"
    )
    assert min(sizes) >= 16


def test_nothing_moves_under_the_mouse_while_a_story_grows(show: Show) -> None:
    figure = show(story()).locator(".cf")

    def places() -> list[float]:
        nodes = figure.locator(".cfw-buttons button, .cfw-next tbody tr, .cf-slider")
        return nodes.evaluate_all("(all) => all.map((n) => n.getBoundingClientRect().top)")

    before = places()
    press(figure, "Write a story")
    figure.get_by_role("button", name="Another story").wait_for()
    wait_until_read(figure)
    assert places() == before


def test_a_screen_reader_hears_where_the_story_rests_and_not_every_word(show: Show) -> None:
    writer = story()
    figure = show(writer).locator(".cf")
    figure.locator(".cf-hidden[role=status]").evaluate(
        """(node) => {
            window.heard = [];
            const hears = new MutationObserver(() => heard.push(node.textContent));
            hears.observe(node, { childList: true });
        }"""
    )
    write_story(figure, writer)
    figure.page.wait_for_function("window.heard.length > 0")
    assert figure.page.evaluate("window.heard") == [figure.locator(".cf-said").inner_text()]


def test_nothing_moves_for_who_wants_no_motion(show: Show) -> None:
    for wish, still in (("reduce", True), ("no-preference", False)):
        bar = show(story(), reduced_motion=wish).locator("i.cfw-now").first
        duration = bar.evaluate("(bar) => getComputedStyle(bar).transitionDuration")
        assert (duration == "0s") == still


def test_two_views_of_one_figure_move_together(show: Show) -> None:
    writer, other = story(), story(seed=4)
    figures = show(writer, writer, other).locator(".cf")
    press(figures.nth(0), "One word")
    figures.nth(1).locator("[data-written]").wait_for()
    writer.write(1)
    assert differences(figures.nth(1), writer) == []
    assert differences(figures.nth(2), other) == []


def test_a_page_without_scripts_has_the_story(show: Show) -> None:
    writer = story()
    page = show(writer, java_script_enabled=False)
    said = page.locator("main").inner_text()
    writer.write()
    assert f"it goes on: “{' '.join(writer.text[17:])}”" in said


def test_the_map_shows_the_chosen_word_in_another_colour(show: Show) -> None:
    writer = story()
    figure = show(writer).locator(".cf")
    figure.get_by_role("radio").nth(5).click()
    writer.looking = 5
    wait_until_read(figure)
    weights = writer.numbers().weights[1, 1]
    pixels = figure.locator(".cfw-map canvas").evaluate(
        """(canvas, n) => {
            const [side, width] = [canvas.width / n, canvas.width];
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, width);
            const place = (i) => Math.floor((i + 0.45) * side);
            const start = (i, j) => 4 * (place(i) * width + place(j));
            const at = (i, j) => [...data.subarray(start(i, j), start(i, j) + 4)];
            const all = [...Array(n).keys()];
            return all.map((i) => all.map((j) => at(i, j)));
        }""",
        len(writer.text),
    )
    for i, row in enumerate(pixels):
        for j, (red, _, blue, alpha) in enumerate(row):
            want = 255 * (0.06 + 0.94 * weights[i, j].item()) if j <= i else 0
            assert abs(alpha - want) < 3, (i, j)
            if alpha > 60:
                assert (blue > red) == (i == 5)
