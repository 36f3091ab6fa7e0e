import json
import threading

import pytest

from autograder import runner
from autograder.errors import CourseError, WorkerDiedError
from autograder.grading import grade
from autograder.runner import file_name, grade_class
from autograder.submissions.collect import HandedIn


@pytest.fixture
def class_of_three(hand_in):
    return [
        HandedIn("ada", hand_in()),
        HandedIn("bob", hand_in(double="def double(x):\n    return x * x")),
        HandedIn("cyd", b"", problem="The file is a link."),
    ]


def test_results_are_those_of_grade_in_the_order_given(small, class_of_three, tmp_path, worker):
    seen = []
    graded = grade_class(small, class_of_three, tmp_path, seed=4, jobs=2, on_graded=seen.append)
    assert [one.result.learner for one in graded] == ["ada", "bob", "cyd"]
    assert sorted(one.result.learner for one in seen) == ["ada", "bob", "cyd"]
    for one, submission in zip(graded[:2], class_of_three, strict=False):
        assert one.result == grade(submission.data, small, submission.learner, 4, worker)
    assert graded[2].result.reason == "The file is a link."
    assert graded[2].result.points == 0.0


@pytest.mark.usefixtures("lent_worker")
def test_a_second_run_grades_only_what_changed(small, class_of_three, tmp_path, hand_in):
    first = grade_class(small, class_of_three[:2], tmp_path)
    assert [one.fresh for one in first] == [True, True]
    before = (tmp_path / "results" / "ada.json").read_bytes()
    class_of_three[1] = HandedIn("bob", hand_in(largest="def largest(n):\n    return 0"))
    second = grade_class(small, class_of_three[:2], tmp_path)
    assert [one.fresh for one in second] == [False, True]
    assert second[0].result == first[0].result
    assert (tmp_path / "results" / "ada.json").read_bytes() == before
    again = grade_class(small, class_of_three[:2], tmp_path, seed=1)
    assert [one.fresh for one in again] == [True, True]


@pytest.mark.usefixtures("lent_worker")
def test_a_damaged_result_is_made_again(small, class_of_three, tmp_path):
    (first,) = grade_class(small, class_of_three[:1], tmp_path)
    path = tmp_path / "results" / "ada.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    (second,) = grade_class(small, class_of_three[:1], tmp_path)
    assert second.fresh
    assert second.result == first.result
    assert path.read_text() == whole


@pytest.mark.usefixtures("lent_worker")
def test_times_stand_in_a_file_beside_the_result(small, class_of_three, tmp_path):
    grade_class(small, class_of_three[:1], tmp_path)
    times = json.loads((tmp_path / "results" / "ada.times").read_text())
    assert set(times) == {"cpu_s", "host", "wall_s"}
    assert "wall_s" not in (tmp_path / "results" / "ada.json").read_text()


@pytest.mark.usefixtures("lent_worker")
def test_a_note_about_the_file_comes_first_among_the_repairs(small, hand_in, tmp_path):
    (graded,) = grade_class(small, [HandedIn("ada", hand_in(), note="Odd name.")], tmp_path)
    assert graded.result.repairs == ("Odd name.",)


def test_a_worker_that_dies_is_replaced_and_the_submission_tried_again(
    small, class_of_three, tmp_path, monkeypatch
):
    real, calls = runner.grade_measured, []

    def dies_once(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise WorkerDiedError("gone")
        return real(*arguments)

    monkeypatch.setattr(runner, "grade_measured", dies_once)
    (graded,) = grade_class(small, class_of_three[:1], tmp_path)
    assert graded.result.points == 90.0
    assert calls[0][-1] is not calls[1][-1]


def test_a_submission_that_always_kills_its_worker_is_told_and_not_kept(
    small, class_of_three, tmp_path, monkeypatch
):
    def dies(*arguments):
        raise WorkerDiedError("The grading process ended.")

    monkeypatch.setattr(runner, "grade_measured", dies)
    graded = grade_class(small, class_of_three[:2], tmp_path)
    assert [one.result.reason for one in graded] == ["The grading process ended."] * 2
    assert not (tmp_path / "results").exists()


def test_a_broken_course_stops_the_run(small, class_of_three, tmp_path, monkeypatch):
    def broken(*arguments):
        raise CourseError("the checks of double: KeyError")

    monkeypatch.setattr(runner, "grade_measured", broken)
    with pytest.raises(CourseError, match="the checks of double"):
        grade_class(small, class_of_three, tmp_path, jobs=2)
    assert threading.active_count() == 1


@pytest.mark.parametrize(
    ("learner", "name"),
    [("ada", "ada"), ("dora-01", "dora-01"), ("Zoë", "Zoë")],
)
def test_a_plain_name_is_its_own_file_name(learner, name):
    assert file_name(learner) == name


def test_other_names_become_safe_and_stay_apart():
    names = [file_name(one) for one in ("a b", "a/b", "../a", "..", "", "x" * 200, "x" * 201)]
    assert len(set(names)) == len(names)
    for name in names:
        assert "/" not in name
        assert not name.startswith(".")
        assert len(name) < 80
