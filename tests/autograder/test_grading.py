import base64

import pytest

from autograder.errors import CourseError
from autograder.grading import _verdicts, grade, grade_measured
from autograder.judge import Verdict
from autograder.result import Result
from tests.autograder.small_chapter import SOLUTIONS, double


@pytest.fixture
def marked(small, worker):
    def mark(data, learner="ada", seed=0):
        return grade(data, small, learner, seed, worker)

    return mark


def test_the_solution_gets_all_and_the_words_await_a_person(marked, hand_in):
    result = marked(hand_in())
    assert (result.points, result.max_points, result.awaiting) == (90.0, 90.0, 10.0)
    assert result.written[0].answer == SOLUTIONS["written"]
    assert result.repairs == ()
    assert [run.cell for run in result.cells] == ["ch99_double", "ch99_largest"]


def test_the_untouched_notebook_gets_nothing(marked, small):
    import nbformat

    result = marked(nbformat.writes(small.notebook).encode())
    assert (result.points, result.awaiting) == (0.0, 0.0)
    assert result.written[0].answer == ""
    assert result.repairs == ()


@pytest.mark.parametrize("number", range(3))
def test_a_misconception_fails_and_is_named(marked, hand_in, number):
    answer = double.misconceptions[number]
    result = marked(hand_in(double=answer.as_cell(double.exports)))
    verdict = result.verdicts[0]
    assert verdict.points < verdict.max_points
    assert [one.name for one in verdict.misconceptions] == [answer.name]
    assert result.verdicts[1].points == 30.0


def test_is_a_function_of_bytes_course_learner_and_seed(marked, hand_in, small):
    wrong = hand_in(double="def double(x):\n    return x * x")
    first = marked(wrong)
    assert marked(wrong) == first
    assert marked(wrong).to_json() == first.to_json()
    examples = {
        str(marked(wrong, learner, seed).verdicts[0].items)
        for learner, seed in (("ada", 0), ("bob", 0), ("ada", 1))
    }
    assert len(examples) == 3
    assert Result.from_json(first.to_json()) == first


def test_inputs_that_a_learner_saw_are_not_met_by_another_try(marked, hand_in):
    spy = "seen = []\n\ndef double(x):\n    seen.append(x)\n    return 2 * x"
    tell = "def largest(numbers):\n    return max(numbers)\nprint(seen[0])"

    def told(double):
        result = marked(hand_in(double=double, largest=tell))
        assert result.points == 90.0
        return result.cells[1].text

    assert told(spy) == told(spy)
    assert len({told(f"{spy}\n# {number}") for number in range(6)}) > 1


def test_the_learners_plots_are_kept(marked, hand_in):
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])"
    result = marked(hand_in(double=f"{SOLUTIONS['double']}\n{plot}"))
    (picture,) = result.cells[0].plots
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert result.cells[1].plots == ()
    assert Result.from_json(result.to_json()) == result


def test_starts_a_process_of_its_own_when_given_none(small, hand_in):
    assert grade(hand_in(), small, "ada", 0).points == 90.0


def test_the_hash_seed_of_the_caller_does_not_matter(marked, hand_in):
    source = (
        "def double(x):\n    print(set('attention'))\n    return 2 * x\nprint(set('attention'))"
    )
    assert marked(hand_in(double=source)) == marked(hand_in(double=source))


def test_an_unreadable_file_gets_nothing_and_the_reason(marked):
    result = marked(b"{")
    assert "not valid JSON" in result.reason
    assert (result.points, result.max_points) == (0.0, 90.0)
    assert [verdict.reason for verdict in result.verdicts] == [result.reason] * 2
    assert [one.answer for one in result.written] == [""]


def test_what_cells_print_and_how_they_fail_is_kept(marked, hand_in):
    result = marked(hand_in(double="print('hello')\n1 / 0"))
    assert result.cells[0].text == "hello\n"
    assert result.cells[0].error.startswith("ZeroDivisionError")
    assert result.verdicts[0].points == 0.0


def test_times_stand_beside_the_result(small, worker, hand_in):
    result, measurement = grade_measured(hand_in(), small, "ada", 0, worker)
    assert measurement.wall_s > 0
    assert 0 < measurement.cpu_s < 30
    assert 2**25 < measurement.peak_bytes < 2**31
    assert "wall" not in result.to_json()


def test_a_broken_course_is_no_fault_of_the_learner(small, worker, hand_in):
    import copy
    from dataclasses import replace

    notebook = copy.deepcopy(small.notebook)
    notebook.cells[1].source = "import torch\n1 / 0"
    with pytest.raises(CourseError, match=r"cannot be graded: cell .*ZeroDivisionError"):
        grade(hand_in(), replace(small, notebook=notebook), "ada", 0, worker)


def test_the_first_verdict_counts_and_a_missing_one_is_no_points(small):
    told = [
        {"kind": "verdict", "verdict": Verdict("double", points, 60.0, ()).to_json()}
        for points in (0.0, 60.0)
    ]
    first, missing = _verdicts(small, told)
    assert (first.exercise, first.points) == ("double", 0.0)
    assert (missing.exercise, missing.points, missing.max_points) == ("largest", 0.0, 30.0)
    assert "No verdict came back" in missing.reason
