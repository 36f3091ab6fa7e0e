"""The built site, served on loopback, and a browser to look at it with.

For a test of a page::

    @pytest.mark.browser
    def test_something(visit):
        page = visit("chapters/ch02_self_attention", theme="dark", width=360)
        page.get_by_role("slider").press("ArrowRight")

`visit` fails the test at its end when the page logged an error, asked another host for anything, or
missed a file.
"""

import fcntl
import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "book" / "extensions"))  # as local_extensions in _config.yml does
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def is_up_to_date(site: Path) -> bool:
    """Say whether the site was built after the last change of any file it is made from."""
    index = site / "searchindex.js"
    if not index.exists():
        return False
    folders = ("book", "solutions", "course_lib")  # the reference is made from the library
    sources = [ROOT / "_config.yml", *(p for name in folders for p in (ROOT / name).rglob("*"))]
    return all(
        p.stat().st_mtime <= index.stat().st_mtime
        for p in sources
        if p.is_file() and p.suffix != ".pyc"
    )


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the built site: `COURSE_SITE`, else `_build/html`, built when missing or old."""
    if "COURSE_SITE" in os.environ:
        return Path(os.environ["COURSE_SITE"])
    folder = ROOT / "_build" / "html"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "site.lock").open("w") as lock:  # several test processes, one build
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_up_to_date(folder):
            log = folder.parent / "site.log"  # no pipe: what a build leaves behind may hold it open
            with log.open("w") as out:
                done = subprocess.run(
                    ["make", "book"], cwd=ROOT, stdout=out, stderr=out, check=False
                )
            if done.returncode != 0:
                pytest.fail(f"`make book` failed:\n{log.read_text()[-3000:]}", pytrace=False)
    return folder


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line in the log for each."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class PatientServer(http.server.ThreadingHTTPServer):
    """Does not mind a browser that goes on before a file has arrived."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Print what went wrong, unless the browser hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture(scope="session")
def site_url(site: Path) -> Iterator[str]:
    """Serve the site on loopback and return its address, without a slash at the end."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with PatientServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def need_chromium() -> None:
    """Skip, with the reason, where there is no Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it or set CHROMIUM to its path")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all tests of a file; skip, with the reason, where there is none.

    Not once for all files: Playwright has an event loop running as long as it is open, and tests of
    other files in the same process start loops, or Playwright, of their own.
    """
    need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


def watch(page: Page, home: str, faults: list[str]) -> None:
    """Write down whatever a page should not do."""

    def on_request(request: object) -> None:
        if not request.url.startswith((home, "blob:", "data:")):
            faults.append(f"foreign request: {request.url}")

    def on_response(response: object) -> None:
        if response.status >= 400:
            faults.append(f"HTTP {response.status}: {response.url}")

    def on_console(message: object) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console {message.type}: {message.text}")

    def on_failure(request: object) -> None:
        if request.failure != "net::ERR_ABORTED":  # that is the test going on to another page
            faults.append(f"request failed: {request.url} ({request.failure})")

    page.on("request", on_request)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("requestfailed", on_failure)


@pytest.fixture
def visit(browser: Browser, site_url: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; what went wrong on it fails the test when it ends."""
    contexts, faults = [], []

    def open_page(name: str, theme: str = "light", width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, site_url, faults)
        page.goto(f"{site_url}/{name}.html", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)
