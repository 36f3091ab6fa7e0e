import pytest

from autograder.judge import no_verdict
from autograder.judge.warm_parent import WarmParent
from autograder.sandbox.limits import Limits
from autograder.session import Step, plan, run_session
from autograder.submissions.reading import read_submission
from autograder.submissions.transplant import transplant
from tests.autograder.small_chapter import CHAPTER, SOLUTIONS, double

GIVEN = Step("given", "ch99-0002", "import torch\nTWO = 2")
RIGHT = [
    Step("run", "ch99_double", SOLUTIONS["double"]),
    Step("judge", "double"),
    Step("run", "ch99_largest", SOLUTIONS["largest"]),
    Step("judge", "largest"),
]


@pytest.fixture(scope="module")
def parent():
    with WarmParent() as warm:
        yield warm


@pytest.fixture(scope="module")
def run(parent):
    """Run steps behind the given cell, and give what came of them."""

    def run(*steps, given=GIVEN, **limits):
        events = list(run_session(CHAPTER, [given, *steps], 0, parent, Limits(**limits)))
        assert events[-1]["kind"] == "end"
        return events[:-1]

    return run


def points(events):
    from autograder.judge import Verdict

    verdicts = [Verdict.from_json(e["verdict"]) for e in events if e["kind"] == "verdict"]
    assert len({v.exercise for v in verdicts}) == len(verdicts), "no verdict comes twice"
    return {verdict.exercise: verdict.points for verdict in verdicts}


class TestPlan:
    def test_lists_given_cells_answers_and_judging_in_order(self, small, hand_in):
        notebook = transplant(small, read_submission(hand_in())).notebook
        assert [(step.kind, step.name) for step in plan(small, notebook)] == [
            ("given", "ch99-0002"),
            ("run", "ch99_double"),
            ("judge", "double"),
            ("run", "ch99_largest"),
            ("judge", "largest"),
        ]

    def test_can_ask_for_the_visible_tests(self, small, hand_in):
        notebook = transplant(small, read_submission(hand_in())).notebook
        steps = [s for s in plan(small, notebook, ("visible",)) if s.kind == "visible"]
        assert [step.name for step in steps] == ["double", "largest"]
        assert "expect_equal(double(3), 6" in steps[0].source

    def test_leaves_out_empty_answers_and_what_comes_after_the_last_exercise(self, small, hand_in):
        def add(notebook):
            notebook.cells.append(type(notebook.cells[1])(notebook.cells[1], id="mine"))
            notebook.cells[-1].source, notebook.cells[-1].metadata = "print('late')", {}

            del notebook.cells[4]

        notebook = transplant(small, read_submission(hand_in(add))).notebook
        steps = plan(small, notebook)
        assert "ch99_double" not in [step.name for step in steps]
        assert "late" not in str(steps)


