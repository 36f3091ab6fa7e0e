import pytest

from autograder.errors import CourseError
from autograder.mutation.equivalents import Equivalent
from autograder.mutation.mutants import make_mutants
from autograder.mutation.survey import MutantJudge, evenly, kill_rate, survey

from .toys import SOLUTION, cells, make_exercise

CHAPTER = "ch99_small"
ON_THE_BOUNDARY = ("if number >= low:", "if number > low:")
DOUBLED = Equivalent(f"{CHAPTER}/count", *ON_THE_BOUNDARY, "Not true, but a test.")


def surveyed(weak=False, known=(), n_sampled=None, **options):
    return survey(make_exercise(weak), cells(**options), 1, CHAPTER, known, n_sampled)


class TestSurvey:
    def test_sharp_checks_kill_every_mutant(self):
        found = surveyed()
        assert found.survivors == ()
        assert found.n_killed == found.n_mutants > 15
        assert 0 < found.n_failing_visible < found.n_mutants
        assert list(found.faults()) == []
        assert 0 < found.seconds < 60

    def test_weak_checks_leave_a_survivor_and_a_fault(self):
        found = surveyed(weak=True)
        changes = [(one.before, one.after) for one in found.survivors]
        assert changes == [ON_THE_BOUNDARY]
        assert found.n_killed == found.n_mutants - 1
        # One of 17 mutants is 5.9 %.
        assert list(found.faults()) == [
            "count: the hidden checks kill 94.1% of the mutants, wanted 95%"
        ]

    def test_an_equivalent_mutant_is_left_out(self):
        without, found = surveyed(weak=True), surveyed(weak=True, known=[DOUBLED])
        assert found.survivors == ()
        assert found.n_equivalent == 1
        assert found.n_mutants == found.n_killed == without.n_mutants - 1
        assert list(found.faults()) == []

    def test_an_equivalent_mutant_that_fits_nothing_is_told(self):
        found = surveyed(known=[DOUBLED])
        assert found.stale == (DOUBLED,)
        (fault,) = found.faults()
        assert "no survivor fits the equivalent mutant 'if number > low:'" in fault

    def test_an_entry_of_another_exercise_is_not_looked_at(self):
        other = Equivalent("ch98_other/count", *ON_THE_BOUNDARY, "Another chapter's.")
        found = surveyed(weak=True, known=[other])
        assert found.stale == ()
        assert len(found.survivors) == 1

    def test_a_mutant_that_only_the_visible_tests_stop_survives(self):
        tests = "assert count([5], 5) == 1"
        (survivor,) = surveyed(weak=True, tests=tests).survivors
        assert (survivor.before, survivor.after) == ON_THE_BOUNDARY

    def test_endless_mutants_are_killed(self):
        """Where `i` stays what it is, or goes down and up again."""
        solution = SOLUTION.replace(
            "for number in numbers:\n",
            "i = 0\n    while i < len(numbers):\n        number = numbers[i]\n        i = i + 1\n",
        )
        found = surveyed(solution=solution)
        assert found.survivors == ()
        assert found.seconds < 30

    def test_a_wrong_solution_has_no_survey(self):
        with pytest.raises(CourseError, match="the solution does not pass"):
            surveyed(solution=SOLUTION.replace(">=", ">"))


class TestASample:
    def test_so_many_are_judged(self):
        found = surveyed(n_sampled=5)
        assert found.n_mutants == found.n_killed == 5

    def test_an_equivalent_mutant_that_is_left_out_is_not_called_stale(self):
        chosen = evenly(make_mutants(SOLUTION), 5)
        assert ON_THE_BOUNDARY not in [(one.before, one.after) for one in chosen]
        assert surveyed(weak=True, known=[DOUBLED], n_sampled=5).stale == ()

    def test_one_that_fits_no_mutant_at_all_is(self):
        other = Equivalent(f"{CHAPTER}/count", "if number >= low:", "if numbers > low:", "A slip.")
        assert surveyed(known=[other], n_sampled=5).stale == (other,)

    def test_every_operator_has_a_part(self):
        every = make_mutants(SOLUTION)
        half = evenly(every, len(every) // 2)
        assert len(half) == len(set(half)) == len(every) // 2
        frequent = {one for one in every if [m.operator for m in every].count(one.operator) > 2}
        assert {one.operator for one in half} >= {one.operator for one in frequent}

    def test_no_more_than_there_are(self):
        every = make_mutants(SOLUTION)
        assert evenly(every, 1000) == evenly(every, None) == every


class TestMutantJudge:
    @pytest.fixture
    def judge(self):
        return MutantJudge(make_exercise(), cells(), 1)

    def test_gives_visible_tests_then_checks(self, judge):
        assert list(judge(SOLUTION)) == [True, True]
        assert list(judge("def count(numbers, low): return 1")) == [True, False]
        assert list(judge("def count(numbers, low): return 0")) == [False, False]

    @pytest.mark.parametrize("text", ["count = 1 / 0", "raise SystemExit", "x = 1"])
    def test_what_cannot_be_run_passes_nothing(self, judge, text):
        assert list(judge(text)) == [False, False]

    def test_gives_a_mutant_little_time(self, judge):
        assert judge.exercise.time_limit_s < 1.0
        assert list(judge("def count(numbers, low):\n    while True: pass")) == [False, False]

    def test_stops_at_the_first_lost_point(self, judge, monkeypatch):
        called = []
        solution = "def count(numbers, low):\n    seen.append(numbers)\n    return 1"
        monkeypatch.setitem(judge.cells.given, "seen", called)
        assert list(judge(solution)) == [True, False]
        assert called
        assert [3, 5, 7] not in called


def test_kill_rate():
    assert kill_rate(3, 4) == 0.75
    assert kill_rate(0, 0) == 1.0
