"""A real JupyterLab with a notebook of two cells: a figure, and what Python holds of it."""

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
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.book.figure_page import ROOT, broken_rules, settle


def ask(figure: str, *names: str) -> str:
    """Write the second cell: it prints what a variable's attributes hold."""
    return (
        "import json\n"
        f'print("held:", json.dumps([getattr({figure}, name) for name in {list(names)}]))'
    )


def lab_urls(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Start JupyterLab on loopback with the cells that the test module calls MAKE and ASK.

    A module makes its fixtures so:
    `lab_url = pytest.fixture(scope="module")(lab_urls)` and `lab = pytest.fixture(lab_pages)`.
    """
    folder = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "work", request.module.MAKE, request.module.ASK)
    server, url = start(folder)
    try:
        wait_until_served(url, server, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def write_notebook(folder: Path, *sources: str) -> None:
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "figure.ipynb")


def start(folder: Path) -> tuple[subprocess.Popen, str]:
    """Start the server, its settings in a folder of its own; return it and its address."""
    config = folder / "config" / "labconfig"
    config.mkdir(parents=True)
    # No question about news in front of the notebook.
    disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "page_config.json").write_text(json.dumps(disabled))
    settings = {
        "HOME": folder,
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
        "IPYTHONDIR": folder / "ipython",
        "PYTHONPATH": ROOT,
    }
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--expose-app-in-browser", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"),
        *("--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'work'}"),
    ]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    with (folder / "log").open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    return server, f"http://127.0.0.1:{port}"


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


def lab_pages(browser: Browser, lab_url: str) -> Iterator[Page]:
    """Open the notebook and run its first cell; a script error fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    errors = errors_of_figures(page)
    # On a busy machine JupyterLab asks questions of its own, before or between the steps.
    page.add_locator_handler(
        page.locator(".jp-Dialog"), lambda dialog: dialog.locator(".jp-mod-accept").click()
    )
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
    assert errors == [], errors


def errors_of_figures(page: Page) -> list[str]:
    """Return a list that fills with the script errors in whose call stack a figure stands.

    A widget's module comes from a `blob:` address. What JupyterLab itself rejects (a setting not
    saved because the page was closed first, on a busy machine) is no fault of a figure.
    """
    errors = []

    def note(error: PlaywrightError) -> None:
        stack = error.stack or ""
        if "blob:" in stack or "/anywidget/" in stack:
            errors.append(stack)

    page.on("pageerror", note)
    return errors


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
    held = ""
    for _ in range(20):
        run_cell(page, 1)
        page.wait_for_timeout(400)
        held = output.last.inner_text() if output.count() else ""
        if held.startswith("held: ") and json.loads(held.removeprefix("held: ")) == expected:
            return expected
    pytest.fail(f"Python holds {held!r}, not {expected!r}")


def choose_theme(page: Page, name: str) -> None:
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    light = str(name == "JupyterLab Light").lower()
    page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")


def check_themes(page: Page) -> None:
    """See that the figure follows the theme, dark and light, and breaks no rule of axe in it."""
    for theme, ground in (
        ("JupyterLab Dark", "rgb(23, 28, 35)"),
        ("JupyterLab Light", "rgb(255, 255, 255)"),
    ):
        choose_theme(page, theme)
        settle(page.locator(".cf"))
        shown = page.locator(".cf").evaluate("(f) => getComputedStyle(f).backgroundColor")
        assert shown == ground
        assert broken_rules(page) == []
