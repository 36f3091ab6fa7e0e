"""The parameter calculator in a real JupyterLab: the same numbers, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from course_lib.figures.parameter_calculator import ParameterCalculator
from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_parameter_calculator import differences, field, models_of, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from course_lib.figures.parameter_calculator import ParameterCalculator
calculator = ParameterCalculator("LLaMA 2 7B")
calculator"""
NAMES = ("model_name", "n_layers", "n_heads", "n_kv_heads", "tied", "norm", "seq_len")
ASK = ask("calculator", *NAMES)


def test_the_calculator_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    calculator = ParameterCalculator("LLaMA 2 7B")
    figure = lab.locator(".cf")
    assert differences(figure, calculator) == []

    # Arrow keys belong to the figure, not to the notebook.
    figure.get_by_role("slider", name="Tokens that a token sees").press("ArrowRight")
    calculator.seq_len = 1280
    assert differences(figure, calculator) == []

    models_of(figure).select_option("Gemma 2 9B")
    field(figure, "Layers").fill("9")
    figure.get_by_label("head tied to embeddings").click()
    unfold(figure)
    field(figure, "Query heads").fill("12")  # 8 key/value heads no longer fit
    figure.get_by_label("Normalisation").select_option("layer")
    calculator.choose("Gemma 2 9B", n_layers=9, tied=False, n_heads=12, n_kv_heads=12, norm="layer")
    assert differences(figure, calculator) == []
    held = [getattr(calculator, name) for name in NAMES]
    assert what_python_holds(lab, held) == held

    figure.get_by_role("button", name="Gates and shared heads").click()
    calculator.choose("LLaMA 2 7B", seq_len=1024)
    assert differences(figure, calculator) == []
    held = [getattr(calculator, name) for name in NAMES]
    assert what_python_holds(lab, held) == held


def test_the_calculator_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
