"""A figure that throws in JupyterLab is noticed; an error of the page itself is not laid to it."""

import pytest
from playwright.sync_api import Browser

from tests.book.jupyterlab import errors_of_figures, lab_urls, run_cell

pytestmark = [pytest.mark.browser, pytest.mark.slow]
lab_url = pytest.fixture(scope="module")(lab_urls)

MAKE = """\
import anywidget
class Broken(anywidget.AnyWidget):
    _esm = '''
      export default { render({ el }) {
        el.className = "cf";
        el.textContent = "broken";
        Promise.reject(new Error("while drawn"));
        el.addEventListener("click", () => { throw new Error("when clicked"); });
      } }'''
Broken()"""
ASK = ""


def test_only_the_errors_of_a_figure_are_laid_to_it(browser: Browser, lab_url: str) -> None:
    page = browser.new_page()
    errors = errors_of_figures(page)
    page.goto(f"{lab_url}/lab/tree/figure.ipynb?reset")
    page.locator("[data-status=idle]").first.wait_for(timeout=60_000, state="attached")
    page.evaluate("() => void setTimeout(() => { throw new Error('not a figure'); })")
    run_cell(page, 0)
    page.locator(".cf").wait_for(timeout=60_000)
    with page.expect_event("pageerror", lambda error: error.message == "when clicked"):
        page.locator(".cf").click()
    page.close()

    assert [error.split("\n")[0] for error in errors] == [
        "Error: while drawn",
        "Error: when clicked",
    ]
