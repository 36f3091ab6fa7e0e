"""How the story writer gets its model: once, kept, and with a sentence where it cannot."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.book.figure_page import write_page
from tests.book.served_figures import served_figures
from tests.book.story_page import differences, press, shown_text, story, write_story

pytestmark = pytest.mark.browser
Show = Callable[..., Page]
show = pytest.fixture(served_figures)


def test_the_file_is_fetched_once_and_kept_for_later_visits(show: Show) -> None:
    writer, fetched = story(), []

    def note(request: Request) -> None:
        if writer.file in request.url:
            fetched.append(request.url)

    page = show(writer)
    page.context.on("request", note)
    for visited in (page, page.context.new_page()):
        visited.goto(page.url)
        figure = visited.locator(".cf[data-ready]")
        press(figure, "One word")
        figure.locator("[data-written]").wait_for()
    assert len(fetched) == 1
    kept = page.evaluate(
        "caches.open('story-writer').then((s) => s.keys()).then((all) => all.map((r) => r.url))"
    )
    assert [url.rsplit("/")[-1] for url in kept] == [writer.file]


def test_once_loaded_it_works_without_a_network(show: Show) -> None:
    writer = story()
    page = show(writer)
    figure = page.locator(".cf")
    press(figure, "One word")
    figure.locator("[data-written]").wait_for()
    page.context.set_offline(True)
    press(figure, "Start again")
    write_story(figure, writer)
    assert differences(figure, writer) == []
    said = figure.locator(".cfw-status").inner_text()
    assert re.fullmatch(
        r"The model is here and needs no network any more\. It has read \d+ words, "
        r"[\d,]+ a second\.",
        said,
    )


def test_a_file_that_is_missing_is_said_and_asked_for_again(
    browser: Browser, show: Show, tmp_path: Path
) -> None:
    writer = story()
    address = show(writer).url
    model = tmp_path / "_static" / writer.file
    model.unlink()
    page = browser.new_page()  # whose console is allowed to complain
    page.goto(address)
    figure = page.locator(".cf[data-ready]")
    press(figure, "One word")
    alert = figure.get_by_text("The model could not be loaded")
    alert.wait_for()
    assert alert.inner_text() == (
        f"The model could not be loaded: the site answers 404 for {writer.file}."
    )
    assert shown_text(figure) == writer.text
    model.write_bytes(writer.file_content)
    press(figure, "One word")
    figure.locator("[data-written]").wait_for()
    writer.write(1)
    assert differences(figure, writer) == []
    page.close()


def test_without_a_connection_it_says_so(browser: Browser, show: Show) -> None:
    address = show(story()).url
    page = browser.new_page()
    page.goto(address)
    figure = page.locator(".cf[data-ready]")
    page.context.set_offline(True)
    press(figure, "Write a story")
    figure.get_by_text(
        "The model could not be loaded: there is no connection to the site."
    ).wait_for()
    figure.get_by_role("button", name="Write a story").wait_for()
    page.close()


def test_opened_from_a_file_it_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    writer = story()
    path = write_page(tmp_path, [writer])
    html = path.read_text(encoding="utf-8")
    path.write_text(html.replace("<html ", '<html data-content_root="./" '), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    figure = page.locator(".cf[data-ready]")
    assert differences(figure, writer) == []  # the start is there
    press(figure, "One word")
    figure.get_by_text(
        "a page opened from a file may load nothing. In the folder of the site run "
        "“python3 -m http.server”, then open localhost:8000."
    ).wait_for()
    page.close()
