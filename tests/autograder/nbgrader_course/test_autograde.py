"""What a learner's folder could do to nbgrader, and what a killed run leaves behind."""

import json
import os
import shutil
from pathlib import Path

import pytest
from nbgrader.converters.base import NbGraderException

from autograder.errors import ConfinementError, WorkerDiedError
from autograder.nbgrader_course import preprocessors
from tests.autograder.nbgrader_course import nbgrader_folder as folders
from tests.autograder.nbgrader_course.nbgrader_folder import (
    SLUG,
    autograde,
    folder_of,
    marked,
    marks,
)

# nbgrader, nbconvert and SQLAlchemy warn about one another; their warnings are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

WRITTEN = "ch99_written"


@pytest.fixture(scope="module", autouse=True)
def _lent(worker):
    with folders.lend(worker):
        yield


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """A course before anybody has handed in; making its gradebook takes seconds."""
    return folders.make_course(tmp_path_factory.mktemp("made") / "a course")


@pytest.fixture
def root(tmp_path, handed_out):
    return Path(shutil.copytree(handed_out, tmp_path / "a course"))


def points(root):
    """Points by the tests, summed, by learner."""
    return {
        learner: sum(auto or 0 for auto, _, _ in cells.values())
        for learner, cells in marks(root).items()
    }


class TestFolders:
    def test_nothing_but_the_notebook_leaves_a_learners_folder(self, root, hand_in):
        secret = root / "source" / SLUG / f"{SLUG}.ipynb"
        folder = folder_of(root, "ada")
        (folder / f"{SLUG}.ipynb").write_bytes(hand_in())
        (folder / "notes.txt").symlink_to(secret)
        (folder / "torch.py").write_text("raise SystemExit")
        (folder / "nbgrader_config.py").write_text("raise SystemExit")
        (folder / "all").symlink_to(root)
        os.mkfifo(folder / "pipe")  # nbgrader would wait for ever
        autograde(root)
        assert points(root) == {"ada": 90}
        assert os.listdir(marked(root, "ada").parent) == [f"{SLUG}.ipynb"]

    def test_a_link_is_no_submission(self, root, hand_in):
        folders.hand_in(root, "ada", hand_in())
        source = root / "source" / SLUG / f"{SLUG}.ipynb"
        (folder_of(root, "bob") / f"{SLUG}.ipynb").symlink_to(source)
        (root / "submitted" / "cyd").symlink_to(root / "submitted" / "ada")
        autograde(root)
        assert points(root) == {"ada": 90, "bob": 0, "cyd": 0}
        assert "is a link" in marked(root, "bob").read_text()
        assert "is a link" in marked(root, "cyd").read_text()

    def test_a_notebook_of_another_name_is_graded(self, root, hand_in):
        (folder_of(root, "ada") / "small (1).ipynb").write_bytes(hand_in())
        for name in ("a.ipynb", "b.ipynb"):
            (folder_of(root, "bob") / name).write_bytes(hand_in())
        folder_of(root, "cyd")
        autograde(root)
        assert points(root) == {"ada": 90, "bob": 0, "cyd": 0}
        assert "several notebooks (a.ipynb, b.ipynb)" in marked(root, "bob").read_text()
        assert "no notebook in the folder" in marked(root, "cyd").read_text()

    def test_a_timestamp_that_is_none_costs_nothing(self, root, hand_in):
        for learner in ("ada", "bob", "cyd"):
            folders.hand_in(root, learner, hand_in())
        (folder_of(root, "ada") / "timestamp.txt").write_text("yesterday, I swear")
        os.mkfifo(folder_of(root, "bob") / "timestamp.txt")
        (folder_of(root, "cyd") / "timestamp.txt").symlink_to("/dev/zero")
        autograde(root)
        autograde(root)
        assert points(root) == {"ada": 90, "bob": 90, "cyd": 90}

    def test_a_timestamp_is_kept(self, root, hand_in):
        folders.hand_in(root, "ada", hand_in())
        (folder_of(root, "ada") / "timestamp.txt").write_text("2026-02-02 15:58:23 UTC")
        autograde(root)
        kept = marked(root, "ada").with_name("timestamp.txt").read_text()
        assert kept.startswith("2026-02-02 15:58:23")

    @pytest.mark.parametrize("name", ["<img src=x onerror=go()>", "a\udcff", "x\x1b[2J"])
    def test_a_name_that_the_formgrader_would_run_is_refused(self, root, hand_in, name):
        folders.hand_in(root, "ada", hand_in())
        folders.hand_in(root, name, hand_in())
        with pytest.raises(NbGraderException, match="1 folders were not graded"):
            autograde(root)
        assert points(root) == {"ada": 90}

    def test_odd_names_that_do_no_harm_are_graded(self, root, hand_in):
        names = ["o'neil, p. (2)", "Zoë Žižek", "a b", "x+y@z"]
        for name in names:
            folders.hand_in(root, name, hand_in())
        autograde(root)
        assert points(root) == dict.fromkeys(names, 90)


