"""The grid of heads in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_head_grid import chips, choose_text, differences, grid, words_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_head_grid import grid
heads = grid()
heads"""
ASK = ask("heads", "text", "head", "place")


def test_the_grid_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), grid()
    assert differences(figure, want) == []

    chips(figure).nth(2).click()
    lab.keyboard.press("ArrowDown")  # belongs to the figure, not to the notebook
    words_of(figure).nth(30).click()
    lab.keyboard.press("ArrowLeft")
    lab.mouse.move(0, 0)
    want.head, want.place = 6, 29
    assert differences(figure, want) == []
    assert what_python_holds(lab, [0, 6, 29]) == [0, 6, 29]

    choose_text(figure, want, 1)  # has no word 30: the last is chosen
    lab.mouse.move(0, 0)
    assert differences(figure, want) == []
    assert what_python_holds(lab, [1, 6, 14]) == [1, 6, 14]


def test_the_grid_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
