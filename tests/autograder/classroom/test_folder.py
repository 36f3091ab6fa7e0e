import subprocess
import sys

import pytest

from autograder.classroom.folder import ClassFolder
from autograder.errors import CourseError

HOLD = """
import sys, time
from pathlib import Path
from autograder.classroom.folder import ClassFolder
with ClassFolder(Path(sys.argv[1]), "ch99_small").alone():
    print("in", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    return ClassFolder(tmp_path / "graded", "ch99_small")


class TestAlone:
    def test_a_second_run_is_refused_until_the_first_is_gone_however_it_went(self, folder):
        first = subprocess.Popen(
            [sys.executable, "-c", HOLD, folder.root], stdout=subprocess.PIPE, text=True
        )
        assert first.stdout.readline() == "in\n"
        told = "Another `course` command is writing into"
        with pytest.raises(CourseError, match=told), folder.alone():
            pass
        first.kill()
        first.wait()
        first.stdout.close()
        with folder.alone():
            pass

    def test_also_within_one_process(self, folder):
        with folder.alone(), pytest.raises(CourseError, match="Another"), folder.alone():
            pass

    def test_a_process_that_was_started_inside_does_not_hold_on(self, folder):
        with folder.alone():
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            with folder.alone():
                assert child.poll() is None
        finally:
            child.kill()
            child.wait()

    def test_what_a_killed_run_was_writing_is_removed_and_nothing_else(self, folder):
        chapter = "ch99_small"
        places = ["", f"{chapter}/results/", f"{chapter}/feedback/", f"autograded/ada/{chapter}/"]
        for place in places:
            (folder.root / place).mkdir(parents=True, exist_ok=True)
            (folder.root / place / ".ada.json.x3_a.tmp").write_text("half")
            (folder.root / place / "ada.tmp").write_text("somebody's")
            (folder.root / place / ".hidden").write_text("somebody's")
        with folder.alone():
            left = {p.name for p in folder.root.rglob("*") if p.is_file()}
        assert left == {"ada.tmp", ".hidden", ".lock"}

    def test_a_place_that_cannot_be_written_is_told(self, tmp_path):
        (tmp_path / "file").write_text("")
        folder = ClassFolder(tmp_path / "file", "ch99_small")
        told = "file cannot be written: File exists"
        with pytest.raises(CourseError, match=told), folder.alone():
            pass


class TestClass:
    def test_the_learners_of_the_last_run_and_no_others(self, folder):
        folder.begin(["bob", "ada"])
        assert folder.learners() == ["ada", "bob"]
        folder.begin(["cyd"])
        assert folder.learners() == ["cyd"]

    def test_who_is_gone_has_no_page_any_more_and_the_result_is_kept(self, folder):
        folder.begin(["ada", "bob"])
        for learner in ("ada", "bob", "by hand"):
            for path in (folder.feedback(learner), folder.result(learner)):
                path.parent.mkdir(exist_ok=True)
                path.write_text(learner)
        folder.begin(["bob"])
        assert not folder.feedback("ada").exists()
        assert folder.result("ada").exists()
        assert folder.feedback("bob").exists()
        assert folder.feedback("by hand").exists()

    def test_chapters_stand_beside_one_another(self, folder):
        other = ClassFolder(folder.root, "ch98_other")
        folder.begin(["ada"])
        assert ClassFolder.found(folder.root) == folder
        other.begin(["bob"])
        assert (folder.learners(), other.learners()) == (["ada"], ["bob"])
        with pytest.raises(CourseError, match="marks of ch98_other, ch99_small; say which with"):
            ClassFolder.found(folder.root)

    def test_where_there_was_no_run_it_is_said(self, folder):
        for call in (folder.learners, lambda: ClassFolder.found(folder.root)):
            with pytest.raises(CourseError, match=r"There are no results .*run `course grade`"):
                call()

    @pytest.mark.parametrize("text", ["", "[]", '{"chapter": 1}', '{"learners": 3}'])
    def test_a_damaged_list_is_told(self, folder, text):
        folder.begin(["ada"])
        (folder.chapter / "class.json").write_text(text)
        with pytest.raises(CourseError, match=r"class\.json is damaged"):
            folder.learners()
