"""The attention explorer in a real JupyterLab: the same numbers, and Python sees the changes."""

import pytest
from playwright.sync_api import Locator, Page

from tests.book.figure_page import differences, settle, with_presets
from tests.book.jupyterlab import ask, check_themes, lab_pages, lab_urls, what_python_holds

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)
lab = pytest.fixture(lab_pages)

MAKE = """\
from tests.book.figure_page import with_presets
explorer = with_presets()
explorer"""
NAMES = ("query", "key", "scale_factor", "causal", "edits")
ASK = ask("explorer", *NAMES)


def test_the_figure_works_in_jupyterlab_and_python_sees_the_changes(lab: Page) -> None:
    explorer = with_presets()
    figure = lab.locator(".cf")
    assert differences(figure, explorer) == []

    # Arrow keys belong to the figure, not to the notebook.
    figure.get_by_role("radio", name="cat").focus()
    lab.keyboard.press("ArrowDown")
    explorer.query = 2
    assert differences(figure, explorer) == []
    assert figure.get_by_role("radio", name="sat").evaluate("(b) => b === document.activeElement")

    drag_to_the_right(lab, figure)
    settle(figure)
    explorer.scale_factor = float(figure.locator(".cf-scale output").inner_text().split()[0])
    assert explorer.scale_factor > 2
    assert differences(figure, explorer) == []

    figure.get_by_label("query of sat, component 1").fill("-1.5")
    explorer.edits = [{"head": 0, "part": "q", "token": 2, "row": [-1.5, explorer_q(2)[1]]}]
    assert differences(figure, explorer) == []

    figure.get_by_role("checkbox", name="Hide the future").press("Space")
    explorer.causal = True
    assert differences(figure, explorer) == []

    figure.get_by_role("combobox").select_option("2. cat")
    explorer.key = 1
    assert differences(figure, explorer) == []

    figure.get_by_role("radio", name="mat").hover()
    assert differences(figure, explorer, peek=(5, 1)) == []

    held = [getattr(explorer, each) for each in NAMES]
    assert what_python_holds(lab, held) == held

    figure.get_by_role("button", name="undo the change of the query of sat").click()
    explorer.edits = []
    assert differences(figure, explorer) == []

    for preset in [*explorer.presets[1:], explorer.presets[0]]:
        figure.get_by_role("button", name=preset["label"], exact=True).click()
        for trait, value in preset["values"].items():
            setattr(explorer, trait, value)
        lab.mouse.move(5, 5)
        assert differences(figure, explorer) == []
        held = [getattr(explorer, each) for each in NAMES]
        assert what_python_holds(lab, held) == held


def test_the_figure_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    check_themes(lab)


def explorer_q(token: int) -> list[float]:
    return with_presets()._matrices(0)[0][token].tolist()


def drag_to_the_right(page: Page, figure: Locator) -> None:
    slider = figure.get_by_role("slider", name="Scale")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], y, steps=4)
    page.mouse.up()