class TestRunSession:
    def test_right_answers_get_all_points(self, run):
        assert points(run(*RIGHT)) == {"double": 60.0, "largest": 30.0}

    def test_answers_are_judged_as_they_stand_at_their_place(self, run):
        later = Step("run", "added-0001", "def double(x):\n    return 0")
        assert points(run(*RIGHT[:2], later, *RIGHT[2:])) == {"double": 60.0, "largest": 30.0}

    @pytest.mark.parametrize("death", ["import os\nos._exit(0)", "import os\nos.abort()"])
    def test_a_cell_that_kills_the_process_costs_itself_alone(self, run, death):
        killer = Step("run", "added-0001", death)
        events = run(RIGHT[0], RIGHT[1], killer, RIGHT[2], RIGHT[3])
        assert points(events) == {"double": 60.0, "largest": 30.0}
        told = [event for event in events if event["kind"] == "cell"]
        assert [event["cell"] for event in told] == ["ch99_double", "added-0001", "ch99_largest"]
        assert "its process" in told[1]["error"] or "cut the line" in told[1]["error"]

    def test_a_function_that_kills_the_process_costs_its_exercise_alone(self, run):
        deadly = Step("run", "ch99_double", "import os\ndef double(x):\n    os._exit(0)")
        events = run(deadly, *RIGHT[1:])
        assert points(events) == {"double": 0.0, "largest": 30.0}
        verdict = next(e["verdict"] for e in events if "verdict" in e)
        assert verdict.count("the process that ran the code ended (its process ended early") == 2

    def test_a_loop_that_hears_no_signal_costs_its_cell_alone(self, run, monkeypatch):
        monkeypatch.setattr("autograder.session.CELL_CPU_S", 0.5)
        deaf = "import signal\nfor s in (signal.SIGPROF, signal.SIGALRM):\n    signal.signal(s, 1)"
        stubborn = f"{deaf}\nwhile True: pass"
        events = run(Step("run", "added-0001", stubborn), *RIGHT)
        assert points(events) == {"double": 60.0, "largest": 30.0}
        assert "ran longer than 0.75 seconds" in events[0]["error"]

    def test_when_the_total_is_used_up_the_rest_gets_nothing(self, run):
        slow = Step("run", "added-0001", "while True: pass")
        events = run(*RIGHT[:2], slow, *RIGHT[2:], total_cpu_s=1.0)
        assert points(events) == {"double": 60.0, "largest": 0.0}
        assert "whole notebook ran longer" in str(events[-1])

    def test_calls_not_allowed_are_seen_even_beside_magics(self, run):
        source = "%time None\nimport torch\ndef double(x):\n    return torch.multiply(x, 2)"
        events = run(Step("run", "ch99_double", source), RIGHT[1])
        assert points(events) == {"double": 0.0}
        assert "torch.multiply is not allowed" in str(events)

    def test_a_cell_of_the_course_that_fails_is_the_courses_fault(self, run):
        events = run(*RIGHT, given=Step("given", "x", "1/0"))
        assert events[0]["kind"] == "fault"
        assert "ZeroDivisionError" in events[0]["message"]

    def test_a_learner_who_leaves_nothing_for_the_courses_cell_is_no_fault(self, parent):
        steps = [Step("run", "added-0001", "while True: pass"), GIVEN, *RIGHT]
        events = list(run_session(CHAPTER, steps, 0, parent, Limits(total_cpu_s=0.5)))
        assert "fault" not in [event["kind"] for event in events]
        assert points(events) == {"double": 0.0, "largest": 0.0}

    def test_a_function_that_answers_too_often_costs_its_exercise_alone(self, run):
        noisy = (
            "import os, socket\ndef double(x):\n    for fd in range(3, 64):\n        try:\n"
            "            socket.socket(fileno=os.dup(fd)).send(b'x' * 100)\n"
            "        except OSError:\n            pass\n    return 2 * x"
        )
        events = run(Step("run", "ch99_double", noisy), *RIGHT[1:])
        assert points(events) == {"double": 0.0, "largest": 30.0}
        assert "nobody had asked for" in str(events)

    def test_a_check_that_breaks_is_the_courses_fault(self, run, monkeypatch):
        def broken(learner, draw):
            raise KeyError("oops")

        items = [type(double.items[0])("broken", 60, "…", broken)]
        monkeypatch.setattr(double, "items", items)
        (fault,) = (e for e in run(*RIGHT[:2]) if e["kind"] == "fault")
        assert fault["message"].startswith("the checks of double: KeyError")

    def test_visible_tests_are_told(self, run):
        tests = "assert double(3) == 6\nassert double(4) == TWO * 4, 'twice four'"
        wrong = "def double(x):\n    return 6"
        steps = [Step("run", "ch99_double", wrong), Step("visible", "double", tests)]
        seen = run(*steps)[-1]
        assert seen["kind"] == "visible"
        assert not seen["passed"]
        assert "twice four" in seen["message"]

    def test_a_loop_without_end_is_waited_for_once_and_marks_are_what_they_were(self, run):
        loops = Step("run", "ch99_double", "def double(x):\n    while True: pass")
        judge = Step("judge", "double")
        told = run(loops, Step("visible", "double", "double(3)"), judge, *RIGHT[2:])
        assert [event["kind"] for event in told] == ["cell", "visible", "cell", "verdict"]
        assert points(told) == {"largest": 30.0}
        assert points(run(loops, judge)) == {"double": 0.0}
        tells = Step("visible", "double", "assert double(3) == 5")
        assert points(run(RIGHT[0], tells, judge)) == {"double": 60.0}


def test_no_verdict_names_every_item_and_gives_nothing():
    verdict = no_verdict(double, "gone")
    assert verdict.points == 0.0
    assert verdict.max_points == 60.0
    assert [(item.points, item.max_points, item.passed) for item in verdict.items] == [
        (0.0, 20.0, False),
        (0.0, 40.0, False),
    ]
    assert verdict.reason == "gone"
