"""The story writer by keyboard and by finger, at a pace that the reader chooses."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.book.figure_page import settle
from tests.book.served_figures import served_figures
from tests.book.story_page import (
    differences,
    press,
    shown_text,
    story,
    wait_until_read,
    with_presets,
)

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(served_figures)


def test_presets_by_keyboard(show: Show) -> None:
    writer = with_presets()
    figure = show(writer).locator(".cf")
    words = figure.locator(".cf-try p span:not([data-off])")
    for preset in [*writer.presets[1:], writer.presets[0]]:
        button = figure.get_by_role("button", name=preset["label"], exact=True)
        button.press("Enter")
        for name, value in preset["values"].items():
            setattr(writer, name, value)
        assert differences(figure, writer) == []
        assert button.get_attribute("aria-pressed") == "true"
        assert words.all_inner_texts() == [preset["see"]]


def test_arrow_keys_go_from_word_to_word(show: Show) -> None:
    writer = story()
    page = show(writer)
    figure = page.locator(".cf")
    n = len(writer.text)
    figure.get_by_role("radio").last.focus()
    keys = [
        ("ArrowLeft", n - 2),
        ("Home", 0),
        ("ArrowUp", n - 1),
        ("ArrowRight", 0),
        ("End", n - 1),
    ]
    for key, target in keys:
        page.keyboard.press(key)
        writer.looking = target
        assert differences(figure, writer) == []
        focused = page.evaluate("document.activeElement.ariaChecked")
        assert focused == "true"
    assert figure.locator(".cfw-words [tabindex='0']").count() == 1


def test_the_keyboard_reaches_everything_in_the_order_of_reading(show: Show) -> None:
    page = show(with_presets())
    press(page.locator(".cf"), "One word")
    page.locator("[data-written]").wait_for()
    wait_until_read(page.locator(".cf"))
    page.locator(".cf-try button").first.focus()
    reached = []
    for _ in range(29):
        reached.append(
            page.evaluate(
                """() => { const { ariaLabel, labels, textContent } = document.activeElement;
                return ariaLabel ?? labels?.[0]?.textContent.trim() ?? textContent; }"""
            )
        )
        page.keyboard.press("Tab")
    named = [name for name in reached if name and not name.startswith("write ")]
    word = page.locator(".cfw-words button").last.inner_text()
    assert named == [
        *("Start", "Greedy", "Hot", "Beginning", "Use it", "The words that it knows"),
        *("One word", "Write a story", "Undo", "Start again", "Pace", word, "Attention of"),
        *("Temperature", "Top-k", "Top-p", "Min-p", "Seed", "The numbers as a table"),
    ]


def test_a_button_that_can_do_nothing_keeps_the_keyboard_s_place(show: Show) -> None:
    writer = story()
    page = show(writer)
    press(page.locator(".cf"), "One word")
    page.locator("[data-written]").wait_for()
    undo = page.get_by_role("button", name="Undo")
    undo.press("Enter")
    settle(page.locator(".cf"))
    assert undo.get_attribute("aria-disabled") == "true"
    assert undo.evaluate("(b) => b === document.activeElement")
    undo.press("Enter")
    assert differences(page.locator(".cf"), writer) == []


def test_a_finger_writes_and_looks(show: Show) -> None:
    writer = story()
    page = show(writer, width=360, has_touch=True, is_mobile=True)
    figure = page.locator(".cf")
    figure.get_by_role("button", name="One word").tap()
    figure.locator("[data-written]").wait_for()
    writer.write(1)
    figure.get_by_role("radio").nth(len(writer.text) - 3).tap()
    writer.looking = len(writer.text) - 3
    assert differences(figure, writer) == []


def test_a_story_is_written_at_the_chosen_pace_and_can_be_paused(show: Show) -> None:
    writer = story()
    figure = show(writer).locator(".cf")
    figure.get_by_role("combobox", name="Pace").select_option("2 words a second")
    press(figure, "Write a story")
    figure.locator("[data-written]").first.wait_for()
    press(figure, "Pause")
    figure.get_by_role("button", name="Write a story").wait_for()
    wait_until_read(figure)
    n_words = len(shown_text(figure)) - len(writer.text)
    assert 1 <= n_words <= 3
    writer.write(n_words)
    assert differences(figure, writer) == []


def test_the_reader_who_changes_the_text_stops_the_story(show: Show) -> None:
    writer = with_presets()
    writer.pace = 2
    figure = show(writer).locator(".cf")
    press(figure, "Write a story")
    figure.locator("[data-written]").first.wait_for()
    press(figure, "Hot")
    writer.temperature, writer.beginning = 2.0, "once anna"
    figure.get_by_role("button", name="Write a story").wait_for()
    assert differences(figure, writer) == []
