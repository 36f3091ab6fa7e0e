"""The attention explorer in a real JupyterLab: the same numbers, and Python sees the changes."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.book.figure_page import ROOT, broken_rules, differences, settle, with_presets

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKE = """\
from tests.book.figure_page import with_presets
explorer = with_presets()
explorer"""
NAMES = ("query", "key", "scale_factor", "causal", "edits")
ASK = f"""\
import json
print("held:", json.dumps([getattr(explorer, name) for name in {NAMES}]))"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_served(url: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/api", timeout=1):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def lab_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start JupyterLab on loopback, its settings in a folder of its own; return its address."""
    folder = tmp_path_factory.mktemp("lab")
    config = folder / "config" / "labconfig"
    config.mkdir(parents=True)
    # No question about news in front of the notebook.
    disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "page_config.json").write_text(json.dumps(disabled))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(MAKE), nbformat.v4.new_code_cell(ASK)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (folder / "work").mkdir()
    nbformat.write(notebook, folder / "work" / "figure.ipynb")
    port, log = free_port(), folder / "log"
    settings = {
        "HOME": folder,
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
        "IPYTHONDIR": folder / "ipython",
        "PYTHONPATH": ROOT,
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
    ]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'work'}"]
    with log.open("w") as out:
        environment = os.environ | {name: str(value) for name, value in settings.items()}
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
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
    try:
        page.locator(".cf[data-ready]").wait_for(timeout=120_000)
    except PlaywrightTimeoutError:
        pytest.fail(f"no figure came: {page.locator('.jp-Notebook').inner_text()!r}, {errors}")
    yield page
    context.close()
    assert errors == []


def run_cell(page: Page, index: int) -> None:
    """Run a cell; press again where JupyterLab, still starting, has lost the key."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]"))
    for _ in range(20):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            prompt.wait_for(timeout=3_000)
        except PlaywrightTimeoutError:
            continue
        return
    pytest.fail(f"cell {index} did not run: {cell.inner_text()!r}")


def what_python_holds(page: Page, expected: list) -> list:
    """Run the second cell until it prints what is expected, for at most some seconds."""
    output = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output pre")
    for _ in range(20):
        run_cell(page, 1)
        page.wait_for_timeout(400)
        held = output.last.inner_text() if output.count() else ""
        if held.startswith("held: ") and json.loads(held.removeprefix("held: ")) == expected:
            return expected
    return json.loads(held.removeprefix("held: "))


def choose_theme(page: Page, name: str) -> None:
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    light = str(name == "JupyterLab Light").lower()
    page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")


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
    grounds = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_theme(lab, theme)
        settle(lab.locator(".cf"))
        grounds.append(lab.locator(".cf").evaluate("(f) => getComputedStyle(f).backgroundColor"))
        assert broken_rules(lab) == []
    assert grounds == ["rgb(23, 28, 35)", "rgb(255, 255, 255)"]


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
