import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from autograder.classroom import run_log as module
from autograder.classroom.class_run import grade_and_write
from autograder.classroom.events import note, warn
from autograder.classroom.folder import ClassFolder
from autograder.classroom.run_log import run_log
from autograder.errors import CourseError, WorkerDiedError
from autograder.files import ROOT
from autograder.submissions.collect import HandedIn, HandedInClass

GUIDE = (ROOT / "book" / "howto" / "operation.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    return ClassFolder(tmp_path, "ch99_small")


def lines_of(folder):
    (path,) = (folder.chapter / "log").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_it_begins_and_ends_and_has_a_time_on_each_line(folder):
    with run_log(folder, seed=4) as log:
        note("begun", learner="ada")
        assert len(lines_of(folder)) == 2  # each line is there when it has happened
        log.exit_code = 1
    note("begun", learner="bob")  # after the run nobody writes
    began, begun, ended = lines_of(folder)
    assert (began["event"], began["chapter"], began["seed"]) == ("run began", "ch99_small", 4)
    assert began["pid"] == os.getpid()
    assert (begun["event"], begun["level"], begun["learner"]) == ("begun", "info", "ada")
    assert (ended["event"], ended["exit_code"], ended["why"]) == ("run ended", 1, "")
    assert ended["events"] == {"begun": 1, "run began": 1}
    times = [one["time"] for one in (began, begun, ended)]
    assert times == sorted(times)
    assert times[0].endswith("+00:00")


@pytest.mark.parametrize(
    ("error", "code", "why"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (CourseError("There is no chapter."), 2, "There is no chapter."),
        (WorkerDiedError("It ended."), 2, "It ended."),
        (OSError(28, "No space left on device", "ada.json"), 2, "ada.json: No space left"),
        (ModuleNotFoundError("No module named 'psycopg'"), 2, "No module named"),
        (TypeError("hush"), 1, "TypeError at "),
    ],
)
def test_an_error_gives_the_exit_code_and_the_reason(folder, error, code, why):
    with pytest.raises(type(error)), run_log(folder):
        raise error
    ended = lines_of(folder)[-1]
    assert (ended["exit_code"], ended["level"]) == (code, "warning")
    assert ended["why"].startswith(why)
    assert "hush" not in ended["why"]


HOSTILE = 'Ada"\n{"event": "graded"}\x1b[2J\u2028\u202e\x85\ud800' + "x" * 5000


def test_hostile_text_breaks_no_line_and_turns_none_around(folder):
    with run_log(folder):
        note("begun", learner=HOSTILE, lost={HOSTILE: [HOSTILE, 1]})
    (path,) = (folder.chapter / "log").glob("*.jsonl")
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) == 3
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    begun = lines_of(folder)[1]
    assert begun["learner"].startswith('Ada" {"event": "graded"}␛[2J')
    assert len(begun["learner"]) == module.MAX_CHARACTERS
    assert begun["lost"] == {begun["learner"]: [begun["learner"], 1]}


def test_a_password_is_never_written(folder):
    with pytest.raises(CourseError), run_log(folder, secrets=["hush", ""], gradebook="x hush y"):
        raise CourseError("hush is not the password")
    (path,) = (folder.chapter / "log").glob("*.jsonl")
    assert "hush" not in path.read_text()
    assert lines_of(folder)[0]["gradebook"] == "x *** y"


def test_lines_of_many_threads_are_whole(folder):
    def tell(number):
        for each in range(50):
            note("begun", learner=f"{number}-{each}", text="y" * 3000)

    with run_log(folder):
        threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    told = [one["learner"] for one in lines_of(folder) if one["event"] == "begun"]
    assert len(set(told)) == len(told) == 400
    assert lines_of(folder)[-1]["events"]["begun"] == 400


def test_the_oldest_are_removed(folder, monkeypatch):
    monkeypatch.setattr(module, "MAX_RUNS", 3)
    paths = []
    for _ in range(5):
        with run_log(folder) as log:
            paths.append(log.path)
    assert sorted((folder.chapter / "log").iterdir()) == paths[2:]


def test_a_full_disk_ends_the_log_and_not_the_run(folder, capsys):
    with run_log(folder) as log:
        (file,) = [one for one in module.EVENTS.handlers if hasattr(one, "counts")]
        file.stream.close()
        file.stream = Path("/dev/full").open("w")  # noqa: SIM115 - the log closes it
        note("begun", learner="ada")
        note("begun", learner="bob")
    assert log.path.read_text().count("\n") == 1
    assert capsys.readouterr() == ("", "")


