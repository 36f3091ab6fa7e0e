"""nbgrader's formgrader as a marker meets it: a Jupyter server on loopback, and a browser."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@contextlib.contextmanager
def serve(root, home, code):
    """Start Jupyter in a course folder, and give the formgrader's address.

    Its settings are in a folder of its own, `home`; the course is imported from the folder `code`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    settings = {"HOME": home, "PYTHONPATH": code, "PATH": PATH}
    settings |= {f"JUPYTER_{one}_DIR": home / one for one in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_served(f"http://127.0.0.1:{port}/formgrader/api/status", process, home / "log")
        yield f"http://127.0.0.1:{port}/formgrader"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_served(url, process, log):
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def local_page(**context):
    """Open a page that can reach loopback alone, and notes what it asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to start for root, which continuous integration often is.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(**context)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        local = ("http://127.0.0.1:", "file:", "data:", "about:")
        page.route(lambda url: not url.startswith(local), lambda route: route.abort())
        yield page
        browser.close()


def open_submission(page, server, slug, learner):
    """Go the marker's way: the list of submissions, then the one."""
    page.goto(f"{server}/gradebook/{slug}/{slug}")
    listed = page.request.get(f"{server}/api/submitted_notebooks/{slug}/{slug}").json()
    found = next(one for one in listed if one["student"] == learner)
    page.goto(f"{server}/submissions/{found['id']}/")
    # Only when the marks have been fetched does the page listen to its fields.
    page.wait_for_load_state("networkidle")


def save(page, field, text):
    """Type into a field and leave it, upon which the formgrader saves."""
    with page.expect_response(lambda response: response.request.method == "PUT") as answer:
        page.locator(field).fill(text)
        page.locator(field).press("Tab")
    assert answer.value.ok
