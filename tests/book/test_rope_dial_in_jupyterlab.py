"""The RoPE dial in a real JupyterLab: the same words, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_rope_dial import STATE, choose, dial, differences, slide

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_rope_dial import dial
turning = dial()
turning"""
ASK = ask("turning", *STATE)


def test_the_dial_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), dial()
    assert differences(figure, want) == []

    choose(figure, want, "base", 10)
    slide(figure, want, "query_at", 20)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.query_at = 21
    slide(figure, want, "shift", 600)
    choose(figure, want, "example", 1)
    assert differences(figure, want) == []
    held = [1, 21, 1, 600, 10]
    assert what_python_holds(lab, held) == held


def test_the_dial_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
