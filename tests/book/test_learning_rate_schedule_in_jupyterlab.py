"""The learning-rate schedule in a real JupyterLab: Python sees what the reader shapes."""

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_learning_rate_schedule import (
    STAGED,
    STATE,
    differences,
    reshape,
    schedule,
    slide,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_learning_rate_schedule import schedule
rising = schedule()
rising"""
ASK = ask("rising", *STATE)


def test_the_schedule_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), schedule()
    assert differences(figure, want) == []

    slide(figure, want, "n_warmup", 80)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    reshape(want, n_warmup=810)
    figure.get_by_label("Compare two").check()
    want.compared, want.active = True, 1
    figure.get_by_label("Kind").select_option(STAGED)
    reshape(want, kind=STAGED)
    slide(figure, want, "floor", 0)
    slide(figure, want, "step", 300)
    assert differences(figure, want) == []
    held = [getattr(want, name) for name in STATE]
    assert what_python_holds(lab, held) == held


def test_the_schedule_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
