"""The story writer in a real JupyterLab: the model comes from Python, which sees the words."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.story_page import differences, move, press, story, write_story

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.story_page import story
writer = story(seed=2)
writer"""
NAMES = ("beginning", "written", "temperature", "top_k", "head", "looking", "seed")
ASK = ask("writer", *NAMES)


def test_the_story_writer_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, writer = lab.locator(".cf"), story(seed=2)
    assert differences(figure, writer) == []

    move(figure, writer, temperature=0.8, top_k=20)
    press(figure, "One word")
    figure.locator("[data-written]").wait_for()
    writer.write(1)
    assert differences(figure, writer) == []
    write_story(figure, writer)
    assert differences(figure, writer) == []

    # Arrow keys belong to the figure, not to the notebook.
    figure.locator(".cfw-words [tabindex='0']").focus()
    lab.keyboard.press("Home")
    lab.keyboard.press("ArrowRight")
    writer.looking = 1
    figure.get_by_role("combobox", name="Attention of").select_option("3")
    writer.head = 3
    assert differences(figure, writer) == []
    held = [getattr(writer, name) for name in NAMES]
    assert what_python_holds(lab, held) == held

    figure.get_by_label("Beginning").fill("once ben")
    lab.keyboard.press("Enter")
    writer.beginning, writer.written, writer.looking = "once ben", [], None
    assert differences(figure, writer) == []
    held = [getattr(writer, name) for name in NAMES]
    assert what_python_holds(lab, held) == held


def test_the_story_writer_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
