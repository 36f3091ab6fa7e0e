"""The alignment explorer in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_alignment_explorer import choose_length, differences, letters, writer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_alignment_explorer import writer
explorer = writer()
explorer"""
NAMES = ("example", "row", "readers", "gap")
ASK = ask("explorer", *NAMES)


def test_the_explorer_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, explorer = lab.locator(".cf"), writer()
    assert differences(figure, explorer) == []

    choose_length(figure, explorer, 3)
    letters(figure).nth(35).click()
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    choose_length(figure, explorer, 1)  # has no letter 37: the last is chosen
    figure.get_by_label("RNN").uncheck()
    figure.get_by_role("slider").press("End")
    lab.mouse.move(0, 0)
    explorer.row, explorer.readers, explorer.gap = 11, ["LSTM", "GRU", "attention"], 256
    assert differences(figure, explorer) == []
    held = [1, 11, ["LSTM", "GRU", "attention"], 256]
    assert what_python_holds(lab, held) == held


def test_the_explorer_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
