"""The figure of diffusion in a real JupyterLab: the same words, and Python sees them."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_diffusion_steps import STATE, differences, painting, slide

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_diffusion_steps import painting
painted = painting()
painted"""
ASK = ask("painted", *STATE)


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), painting()
    assert differences(figure, want) == []

    slide(figure, want, 2)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.step = 3
    assert differences(figure, want) == []
    held = [0, 0, 3]
    assert what_python_holds(lab, held) == held


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
