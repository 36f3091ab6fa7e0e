"""nbgrader's formgrader in a real browser: a person marks an answer in words, and it stays."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from autograder.nbgrader_course import folder as course_folder
from tests.autograder.nbgrader_course import nbgrader_folder as folders
from tests.autograder.nbgrader_course.nbgrader_folder import SLUG, autograde, marks, solution
from tests.autograder.small_chapter import REFERENCE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),
]

ROOT = Path(__file__).resolve().parents[3]
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WRITTEN = "ch99_written"
CONFIG = (
    f"{course_folder.CONFIG_TEXT}\nc.Transplant.chapter = c.JudgedExecute.chapter = {REFERENCE!r}\n"
)
EVIL = "<script>document.title = 'taken'</script> ![now](/formgrader?path=submitted/eve/ch99_small)"


@pytest.fixture(scope="module")
def root(tmp_path_factory, worker):
    """A course folder with two graded submissions."""
    root = folders.make_course(tmp_path_factory.mktemp("formgrader") / "a course")
    (root / course_folder.CONFIG).write_text(CONFIG)
    folders.hand_in(root, "ada", solution())
    folders.hand_in(root, "eve", solution(written=EVIL))
    with folders.lend(worker):
        autograde(root)
    return root


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    """Start Jupyter on loopback, in the course folder; its settings are in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    settings = {"HOME": home, "PYTHONPATH": ROOT, "PATH": PATH}
    settings |= {f"JUPYTER_{one}_DIR": home / one for one in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    try:
        wait_until_served(f"http://127.0.0.1:{port}/formgrader/api/status", process, home / "log")
        yield f"http://127.0.0.1:{port}/formgrader"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_served(url, process, log):
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def page():
    """A page that can reach loopback alone, and notes what it asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to start for root, which continuous integration often is.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        local = "http://127.0.0.1:"
        page.route(lambda url: not url.startswith(local), lambda route: route.abort())
        yield page
        browser.close()


def open_submission(page, server, learner):
    """Go the marker's way: the list of submissions, then the one."""
    page.goto(f"{server}/gradebook/{SLUG}/{SLUG}")
    listed = page.request.get(f"{server}/api/submitted_notebooks/{SLUG}/{SLUG}").json()
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


def test_a_mark_by_hand_is_given_beside_the_rubric_and_stays(root, server, page):
    open_submission(page, server, "ada")
    rubric = page.locator("li", has_text="Gives an example")
    assert rubric.inner_text() == "3 points: Gives an example"
    assert page.locator(f"#{WRITTEN}").bounding_box()["y"] > rubric.bounding_box()["y"]
    save(page, f"#{WRITTEN}", "7")
    save(page, f"#{WRITTEN}-comment", "Well said.")
    assert marks(root)["ada"][WRITTEN] == (None, 7, False)

    # The marker's own button: all is graded again, by the server.
    page.goto(f"{server}/manage_submissions/{SLUG}")
    row = page.locator("tr", has_text="ada")
    with page.expect_response("**/autograde", timeout=120_000) as answer:
        row.locator(".autograde a").click()
    assert answer.value.json()["success"], answer.value.text()
    assert marks(root)["ada"][WRITTEN] == (None, 7, False)
    open_submission(page, server, "ada")
    assert page.locator(f"#{WRITTEN}-comment").input_value() == "Well said."


def test_nothing_in_an_answer_acts_in_the_markers_browser(server, page):
    open_submission(page, server, "eve")
    assert "document.title = 'taken'" in page.locator(".nbgrader_cell").last.inner_text()
    assert page.title() == SLUG
    assert not [url for url in page.asked if "formgrader?path" in url]