class TestTheRunItself:
    def test_an_unknown_chapter_is_said_in_a_sentence(self, root, hand_in):
        folders.hand_in(root, "ada", hand_in())
        with pytest.raises(NbGraderException, match="There is no chapter 'ch77_no'"):
            autograde(root, chapter="ch77_no")

    def test_a_machine_without_a_sandbox_is_told_what_to_do(self, root, hand_in, monkeypatch):
        def refuse(judge):
            raise ConfinementError("Submissions cannot be confined; add --unconfined.")

        monkeypatch.setattr(preprocessors.JudgedExecute, "get_ready", refuse)
        folders.hand_in(root, "ada", hand_in())
        with pytest.raises(NbGraderException, match=r"c\.JudgedExecute\.unconfined = True"):
            autograde(root)
        assert points(root) == {}

    @pytest.mark.parametrize(("deaths", "expected"), [(1, 90), (2, 0)])
    def test_a_grading_process_that_dies_is_given_one_more_try(
        self, root, hand_in, worker, monkeypatch, deaths, expected
    ):
        class Mortal:
            lives, pid = deaths, worker.pid

            def run(self, *arguments):
                self.lives -= 1
                if self.lives >= 0:
                    raise WorkerDiedError("The grading process ended.")
                return worker.run(*arguments)

        pool = folders.Pool(Mortal())
        monkeypatch.setattr(preprocessors, "_workers", lambda unconfined: pool)
        folders.hand_in(root, "ada", hand_in())
        autograde(root)
        assert points(root) == {"ada": expected}
        assert ("The grader itself failed" in marked(root, "ada").read_text()) is (expected == 0)
        autograde(root)  # what was the grader's own trouble is tried again
        assert points(root) == {"ada": 90}

    def test_it_has_a_log(self, root, hand_in, worker):
        folders.hand_in(root, "ada", hand_in())
        folders.hand_in(root, "bob", b"<html>")
        autograde(root)
        autograde(root)
        logs = sorted((root / SLUG / "log").iterdir())
        first, second = ([json.loads(line) for line in log.open()] for log in logs)
        told = [(one["event"], one.get("learner")) for one in first]
        assert told == [
            *(("run began", None), ("begun", "ada"), ("graded", "ada"), ("unreadable", "bob")),
            ("run ended", None),
        ]
        assert first[1]["worker"] == worker.pid
        assert (first[2]["points"], first[-1]["exit_code"]) == (90.0, 0)
        assert [one.get("learner") for one in second] == [None, "ada", "bob", None]
        assert {one["event"] for one in second[1:-1]} == {"recalled"}

    def test_no_submissions_are_nbgraders_own_complaint(self, root):
        with pytest.raises(NbGraderException, match="No notebooks were matched"):
            autograde(root)

    def test_an_excluded_learner_is_left_alone(self, root, hand_in, monkeypatch):
        folders.hand_in(root, "ada", hand_in())
        folders.hand_in(root, "bob", hand_in())
        settings = folders.config(root)
        settings.CourseDirectory.student_id_exclude = "bob"
        monkeypatch.setattr(folders, "config", lambda *_, **__: settings)
        autograde(root)
        assert points(root) == {"ada": 90}


