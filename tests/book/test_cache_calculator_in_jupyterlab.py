"""The cache calculator in a real JupyterLab: the same numbers, and Python sees the changes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from course_lib.figures.cache_calculator import CacheCalculator
from tests.book.figure_page import ROOT, broken_rules, settle
from tests.book.test_cache_calculator import differences
from tests.book.test_live_figures_in_jupyterlab import (
    choose_theme,
    free_port,
    run_cell,
    wait_until_served,
    what_python_holds,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKE = """\
from course_lib.figures.cache_calculator import CacheCalculator
calculator = CacheCalculator("LLaMA 2 7B", batch_size=4, seq_len=4096)
calculator"""
ASK = """\
import json
names = ["model_name", "n_kv_heads", "window", "cache_bytes_each", "batch_size", "seq_len"]
held = [getattr(calculator, name) for name in names] + [calculator.summary()]
print("held:", json.dumps(held))"""


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start JupyterLab on loopback, its settings in a folder of its own; return its address."""
    folder = tmp_path_factory.mktemp("lab")
    config = folder / "config" / "labconfig"
    config.mkdir(parents=True)
    disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "page_config.json").write_text(json.dumps(disabled))
    (folder / "work").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in (MAKE, ASK)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "work" / "figure.ipynb")
    own = {
        f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    own |= {"HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(ROOT)}
    port, log = free_port(), Path(folder / "log")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--expose-app-in-browser", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"),
        *("--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'work'}"),
    ]
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | own)
    try:
        wait_until_served(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
def lab(browser: Browser, lab_url: str) -> Iterator[Page]:
    """Open the notebook and run its first cell; a script error fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{lab_url}/lab/tree/figure.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=60_000)
    page.locator("[data-status=idle]").first.wait_for(timeout=60_000, state="attached")
    run_cell(page, 0)
    page.locator(".cf[data-ready]").wait_for(timeout=120_000)
    yield page
    context.close()
    assert errors == []


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

    held = ["Gemma 2 9B", 16, 2048, 0.5, 9, 5120, calculator.summary()]
    assert what_python_holds(lab, held) == held


def test_the_calculator_follows_the_theme_of_jupyterlab_and_breaks_no_rule(lab: Page) -> None:
    grounds = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_theme(lab, theme)
        settle(lab.locator(".cf"))
        grounds.append(lab.locator(".cf").evaluate("(f) => getComputedStyle(f).backgroundColor"))
        assert broken_rules(lab) == []
    assert grounds == ["rgb(23, 28, 35)", "rgb(255, 255, 255)"]
