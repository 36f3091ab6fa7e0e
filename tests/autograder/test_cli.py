import zipfile

import pytest

from autograder import cli
from autograder.classroom.folder import ClassFolder
from tests.autograder.small_chapter import REFERENCE


@pytest.fixture
def course(capsys, monkeypatch, tmp_path):
    """Run a command; give its exit code, and what it said on both streams in one line."""
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "workspace"))

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return end.value.code or 0, " ".join(said.out.split()), " ".join(said.err.split())

    return run


@pytest.fixture
def folder(tmp_path, hand_in):
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.ipynb").write_bytes(hand_in())
    (made / "bob.ipynb").write_bytes(hand_in(double="def double(x):\n    return x * x"))
    return made


def _interrupted(*_, **__):
    raise KeyboardInterrupt


class TestHelp:
    def test_lists_the_commands_and_the_exit_codes(self, course):
        code, said, _ = course("--help")
        assert code == 0
        for words in ("grade", "report", "check", "selftest", "Exit code 0"):
            assert words in said

    @pytest.mark.parametrize("command", ["grade", "report", "check", "selftest"])
    def test_each_command_explains_itself(self, course, command):
        code, said, _ = course(command, "--help")
        assert code == 0
        assert "Usage: course" in said or "Usage:" in said

    def test_needs_no_torch(self):
        import subprocess
        import sys

        source = "import sys, autograder.cli; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0

    def test_a_part_that_is_not_here_is_said(self, course, monkeypatch):
        def missing(module):
            def import_it(*_):
                raise ModuleNotFoundError(f"No module named {module!r}", name=module)

            return import_it

        monkeypatch.setattr("autograder.submissions.collect.guess_chapter", missing("autograder.x"))
        code, _, said = course("grade", "x")
        assert code == 2
        assert said.endswith("is not in a learner's bundle.")
        monkeypatch.setattr("autograder.submissions.collect.guess_chapter", missing("psutil"))
        said = course("grade", "x")[2]
        assert "The package psutil is not installed; `course doctor` tells what to do." in said

    def test_an_unknown_option_is_exit_code_2(self, course):
        code, _, said = course("grade", "x", "--colour", "red")
        assert code == 2
        assert "--colour" in said


