"""The figure of experts in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_expert_router import STATE, differences, make_room, routing

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_expert_router import routing
routed = routing()
routed"""
ASK = ask("routed", *STATE)


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), routing()
    assert differences(figure, want) == []

    make_room(figure, want, 1.0)
    figure.locator(".cfx-words button").nth(3).click()
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.word = 4
    lab.mouse.move(0, 0)
    assert differences(figure, want) == []
    held = [0, 0, 4, 1.0]
    assert what_python_holds(lab, held) == held


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
