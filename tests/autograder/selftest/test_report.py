import contextlib
from dataclasses import replace

import pytest

from autograder.errors import CourseError
from autograder.exercises.base import chapters_with_exercises, load_chapter
from autograder.judge import VisibleResult, judging
from autograder.mutation.survey import MIN_KILL_RATE, kill_rate
from autograder.selftest import answers, report, selftest

CHAPTER = "ch02_self_attention"
EXERCISE = "softmax_jacobian"

EXERCISES = [
    (slug, one.name) for slug in chapters_with_exercises() for one in load_chapter(slug).autograded
]
# So many mutants of a solution in `make test`; all in `make test-full` and `course selftest`.
SAMPLE = 16
# Inputs that no other test judges the answers with.
OTHER_SEEDS = (2, 4, 5, 1729)
# Their mutants take minutes, even a few.
LONG = {"flash_attention", "page_table", "triton_flash"}


class TestTheCourse:
    @pytest.mark.slow
    @pytest.mark.parametrize(("chapter", "name"), EXERCISES)
    def test_every_answer_gets_what_it_must_and_mutants_lose_points(self, chapter, name):
        found = selftest(chapter, name, n_mutants=0 if name in LONG else SAMPLE)
        self.assert_complete(found)
        assert len(found.surveys) == (name not in LONG)
        for survey in found.surveys:
            assert survey.n_mutants + survey.n_equivalent >= 15  # a rate over fewer says little

    @pytest.mark.slow
    @pytest.mark.load
    @pytest.mark.parametrize(("chapter", "name"), EXERCISES)
    def test_all_mutants_lose_points(self, chapter, name):
        found = selftest(chapter, name)
        assert found.faults == ()
        (survey,) = found.surveys
        assert survey.n_mutants >= 15
        assert kill_rate(survey.n_killed, survey.n_mutants) >= MIN_KILL_RATE

    @pytest.mark.slow
    @pytest.mark.load
    @pytest.mark.parametrize(("chapter", "name"), EXERCISES)
    def test_every_answer_gets_the_same_points_whatever_the_inputs(self, chapter, name):
        found = [selftest(chapter, name, seed, n_mutants=0) for seed in OTHER_SEEDS]
        for one in found:
            self.assert_complete(one)
            assert one.rows == found[0].rows

    def test_what_takes_long_is_an_exercise(self):
        assert {name for _, name in EXERCISES} >= LONG

    def assert_complete(self, found):
        assert found.faults == ()
        kinds = [row.kind for row in found.rows]
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

    def faults(self, n_mutants=0):
        return selftest("ch02", EXERCISE, n_mutants=n_mutants).faults

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
            monkeypatch.setattr(answers, "run_visible_tests", lambda *_, result=result: result)
            assert any(answer in fault for fault in self.faults())

    def test_a_misconception_that_is_refused_is_told(self, exercise, monkeypatch):
        monkeypatch.setattr(exercise, "not_allowed", ("torch.diag",))
        assert any("only_the_diagonal was not judged" in fault for fault in self.faults())

    def test_points_that_do_not_add_up_are_told(self, exercise, monkeypatch):
        exercise.items[0] = replace(exercise.items[0], points=5)
        monkeypatch.setattr(exercise, "points", 13)
        faults = list(report._faults_of_points(load_chapter(CHAPTER)))
        assert faults == [f"the autograded exercises of {CHAPTER} add up to 91 points, not 90"]

    def test_mutants_that_keep_their_points_are_told(self, exercise):
        """Every item looks at the diagonal alone."""
        check = exercise.items[0].check
        exercise.items[:] = [replace(item, check=check) for item in exercise.items]
        faults = self.faults(n_mutants=None)
        assert any("the hidden checks kill" in fault for fault in faults)

    def test_a_solution_that_fails_has_no_mutants(self, exercise, monkeypatch):
        monkeypatch.setattr(exercise, "not_allowed", ("torch.diag",))
        found = selftest("ch02", EXERCISE)
        assert found.surveys == ()
        assert f"{EXERCISE}: no mutants were judged, since the solution fails" in found.faults


@pytest.mark.parametrize(
    ("chapter", "exercise", "message"),
    [
        ("ch99", None, "there is no chapter 'ch99'; there are: ch"),
        ("ch02", "softmax", "has no exercise 'softmax'"),
        ("ch02", "written", "written is a written answer"),
    ],
)
def test_a_wrong_name_is_told(chapter, exercise, message):
    with pytest.raises(CourseError, match=message):
        selftest(chapter, exercise)