class TestAgain:
    @pytest.fixture
    def graded(self, root, hand_in):
        folders.hand_in(root, "ada", hand_in())
        folders.hand_in(root, "bob", hand_in())
        autograde(root)
        return root

    def test_what_is_done_is_not_done_again(self, graded):
        before = {learner: marked(graded, learner).stat().st_mtime_ns for learner in ("ada", "bob")}
        autograde(graded)
        after = {learner: marked(graded, learner).stat().st_mtime_ns for learner in ("ada", "bob")}
        assert after == before

    @pytest.mark.parametrize("left", ["nothing", "half a file", "no marks yet"])
    def test_a_killed_run_leaves_nobody_with_a_zero(self, graded, left):
        path = marked(graded, "ada")
        whole = json.loads(path.read_text())
        path.unlink()
        if left == "half a file":
            text = json.dumps(whole)
            path.write_text(text[: len(text) // 2])
        if left == "no marks yet":  # what `Transplant` has written, before anything was run
            whole["metadata"]["course_grading"] = {"reason": "", "repairs": []}
            path.write_text(json.dumps(whole))
        folders.mark_by_hand(graded, "bob", 5, "")
        with folders.Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
            for grade in gradebook.find_submission_notebook(SLUG, SLUG, "ada").grades:
                grade.auto_score = 0
            gradebook.db.commit()
        autograde(graded)
        assert points(graded) == {"ada": 90, "bob": 90}
        assert marks(graded)["bob"][WRITTEN] == (None, 5, False)

    def test_what_was_handed_in_again_is_graded_again(self, graded, hand_in):
        folders.hand_in(graded, "ada", hand_in(double="def double(x):\n    return x * x"))
        autograde(graded)
        assert points(graded) == {"ada": 30, "bob": 90}

    def test_another_seed_grades_all_again(self, graded):
        before = marked(graded, "ada").read_text()
        autograde(graded, seed=7)
        assert marked(graded, "ada").read_text() != before


class TestMarksByHand:
    @pytest.fixture
    def by_hand(self, root, hand_in):
        folders.hand_in(root, "ada", hand_in())
        autograde(root)
        folders.mark_by_hand(root, "ada", 7, "Well said.")
        return root

    def test_stay_and_stay_settled_when_the_rest_is_graded_again(self, by_hand):
        autograde(by_hand, force=True)
        assert marks(by_hand)["ada"][WRITTEN] == (None, 7, False)

    def test_stay_when_other_answers_have_changed(self, by_hand, hand_in):
        folders.hand_in(by_hand, "ada", hand_in(largest="def largest(x):\n    return x[0]"))
        autograde(by_hand)
        assert marks(by_hand)["ada"][WRITTEN] == (None, 7, False)
        assert points(by_hand) == {"ada": 60}

    def test_are_put_up_for_review_when_the_answer_has_changed(self, by_hand, hand_in):
        folders.hand_in(by_hand, "ada", hand_in(written="Something else."))
        autograde(by_hand)
        assert marks(by_hand)["ada"][WRITTEN] == (None, 7, True)

    def test_are_put_up_for_review_when_the_tests_say_something_else(self, by_hand, hand_in):
        cell = "ch99_double_test"
        with folders.Gradebook(f"sqlite:///{by_hand / 'gradebook.db'}") as gradebook:
            grade = gradebook.find_grade(cell, SLUG, SLUG, "ada")
            grade.manual_score, grade.needs_manual_grade = 50, False
            gradebook.db.commit()
        folders.hand_in(by_hand, "ada", hand_in(double="def double(x):\n    return x * x"))
        autograde(by_hand)
        assert marks(by_hand)["ada"][cell] == (0, 50, True)
