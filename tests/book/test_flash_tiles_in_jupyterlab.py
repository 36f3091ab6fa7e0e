"""The figure of tiles in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_flash_tiles import STATE, differences, press, slide, tiles

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_flash_tiles import tiles
cut = tiles()
cut"""
ASK = ask("cut", *STATE)


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), tiles()
    assert differences(figure, want) == []

    press(figure, want, "Next tile", 3)
    slide(figure, want, "block_k", 3)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.block_k = 4
    assert differences(figure, want) == []
    held = [3, 4, False, 3]
    assert what_python_holds(lab, held) == held


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
