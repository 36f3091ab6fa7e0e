"""The learner's commands as they are typed, with what they say and their exit codes."""

import io
import json
import zipfile

import pytest

from autograder import cli
from autograder.learner.progress import read_progress
from tests.autograder.small_chapter import REFERENCE

from .conftest import SLUG


@pytest.fixture
def course(capsys, monkeypatch, tmp_path):
    """Run a command; give its exit code, and what it said on both streams in one line."""
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return end.value.code or 0, " ".join(said.out.split()), " ".join(said.err.split())

    return run


class TestStart:
    def test_makes_the_folder_and_says_where(self, course, tmp_path):
        code, said, _ = course("start", "ch03", "--no-open")
        assert code == 0
        assert f"Your notebooks are in {tmp_path}." in said
        assert f"The chapter: {tmp_path}/ch03_heads_and_positions.ipynb" in said
        assert "0 put there now" in course("start", "--no-open")[1]

    def test_opens_where_the_learner_left_off(self, course, small_course, monkeypatch, tmp_path):
        opened = []
        monkeypatch.setattr(
            "autograder.learner.lab.open_lab", lambda *told, **how: opened.append((told, how))
        )
        code, _, _ = course("start", "--no-browser", "--port", 8899)
        assert code == 0
        assert opened == [((tmp_path / f"{SLUG}.ipynb",), {"browser": False, "port": 8899})]

    def test_an_unknown_chapter_makes_nothing(self, course, tmp_path):
        code, _, said = course("start", "ch77")
        assert code == 2
        assert "There is no chapter 'ch77'" in said
        assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("lent_worker")
class TestCheck:
    @pytest.fixture
    def notebook(self, tmp_path, hand_in, small_course):
        def write(**changes):
            path = tmp_path / "mine.ipynb"
            path.write_bytes(hand_in(**changes))
            return path

        return write

    def test_all_well(self, course, notebook):
        code, said, _ = course("check", notebook())
        assert code == 0
        assert "Nothing is left to do." in said
        assert "Over the course: 3 of 3 exercises done, worth 100 of 100 points." in said
        assert "The whole course is done." in said

    def test_something_left(self, course, notebook):
        code, said, _ = course("check", notebook(double="def double(x):\n    return 5"))
        assert code == 1
        assert "Next: Double" in said
        assert "course hint ch99/double" in said

    def test_full(self, course, notebook):
        wrong = "def double(x):\n    return 6"
        assert course("check", notebook(double=wrong))[0] == 0
        code, said, _ = course("check", notebook(double=wrong), "--full")
        assert code == 1
        assert "some hidden checks don't" in said

    def test_a_notebook_that_cannot_be_read(self, course, tmp_path, small_course):
        path = tmp_path / "mine.ipynb"
        path.write_bytes(b'{"grade_id": "ch99_double"')
        code, _, said = course("check", path)
        assert code == 2
        assert "cannot be read. The file is not valid JSON" in said

    def test_the_chapters_own_notebook_is_untouched(self, course):
        code, said, _ = course("check", "ch02")
        assert code == 1
        assert "untouched" in said
        assert "wrong" not in said

    def test_over_the_course(self, course, small_course, answer, solutions):
        course("start", "--no-open")
        code, said, _ = course("check")
        assert code == 1
        assert "Next: Double in ch99: course start ch99 opens it." in said
        answer(**solutions)
        code, said, _ = course("check")
        assert code == 0
        assert "3 of 3 100 of 100 nothing" in said
        code, _, said = course("check", "--full")
        assert code == 2
        assert "--full takes a chapter" in said

    def test_over_the_course_a_notebook_that_cannot_be_read_is_named(
        self, course, small_course, tmp_path
    ):
        (tmp_path / f"{SLUG}.ipynb").write_text("{")
        code, said, _ = course("check")
        assert code == 1
        assert f"Note: {tmp_path}/{SLUG}.ipynb cannot be read." in said