@pytest.mark.usefixtures("lent_worker")
class TestGrade:
    def test_a_folder(self, course, folder, tmp_path):
        out = tmp_path / "out"
        code, said, _ = course("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1)
        assert code == 0
        assert "ada │ 90 of 90 │ 10" in said
        assert "bob │ 30 of 90" in said
        assert "misconceptions in double" in said
        assert (out / "ch99_small" / "report.html").is_file()
        code, said, _ = course("report", out, "--chapter", REFERENCE)
        assert code == 0
        assert "bob │ 30 of 90" in said
        with ClassFolder(out, "ch99_small").alone():
            for again in (["grade", folder, "--out", out], ["report", out]):
                code, _, said = course(*again, "--chapter", REFERENCE)
                assert code == 2
                assert "Another `course` command is writing into" in said

    def test_one_bad_file_is_named_and_stops_nobody(self, course, folder, tmp_path):
        (folder / "cyd.ipynb").write_bytes(b"<html>")
        out = tmp_path / "out"
        code, said, _ = course("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1)
        assert code == 1
        assert "ada │ 90 of 90" in said
        assert "web page" in said
        assert "cyd │ 0 of 90" in course("report", out, "--chapter", REFERENCE)[1]

    def test_a_zip_archive(self, course, folder, tmp_path):
        path = tmp_path / "class.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(folder / "ada.ipynb", "class/ada.ipynb")
        code, said, _ = course(
            "grade", path, "--chapter", REFERENCE, "--out", tmp_path / "out", "--jobs", 1
        )
        assert code == 0
        assert "ada │ 90 of 90" in said

    def test_the_seed_reaches_the_results(self, course, folder, tmp_path):
        out = tmp_path / "out"
        course("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1, "--seed", 7)
        assert '"seed": 7' in (out / "ch99_small" / "results" / "ada.json").read_text()

    def test_the_gradebook_is_the_one_that_was_named(self, course, folder, tmp_path):
        out, url = tmp_path / "out", f"sqlite:///{tmp_path / 'elsewhere.db'}"
        code, _, _ = course(
            *("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1, "--database", url)
        )
        assert code == 0
        assert (tmp_path / "elsewhere.db").is_file()
        assert not (out / "gradebook.db").exists()

    def test_who_does_not_hand_in_again_is_named(self, course, folder, tmp_path):
        arguments = ("grade", folder, "--chapter", REFERENCE, "--out", tmp_path / "out")
        assert "Not handed in" not in course(*arguments, "--jobs", 1)[1]
        (folder / "bob.ipynb").unlink()
        code, said, _ = course(*arguments, "--jobs", 1)
        assert code == 0
        assert "Not handed in this time, and still in the gradebook: bob" in said
        assert "bob │" not in said

    def test_a_scheduler_that_does_not_answer_is_one_sentence(
        self, course, folder, tmp_path, monkeypatch
    ):
        from autograder.cluster import connection

        monkeypatch.setattr(connection, "CONNECT_S", 0.5)
        out, address = tmp_path / "out", "tcp://127.0.0.1:1"
        arguments = ("grade", folder, "--chapter", REFERENCE, "--out", out)
        code, said, complaint = course(*arguments, "--scheduler", address)
        assert (code, said) == (2, "")
        assert complaint.startswith(f"course: The scheduler {address} does not answer (")
        assert not out.exists()

    def test_without_walls_the_machine_is_not_protected_and_that_is_said(
        self, course, folder, tmp_path, monkeypatch, worker
    ):
        from autograder.classroom import runner

        asked = []
        real = runner.Worker
        monkeypatch.setattr(runner, "Worker", lambda **how: asked.append(how) or real())
        arguments = ("grade", folder, "--chapter", REFERENCE, "--jobs", 1)
        code, _, said = course(*arguments, "--out", tmp_path / "one", "--unconfined")
        assert code == 0
        assert said.startswith("Warning: nothing protects this machine.")
        assert course(*arguments, "--out", tmp_path / "two")[2] == ""
        assert asked == [{"unconfined": True}, {}]

    def test_ctrl_c_is_one_sentence_and_what_is_done_is_kept(
        self, course, folder, tmp_path, monkeypatch
    ):
        out = tmp_path / "out"
        with monkeypatch.context() as patched:
            patched.setattr("autograder.classroom.gradebook.write_gradebook", _interrupted)
            code, _, said = course(
                "grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1
            )
        assert code == 130
        assert said == "course: stopped. What is done is kept; the same command goes on."
        code, said, _ = course("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1)
        assert code == 0
        assert "2 known from before" in said

    def test_a_full_disk_is_one_sentence(self, course, folder, tmp_path, monkeypatch):
        def full(path, text):
            raise OSError(28, "No space left on device", str(path))

        monkeypatch.setattr("autograder.classroom.kept.write_if_changed", full)
        out = tmp_path / "out"
        code, _, said = course("grade", folder, "--chapter", REFERENCE, "--out", out, "--jobs", 1)
        assert code == 2
        assert said.startswith("course: ")
        assert said.endswith("ada.json: No space left on device.")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["ada.ipynb", "--chapter", REFERENCE, "--database", "nonsense"], "is no URL"),
            (["nowhere", "--chapter", "ch02"], "There is no nowhere."),
            ([".", "--chapter", "ch77"], "There is no chapter 'ch77'"),
            (["evil.zip", "--chapter", REFERENCE], "points outside it"),
            (["empty"], "give --chapter"),
            (["empty", "--chapter", REFERENCE], "No notebooks of ch99_small"),
        ],
    )
    def test_what_cannot_be_done_is_one_sentence(
        self, course, arguments, sentence, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "empty").mkdir()
        (tmp_path / "ada.ipynb").write_text("{}")
        with zipfile.ZipFile("evil.zip", "w") as archive:
            archive.writestr("../ada.ipynb", "{}")
        code, _, said = course("grade", *arguments)
        assert code == 2
        assert said.startswith("course: ")
        assert sentence in said
        assert "Traceback" not in said


class TestReport:
    def test_without_results_says_what_to_do(self, course, tmp_path):
        code, _, said = course("report", tmp_path)
        assert code == 2
        assert "run `course grade` first" in said


class TestSelftest:
    def test_passes_chapter_and_exercise_on(self, course, monkeypatch):
        from autograder import selftest

        seen = []
        monkeypatch.setattr(selftest, "main", lambda arguments: seen.append(arguments) or 1)
        assert course("selftest", "ch02", "embed")[0] == 1
        assert course("selftest")[0] == 1
        assert seen == [["ch02", "embed"], []]
