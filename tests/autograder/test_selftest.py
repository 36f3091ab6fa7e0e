import contextlib
from dataclasses import replace

import pytest

from autograder import selftest as module
from autograder.errors import CourseError
from autograder.exercises.base import load_chapter
from autograder.judge import VisibleResult, judging
from autograder.selftest import main, selftest

CHAPTER = "ch02_self_attention"
EXERCISE = "softmax_jacobian"


class TestTheCourse:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", [one.name for one in load_chapter(CHAPTER).autograded])
    def test_every_answer_gets_what_it_must(self, name):
        report = selftest(CHAPTER, name)
        assert report.faults == ()
        kinds = [row.kind for row in report.rows]
        assert kinds.count("solution") == kinds.count("stub") == 1
        assert kinds.count("misconception") >= 3
        assert kinds.count("alternative") >= 3


class TestFaults:
    """Each rule is broken on purpose, and told."""

    @pytest.fixture
    def exercise(self, monkeypatch):
        exercise = load_chapter(CHAPTER).exercise(EXERCISE)
        for part in ("items", "misconceptions", "alternatives"):
            monkeypatch.setattr(exercise, part, list(getattr(exercise, part)))
        return exercise

    def faults(self):
        return selftest("ch02", EXERCISE).faults

    def test_nothing_is_wrong_to_begin_with(self, exercise):
        assert self.faults() == ()

    def test_a_right_answer_without_all_points_is_told(self, exercise):
        exercise.alternatives.append(replace(exercise.misconceptions[0], name="other"))
        (fault,) = self.faults()
        assert "other is right, and does not get all points" in fault
        assert "✗ a score and another's share" in fault

    def test_a_misconception_with_all_points_is_told(self, exercise):
        exercise.misconceptions.append(replace(exercise.alternatives[0], name="other"))
        assert self.faults() == (f"{EXERCISE}: other is wrong, and gets all points",)

    def test_a_misconception_taken_for_another_is_told(self, exercise):
        exercise.misconceptions.append(replace(exercise.misconceptions[0], name="twin"))
        assert f"{EXERCISE}: twin is taken for only_the_diagonal and twin" in self.faults()

    def test_a_misconception_that_nothing_tells_apart_is_told(self, exercise, monkeypatch):
        monkeypatch.setattr(judging, "recognise", lambda *_: ())
        assert f"{EXERCISE}: sign_turned is taken for no known mistake" in self.faults()

    def test_a_stub_that_earns_points_is_told(self, exercise):
        def check(learner, draw):
            with contextlib.suppress(Exception):
                learner.softmax_jacobian(0)

        exercise.items[0] = replace(exercise.items[0], check=check)
        assert f"{EXERCISE}: untouched gets 4 points for nothing" in self.faults()

    def test_visible_tests_that_do_not_tell_right_from_wrong_are_told(self, exercise, monkeypatch):
        for passed, answer in ((True, "untouched passes"), (False, "is right, and fails")):
            result = VisibleResult(passed, "✗ f()")
            monkeypatch.setattr(module, "run_visible_tests", lambda *_, result=result: result)
            assert any(answer in fault for fault in self.faults())

    def test_a_misconception_that_is_refused_is_told(self, exercise, monkeypatch):
        monkeypatch.setattr(exercise, "not_allowed", ("torch.diag",))
        assert any("only_the_diagonal was not judged" in fault for fault in self.faults())

    def test_points_that_do_not_add_up_are_told(self, exercise, monkeypatch):
        exercise.items[0] = replace(exercise.items[0], points=5)
        monkeypatch.setattr(exercise, "points", 13)
        faults = list(module._faults_of_points(load_chapter(CHAPTER)))
        assert faults == [f"the autograded exercises of {CHAPTER} add up to 91 points, not 90"]


class TestCommandLine:
    def test_prints_a_table_and_succeeds(self, capsys):
        assert main(["ch02", EXERCISE]) == 0
        shown = capsys.readouterr().out
        assert "sign_turned" in shown
        assert "12/12" in shown

    def test_a_fault_gives_1_and_is_told(self, capsys, monkeypatch):
        exercise = load_chapter(CHAPTER).exercise(EXERCISE)
        wrong = replace(exercise.misconceptions[0], name="other")
        monkeypatch.setattr(exercise, "alternatives", [wrong])
        assert main(["ch02", EXERCISE]) == 1
        assert "does not get all points" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["ch99"], "there is no chapter 'ch99'; there are: ch"),
            (["ch02", "softmax"], "has no exercise 'softmax'"),
            (["ch02", "written"], "written is a written answer"),
        ],
    )
    def test_a_wrong_name_is_told(self, arguments, message):
        with pytest.raises(CourseError, match=message):
            main(arguments)