class TestHintAndSolution:
    def test_hints_come_one_by_one_and_then_the_solution_opens(self, course, monkeypatch):
        code, _, said = course("solution", "embed", "--yes")
        assert code == 2
        assert "you have seen 0 of 2" in said
        assert course("hint", "embed")[1].startswith("Hint 1 of 2")
        assert course("hint", "embed")[1].startswith("Hint 2 of 2")
        again = course("hint", "embed")[1]
        assert "You have seen all hints of embed." in again
        assert "Hint 1 of 2" in again
        assert "Hint 2 of 2" in again
        code, said, asked = course("solution", "embed")
        assert (code, said) == (2, "")
        assert "Add --yes" in asked
        code, said, _ = course("solution", "embed", "--yes")
        assert code == 0
        assert "def embed(" in said

    @pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1)])
    def test_a_person_is_asked(self, course, monkeypatch, typed, code):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        course("hint", "embed")
        course("hint", "embed")
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        ended, said, _ = course("solution", "embed")
        assert ended == code
        assert "Read the solution now" in said
        assert ("def embed(" in said) == (code == 0)

    def test_after_full_marks_nobody_is_asked(self, course, tmp_path):
        kept = {"state": "RIGHT", "full_marks": True, "hints": 0}
        chapter = {"checked": "", "notebook": "", "exercises": {"embed": kept}}
        plain = {"format": 1, "chapters": {"ch02_self_attention": chapter}}
        (tmp_path / "progress.json").write_text(json.dumps(plain))
        code, said, _ = course("solution", "embed")
        assert code == 0
        assert "def embed(" in said


class TestProgress:
    def test_is_a_line_a_chapter(self, course):
        code, said, _ = course("progress")
        assert code == 0
        assert "ch02 Inside self-attention, step by step 0 of 9 0 of 100" in said
        assert "Next: rnn_step in ch01" in said

    def test_a_damaged_file_is_said(self, course, tmp_path):
        (tmp_path / "progress.json").write_text("{")
        code, said, _ = course("progress")
        assert code == 0
        assert "Note:" in said
        assert "Nothing is lost: it is now progress-damaged-1.json" in said
        assert read_progress(tmp_path).chapters == {}


@pytest.mark.usefixtures("lent_worker")
class TestSubmit:
    def test_packs_what_is_whole(self, course, small_course, answer, solutions, tmp_path):
        course("start", "--no-open")
        answer(**solutions)
        code, said, _ = course("submit", "ch99", "--name", "ada")
        path = tmp_path / f"{SLUG}-ada.zip"
        assert code == 0
        assert said.endswith(f"Hand in this file: {path}")
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == [f"ada/{SLUG}.ipynb"]
        graded = ("grade", path, "--chapter", REFERENCE, "--jobs", 1, "--out", tmp_path / "out")
        assert "ada │ 90 of 90 │ 10" in course(*graded)[1]

    def test_says_what_is_missing_and_packs_it_only_when_told(
        self, course, small_course, answer, solutions, tmp_path
    ):
        course("start", "--no-open")
        answer(double=solutions["double"])
        out = tmp_path / "out"
        code, said, _ = course("submit", "ch99", "--out", out)
        assert code == 1
        assert "Missing: Largest Missing: In words Not packed." in said
        assert not out.exists()
        assert course("submit", "ch99", "--out", out, "--anyway")[0] == 0
        assert len(list(out.glob(f"{SLUG}-*.zip"))) == 1

    def test_takes_a_path_and_says_what_it_does_not_read(
        self, course, small_course, hand_in, tmp_path
    ):
        copy = tmp_path / "ch99 zweiter Versuch, größer.ipynb"
        copy.write_bytes(hand_in())
        course("start", "--no-open")
        code, said, _ = course("submit", "ch99", "--name", "ada")
        assert code == 1
        assert f"Note: Not read: {copy.name} in {tmp_path}." in said
        code, said, _ = course("submit", copy, "--name", "Jürgen Groß")
        assert code == 0
        assert said == f"Hand in this file: {tmp_path}/{SLUG}-Jürgen Groß.zip"


class TestDoctor:
    def test_a_fault_comes_with_its_cure_and_exit_code_1(self, course, monkeypatch):
        monkeypatch.setattr("autograder.learner.doctor.MIN_FREE_BYTES", 2**70)
        code, said, _ = course("doctor")
        assert code == 1
        assert "fault disk:" in said
        assert "→ Make room" in said
        assert said.endswith("1 to mend.")
        assert "node" not in said

    def test_with_nothing_to_mend_it_says_so(self, course, monkeypatch):
        from autograder.learner import doctor
        from autograder.learner.doctor import Finding, Health

        found = [Finding("a", Health.WELL, "b"), Finding("c", Health.NOTE, "d", "e")]
        asked = []
        monkeypatch.setattr(doctor, "examine", lambda folder, **how: asked.append(how) or found)
        code, said, _ = course("doctor", "--everything")
        assert code == 0
        assert said == "well a: b note c: d → e Nothing stands in the way."
        assert asked == [{"everything": True}]
