"""The residual stream in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_residual_stream import choose, differences, streams, switch_off, words_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_residual_stream import streams
figure = streams()
figure"""
ASK = ask("figure", "text", "off", "place")


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), streams()
    assert differences(figure, want) == []

    words_of(figure).nth(30).click()
    lab.keyboard.press("ArrowLeft")  # belongs to the figure, not to the notebook
    want.place = 29
    switch_off(figure, want, 3)
    lab.keyboard.press("ArrowRight")
    want.off = 4
    assert differences(figure, want) == []
    assert what_python_holds(lab, [0, 4, 29]) == [0, 4, 29]

    choose(figure, "A beginning")  # has no word 30: the last is chosen
    want.text = 1
    assert differences(figure, want) == []
    assert what_python_holds(lab, [1, 4, 4]) == [1, 4, 4]


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
