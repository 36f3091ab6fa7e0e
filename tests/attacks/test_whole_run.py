"""A hostile class through `course grade`: pages, tables, names, the cache and the terminal."""

import csv
import io
import json
import os
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from autograder.files import ROOT
from tests.attacks import hostile_class
from tests.autograder.small_chapter import REFERENCE

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="file names that Windows cannot hold"),
]


def course_grade(folder, out):
    command = [sys.executable, "-m", "autograder.cli", "grade", str(folder), "--out", str(out)]
    return subprocess.run(
        [*command, "--chapter", REFERENCE, "--jobs", "1"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory, worker):  # `worker` skips where nothing confines
    base = tmp_path_factory.mktemp("class")
    folder, elsewhere, out = base / "handed-in", base / "elsewhere", base / "graded"
    folder.mkdir()
    elsewhere.mkdir()
    must = hostile_class.write(folder, elsewhere)
    before = listing(folder), listing(elsewhere)
    done = course_grade(folder, out)
    return {
        "base": base,
        "folder": folder,
        "elsewhere": elsewhere,
        "out": out,
        "marks": out / "ch99_small",
        "must": must,
        "before": before,
        "done": done,
        "said": (done.stdout + done.stderr).decode("utf-8", "replace"),
    }


@pytest.fixture(scope="module")
def results(run):
    paths = (run["marks"] / "results").glob("*.json")
    return [json.loads(path.read_text(encoding="utf-8"))["result"] for path in paths]


def listing(folder):
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))


def points(result):
    return sum(verdict["points"] for verdict in result["verdicts"])


def test_the_run_comes_to_its_end(run):
    assert run["done"].returncode == 1, run["said"]  # some could not be read
    assert "Traceback" not in run["said"]


def test_everybody_gets_their_own_points(run, results):
    """Each right notebook prints what kind of name it has: no two have come to stand for one."""
    kinds = {cell["text"].strip(): points(result) for result in results for cell in result["cells"]}
    assert {kind: kinds.get(kind) for kind in hostile_class.NAMES} == dict.fromkeys(
        hostile_class.NAMES, 90.0
    )
    by_name = {result["learner"]: points(result) for result in results}
    assert {name: by_name[name] for name in ("ada", "texts", "unprintable")} == {
        "ada": 90.0,
        "texts": 30.0,
        "unprintable": 30.0,
    }
    assert len(by_name) == len(results) == len(run["must"])


def test_what_is_no_notebook_gets_nothing_and_a_reason(run, results):
    reasons = {result["learner"]: result["reason"] for result in results}
    for name, must in run["must"].items():
        if must is None:
            assert reasons[name], name
    assert "link" in reasons["linked"]
    assert "link" in reasons["loop"]
    assert "not a plain file" in reasons["pipe"]


def test_nothing_is_written_but_in_its_own_folder(run):
    assert (listing(run["folder"]), listing(run["elsewhere"])) == run["before"]
    assert sorted(path.name for path in run["base"].iterdir()) == [
        "elsewhere",
        "graded",
        "handed-in",
    ]
    owned = [path for path in run["out"].rglob("*") if path.is_symlink() or not path.exists()]
    assert owned == []


class _Page(HTMLParser):
    """Collects what a hostile text would have become, had it not been escaped."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        links = [value or "" for name, value in attributes if name in ("href", "src", "action")]
        if tag in ("script", "iframe", "object", "embed", "base", "link"):
            self.found.append(tag)
        self.found += [name for name in names if name.startswith("on") or "mallory" in name]
        allowed = ("#", "data:image/", "feedback/", "../")
        self.found += [link for link in links if ":" in link and not link.startswith(allowed)]


def test_pages_hold_no_element_of_a_learners(run):
    pages = list(run["out"].rglob("*.html"))
    assert len(pages) > len(hostile_class.NAMES)
    holes = {}
    for path in pages:
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        if page.found:
            holes[path.name] = page.found
    assert holes == {}


def test_pages_hold_no_character_that_turns_or_hides_others(run):
    for path in run["out"].rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        bad = [one for one in "\x00\x07\x08\x1b\x7f\x9b\u202a\u202b\u202d\u202e" if one in text]
        assert bad == [], path.name


def test_pages_stay_small(run):
    sizes = {path.name: path.stat().st_size for path in run["out"].rglob("*.html")}
    assert max(sizes.values()) < 2 << 20, sizes


def test_the_table_of_marks_starts_no_formula(run):
    text = (run["marks"] / "marks.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    starts = [cell[:1] for row in rows for cell in row if not _is_number(cell)]
    assert [start for start in starts if start and start in "=+-@\t\r"] == []
    assert len(rows) == len(run["must"]) + 1


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_terminal_is_told_nothing_by_a_learner(run):
    assert "\x1b[2J" not in run["said"]
    assert "\x1b]0;" not in run["said"]
    assert "\x1b[31mred" not in run["said"]
    assert "\u202e" not in run["said"]


def test_the_same_class_again_changes_nothing(run):
    """Forged results in the class's folder are nobody's; the kept ones are known."""
    # The report tells times too, and the poisoned one is graded again.
    paths = [
        *(run["marks"] / "results").glob("*.json"),
        *(run["marks"] / "feedback").glob("*.html"),
    ]
    files = {path: path.read_bytes() for path in paths}
    poisoned = run["marks"] / "results" / "texts.json"
    forged = json.loads(poisoned.read_text(encoding="utf-8"))
    forged["key"] = "0" * 64
    for verdict in forged["result"]["verdicts"]:
        verdict["points"] = 900.0
    poisoned.write_text(json.dumps(forged), encoding="utf-8")
    done = course_grade(run["folder"], run["out"])
    assert done.returncode == 1, done.stderr.decode()
    assert [path.name for path, data in files.items() if path.read_bytes() != data] == []