class TestTheGuide:
    def test_it_names_every_event_and_no_other(self):
        (table,) = re.findall(r"\| event \| says \|\n\|---\|---\|\n((?:\|.*\n)+)", GUIDE)
        told = re.findall(r"^\| `([a-z ]+)` \|", table, re.MULTILINE)
        code = "".join(path.read_text() for path in (ROOT / "autograder").rglob("*.py"))
        happen = re.findall(r"\b(?:note|warn)\)?\(\s*\"([a-z ]+)\"", code)
        assert sorted(told) == sorted(set(happen))

    def test_it_says_how_many_are_kept(self):
        assert module.MAX_RUNS == 100
        assert "The last hundred of a chapter are kept." in GUIDE

    @pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
    def test_its_questions_are_answered(self, folder):
        with run_log(folder):
            for learner in ("ada", "bob", "cyd"):
                note("begun", learner=learner)
            note("graded", learner="ada", points=0.0, wall_s=9.5)
            note("graded", learner="bob", points=1.0, wall_s=12.25)
            warn("worker died", learner="eve")

        def said(start):
            (line,) = re.findall(rf"^{re.escape(start)}.*$", GUIDE, re.MULTILINE)
            where = folder.chapter / "log"
            ran = line.replace("LOG", "*.jsonl")
            return subprocess.run(
                ["bash", "-c", ran], cwd=where, capture_output=True, text=True, check=True
            ).stdout

        assert '"points": 0' in said("jq 'select(.learner ==")
        assert '"bob"' not in said("jq 'select(.learner ==")
        assert said("jq -rs").split() == ["cyd"]
        assert said("jq -r 'select").split() == ["12.25", "bob", "9.5", "ada"]
        assert json.loads(said("grep -h '"))["event"] == "worker died"
        assert json.loads(said("grep -hE '"))["wall_s"] == 9.5


@pytest.mark.usefixtures("lent_worker")
class TestOfAClass:
    def grade(self, small, hand_in, out, **more):
        handed_in = [
            HandedIn("ada", hand_in()),
            HandedIn("bob", hand_in(double="def double(x):\n    return x * x")),
            HandedIn("cyd", b"<html>"),
        ]
        return grade_and_write(small, HandedInClass.of(handed_in), out, seed=4, **more)

    def test_everyone_is_in_it(self, small, hand_in, folder, worker):
        run = self.grade(small, hand_in, folder.root)
        lines = lines_of(folder)
        began, *told, written, ended = lines
        assert (began["seed"], began["jobs"], began["confined"]) == (4, 1, True)
        assert (began["version"], began["submissions"]) == (small.version, 3)
        assert began["gradebook"].startswith("sqlite:///")
        seen = [(one["event"], one["learner"]) for one in told]
        assert seen == [
            *(("begun", "ada"), ("graded", "ada"), ("begun", "bob"), ("graded", "bob")),
            ("unreadable", "cyd"),
        ]
        assert told[0]["worker"] == worker.pid
        assert told[0]["attempt"] == 1
        assert told[3]["points"] == 30.0
        assert told[3]["lost"]["double"]["mistakes"] == ["squared"]
        assert min(told[3]["wall_s"], told[3]["cpu_s"], told[3]["peak_bytes"]) > 0
        assert "web page" in told[4]["reason"]
        assert (written["event"], written["absent"]) == ("written", 0)
        assert ended["exit_code"] == run.exit_code == 1
        assert ended["events"] == {
            **{"begun": 2, "graded": 2, "run began": 1, "unreadable": 1},
            "written": 1,
        }

    def test_a_second_run_recalls(self, small, hand_in, folder):
        self.grade(small, hand_in, folder.root)
        (first,) = (folder.chapter / "log").iterdir()
        self.grade(small, hand_in, folder.root)
        first.unlink()
        told = {one["learner"]: one for one in lines_of(folder) if one["event"] == "recalled"}
        assert {name: one["points"] for name, one in told.items()} == {
            **{"ada": 90.0, "bob": 30.0},
            "cyd": 0.0,
        }

    def test_a_gradebook_that_cannot_be_used_is_the_reason(self, small, hand_in, folder):
        url = "postgresql://ada:hush@127.0.0.1:1/book?sslpassword=quiet&connect_timeout=1"
        with pytest.raises(CourseError):
            self.grade(small, hand_in, folder.root, database=url)
        began, ended = lines_of(folder)
        assert began["gradebook"] == "postgresql+psycopg://ada:***@127.0.0.1:1/book"
        assert ended["exit_code"] == 2
        assert "cannot be used" in ended["why"]
        assert "hush" not in str(ended)
        assert "quiet" not in str(ended)

    @pytest.mark.usefixtures("dies_once")
    def test_a_process_that_dies_is_told(self, small, hand_in, folder):
        self.grade(small, hand_in, folder.root)
        told = [(one["event"], one.get("attempt")) for one in lines_of(folder)[1:5]]
        assert told == [("begun", 1), ("worker died", 1), ("begun", 2), ("graded", None)]
