"""The figure of an agent's trace in a real JupyterLab: the same words, and Python sees them."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_agent_trace import STATE, differences, press, slide, tracing

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_agent_trace import tracing
traced = tracing()
traced"""
ASK = ask("traced", *STATE)


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), tracing()
    assert differences(figure, want) == []

    press(figure, want, "Next", 2)
    slide(figure, want, "n_calls", 4)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.n_calls = 5
    assert differences(figure, want) == []
    held = [0, 5, 6, 2]
    assert what_python_holds(lab, held) == held


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
