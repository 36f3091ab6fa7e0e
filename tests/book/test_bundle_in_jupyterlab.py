"""A learner's way with the bundle alone: a chapter worked in a real JupyterLab, then checked."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.chapters.course_answers import course_answers
from autograder.student_bundle import FOLDER, bundle_files, write_bundle
from tests.book.jupyterlab import free_port, run_cell, wait_until_served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "a-token-of-the-test"
NOTEBOOK = "ch02_self_attention.ipynb"
WRONG = """\
def embed(token_ids, table):
    one_hot = (token_ids.unsqueeze(-1) == torch.arange(table.shape[0])).to(table)
    return one_hot, one_hot"""
RIGHT = WRONG.replace("return one_hot, one_hot", "return one_hot, one_hot @ table")


class Learner:
    """What a learner has: the unpacked bundle and a terminal."""

    def __init__(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "student_bundle.zip") as archive:
            archive.extractall(folder)
        self.bundle = folder / FOLDER
        self.notebook = self.bundle / "workspace" / NOTEBOOK
        settings = {"HOME": folder, "PYTHONPATH": self.bundle, "JUPYTER_TOKEN": TOKEN}
        for name in ("CONFIG", "DATA", "RUNTIME"):
            settings[f"JUPYTER_{name}_DIR"] = folder / name.lower()
        settings["IPYTHONDIR"] = folder / "ipython"
        self.environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.environment |= {name: str(value) for name, value in settings.items()}
        self._configure(folder / "config" / "labconfig")

    def _configure(self, config: Path) -> None:
        config.mkdir(parents=True)
        # No question about news in front of the notebook, and every cell in the page.
        disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (config / "page_config.json").write_text(json.dumps(disabled))
        all_cells = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
        (config / "default_setting_overrides.json").write_text(json.dumps(all_cells))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "autograder.cli", *arguments]

    def types(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; give its exit code and what it said."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.bundle,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return done.returncode, f"{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    folder = tmp_path_factory.mktemp("learner")
    write_bundle(folder / "student_bundle.zip", bundle_files())
    return Learner(folder)


@pytest.fixture(scope="module")
def lab_url(learner: Learner) -> Iterator[str]:
    """Type `course start ch02` and give the address that JupyterLab says."""
    port = free_port()
    log = learner.bundle.parent / "log"
    with log.open("w") as out:
        command = learner.command("start", "ch02", "--no-browser", "--port", str(port))
        server = subprocess.Popen(
            command, cwd=learner.bundle, stdout=out, stderr=out, env=learner.environment
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
def lab(browser: Browser, lab_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    page.add_locator_handler(
        page.locator(".jp-Dialog"), lambda dialog: dialog.locator(".jp-mod-accept").click()
    )
    page.goto(f"{lab_url}/lab/tree/{NOTEBOOK}?token={TOKEN}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=120_000)
    page.locator("[data-status=idle]").first.wait_for(timeout=120_000, state="attached")
    yield page
    context.close()


def place(learner: Learner, grade_id: str) -> int:
    """Give the place of a cell among the code cells of the learner's notebook."""
    cells = json.loads(learner.notebook.read_text(encoding="utf-8"))["cells"]
    ids = [
        cell["metadata"].get("nbgrader", {}).get("grade_id")
        for cell in cells
        if cell["cell_type"] == "code"
    ]
    return ids.index(grade_id)


def write(page: Page, index: int, source: str) -> None:
    """Put an answer into a cell as a learner does who pastes it."""
    page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)


def write_in_words(page: Page, learner: Learner, grade_id: str, text: str) -> None:
    """Put a written answer into its cell of Markdown: double click, write, show."""
    cells = json.loads(learner.notebook.read_text(encoding="utf-8"))["cells"]
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells]
    cell = page.locator(".jp-Notebook .jp-Cell").nth(ids.index(grade_id))
    cell.locator(".jp-MarkdownOutput").dblclick()
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")


def save(learner: Learner, page: Page, last_line: str) -> None:
    """Save the notebook and wait until it lies on the disk."""
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.title.startsWith('*')")
    for _ in range(40):
        if last_line in learner.notebook.read_text(encoding="utf-8"):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{last_line!r} is not in the notebook that was saved")


def test_an_exercise_is_worked_in_jupyterlab_and_checked(learner: Learner, lab: Page) -> None:
    answer, tests = place(learner, "ch02_embed"), place(learner, "ch02_embed_test")
    shown = lab.locator(".jp-Notebook .jp-CodeCell").nth(tests).locator(".jp-OutputArea")
    run_cell(lab, 0)

    write(lab, answer, WRONG)
    run_cell(lab, answer)
    run_cell(lab, tests)
    expect(shown).to_contain_text("✗ embed(", timeout=120_000)
    expect(shown).not_to_contain_text("Traceback")

    write(lab, answer, RIGHT)
    run_cell(lab, answer)
    run_cell(lab, tests)
    expect(shown).to_contain_text("✓ embed(", timeout=60_000)
    expect(shown).not_to_contain_text("✗")

    save(learner, lab, RIGHT.splitlines()[-1].strip())
    code, said = learner.types("check", "ch02")
    assert code == 1, said
    assert re.search(r"embed +│ +6 │ passes the visible tests", said), said
    assert "worth 6 of" in said


def test_a_whole_chapter_is_worked_checked_and_packed(learner: Learner, lab: Page) -> None:
    answers = dict(course_answers(NOTEBOOK.removesuffix(".ipynb")))
    words = "Each word asks, and every word answers: what fits the question is mixed in."
    assert answers.pop("written")
    run_cell(lab, 0)
    for name, source in answers.items():
        answer, tests = place(learner, f"ch02_{name}"), place(learner, f"ch02_{name}_test")
        write(lab, answer, source)
        run_cell(lab, answer)
        run_cell(lab, tests)
        shown = lab.locator(".jp-Notebook .jp-CodeCell").nth(tests).locator(".jp-OutputArea")
        expect(shown).to_contain_text("✓", timeout=60_000)
        expect(shown).not_to_contain_text("✗")
    write_in_words(lab, learner, "ch02_written", words)
    save(learner, lab, words)

    code, said = learner.types("check", "ch02")
    assert code == 0, said
    assert said.count("passes the visible tests") == len(answers)
    assert "worth 100 of" in said
    code, said = learner.types("submit", "ch02", "--name", "ada")
    assert code == 0, said
    assert list(learner.bundle.rglob("ch02_self_attention-ada.zip"))
