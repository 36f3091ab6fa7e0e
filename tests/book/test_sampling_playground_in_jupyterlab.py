"""The sampling playground in a real JupyterLab: the same numbers, and Python sees the changes."""

from collections import Counter

import pytest
from playwright.sync_api import Page

from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds
from tests.book.test_sampling_playground import (
    animals,
    counts_of,
    differences,
    expected_draws,
    move,
    slider,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.test_sampling_playground import animals
playground = animals()
playground"""
NAMES = ("temperature", "top_k", "top_p", "seen", "n_draws")
ASK = ask("playground", *NAMES)


def test_the_playground_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    figure, playground = lab.locator(".cf"), animals()
    assert differences(figure, playground) == []

    # Arrow keys belong to the figure, not to the notebook.
    slider(figure, "temperature").press("ArrowLeft")
    slider(figure, "top_k").press("ArrowLeft")
    playground.temperature, playground.top_k = 0.95, 5
    move(figure, playground, top_p=0.9)
    figure.locator(".cfp-list tbody button").first.click()
    playground.seen = [[1, 0], *playground.seen[1:]]
    move(figure, playground, repetition_penalty=1.5)
    figure.get_by_role("button", name="Draw 100").click()
    playground.n_draws = 100
    assert differences(figure, playground) == []
    assert counts_of(figure) == Counter(expected_draws(playground, 1, 100))
    held = [getattr(playground, name) for name in NAMES]
    assert what_python_holds(lab, held) == held

    figure.get_by_role("button", name="Careful").click()
    for name, value in playground.presets[2]["values"].items():
        setattr(playground, name, value)
    assert differences(figure, playground) == []
    held = [0.7, None, 0.9, playground.seen, 100]
    assert what_python_holds(lab, held) == held


def test_the_playground_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)
