"""The compute budget in a real JupyterLab: the same numbers, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from course_lib.figures.compute_budget import AS_PUBLISHED
from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_compute_budget import STATE, budget, differences, slide, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_compute_budget import budget
money = budget()
money"""
ASK = ask("money", *STATE)


def test_the_budget_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, want = lab.locator(".cf"), budget()
    assert differences(figure, want) == []

    slide(figure, want, "flops", 250)
    lab.keyboard.press("ArrowRight")  # belongs to the figure, not to the notebook
    want.flops = 1.05e23
    write(figure, want, "n_parameters", "3e10")
    figure.get_by_label("The law").select_option(AS_PUBLISHED)
    figure.get_by_label("Accelerator").select_option("A100")
    want.law_name, want.teraflops = AS_PUBLISHED, 312.0
    assert differences(figure, want) == []
    held = [AS_PUBLISHED, 1.05e23, 3e10, False, 312.0, 40]
    assert what_python_holds(lab, held) == held

    figure.get_by_role("button", name="Take the best size").click()
    want.at_optimum = True
    assert differences(figure, want) == []
    held[3] = True
    assert what_python_holds(lab, held) == held


def test_the_budget_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
