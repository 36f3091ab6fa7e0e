"""The cache calculator in a real JupyterLab: the same numbers, and Python sees the changes."""

import pytest
from playwright.sync_api import Page

from course_lib.figures.cache_calculator import CacheCalculator
from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_cache_calculator import differences

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from course_lib.figures.cache_calculator import CacheCalculator
calculator = CacheCalculator("LLaMA 2 7B", batch_size=4, seq_len=4096)
calculator"""
NAMES = ("model_name", "n_kv_heads", "window", "cache_bytes_each", "batch_size", "seq_len")
ASK = ask("calculator", *NAMES)


def test_the_calculator_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    calculator = CacheCalculator("LLaMA 2 7B", batch_size=4, seq_len=4096)
    figure = lab.locator(".cf")
    assert differences(figure, calculator) == []

    # Arrow keys belong to the figure, not to the notebook.
    figure.get_by_role("slider", name="Context").press("ArrowRight")
    calculator.seq_len = 5120
    assert differences(figure, calculator) == []

    figure.get_by_label("Model").select_option("Gemma 2 9B")
    figure.get_by_label("Numbers of the cache").select_option("int4: ½ byte")
    figure.get_by_text("Its shape:").click()
    figure.get_by_label("Key/value heads").select_option("16 (MHA)")
    figure.get_by_role("spinbutton", name="Window").fill("2048")
    figure.get_by_role("spinbutton", name="Sequences").fill("9")
    calculator.choose("Gemma 2 9B", n_kv_heads=16, window=2048, cache_bytes_each=0.5, batch_size=9)
    assert differences(figure, calculator) == []

    held = ["Gemma 2 9B", 16, 2048, 0.5, 9, 5120]
    assert what_python_holds(lab, held) == held

    figure.get_by_role("button", name="A sliding window").click()
    calculator.choose("Mistral 7B (v0.1)", cache_bytes_each=2, batch_size=64, seq_len=32_768)
    assert differences(figure, calculator) == []
    held = [getattr(calculator, name) for name in NAMES]
    assert what_python_holds(lab, held) == held


def test_the_calculator_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
