import json
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import nbformat
import pytest

from autograder.classroom import runner
from autograder.classroom.folder import ClassFolder
from autograder.classroom.kept import read_kept
from autograder.classroom.pool import StuckError
from autograder.classroom.runner import grade_class
from autograder.errors import CourseError, WorkerDiedError
from autograder.grading import grade
from autograder.submissions.collect import HandedIn


@pytest.fixture
def class_of_three(hand_in):
    return [
        HandedIn("ada", hand_in()),
        HandedIn("bob", hand_in(double="def double(x):\n    return x * x")),
        HandedIn("cyd", b"", problem="The file is a link."),
    ]


def kept(out, learner):
    return read_kept(ClassFolder(out, "ch99_small").result(learner)).result


def test_results_are_those_of_grade_in_the_order_given(small, class_of_three, tmp_path, worker):
    seen = []
    graded = grade_class(small, class_of_three, tmp_path, seed=4, jobs=2, on_graded=seen.append)
    assert [one.result.learner for one in graded] == ["ada", "bob", "cyd"]
    assert sorted(one.result.learner for one in seen) == ["ada", "bob", "cyd"]
    for one, submission in zip(graded[:2], class_of_three, strict=False):
        expected = grade(submission.data, small, submission.learner, 4, worker)
        assert kept(tmp_path, submission.learner) == expected
        assert expected.cells
        assert one.result == replace(expected, cells=())  # what was printed stays on the disk
    assert graded[2].result.reason == "The file is a link."
    assert graded[2].result.points == 0.0
    assert kept(tmp_path, "cyd") == graded[2].result
    assert len({one.submission for one in graded}) == 3


@pytest.mark.usefixtures("lent_worker")
def test_a_second_run_grades_only_what_changed(small, class_of_three, tmp_path, hand_in):
    first = grade_class(small, class_of_three[:2], tmp_path)
    assert [one.fresh for one in first] == [True, True]
    before = (tmp_path / "ch99_small" / "results" / "ada.json").read_bytes()
    class_of_three[1] = HandedIn("bob", hand_in(largest="def largest(n):\n    return 0"))
    second = grade_class(small, class_of_three[:2], tmp_path)
    assert [one.fresh for one in second] == [False, True]
    assert second[0].result == first[0].result
    assert (tmp_path / "ch99_small" / "results" / "ada.json").read_bytes() == before
    again = grade_class(small, class_of_three[:2], tmp_path, seed=1)
    assert [one.fresh for one in again] == [True, True]


@pytest.mark.usefixtures("lent_worker")
def test_a_damaged_result_is_made_again(small, class_of_three, tmp_path):
    (first,) = grade_class(small, class_of_three[:1], tmp_path)
    path = tmp_path / "ch99_small" / "results" / "ada.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    (second,) = grade_class(small, class_of_three[:1], tmp_path)
    assert second.fresh
    assert second.result == first.result
    assert path.read_text() == whole


@pytest.mark.usefixtures("lent_worker")
def test_times_stand_in_a_file_beside_the_result(small, class_of_three, tmp_path):
    grade_class(small, class_of_three[:1], tmp_path)
    times = json.loads((tmp_path / "ch99_small" / "results" / "ada.times").read_text())
    assert set(times) == {"cpu_s", "host", "peak_bytes", "wall_s"}
    assert "wall_s" not in (tmp_path / "ch99_small" / "results" / "ada.json").read_text()
    grade_class(small, [HandedIn("ada", b"{")], tmp_path)
    assert not (tmp_path / "ch99_small" / "results" / "ada.times").exists()


@pytest.mark.usefixtures("lent_worker")
def test_a_note_about_the_file_comes_first_among_the_repairs(small, hand_in, tmp_path):
    (graded,) = grade_class(small, [HandedIn("ada", hand_in(), note="Odd name.")], tmp_path)
    assert graded.result.repairs == ("Odd name.",)


@pytest.mark.usefixtures("lent_worker")
def test_the_marked_notebook_stands_where_the_formgrader_looks(small, class_of_three, tmp_path):
    grade_class(small, class_of_three, tmp_path)
    for learner in ("ada", "cyd"):
        path = tmp_path / "autograded" / learner / small.slug / f"{small.slug}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        tests = next(cell for cell in notebook.cells if cell.id == "ch99_double_test")
        wanted = "60.0" if learner == "ada" else "0.0"
        assert tests.outputs[-1].data["text/plain"] == wanted
    before = path.read_bytes()
    path.unlink()
    (_, _, cyd) = grade_class(small, class_of_three, tmp_path)
    assert not cyd.fresh
    assert path.read_bytes() == before


def test_a_worker_that_dies_is_replaced_and_the_submission_tried_again(
    small, class_of_three, tmp_path, dies_once
):
    (graded,) = grade_class(small, class_of_three[:1], tmp_path)
    assert graded.result.points == 90.0
    first, second = [arguments[-1] for arguments in dies_once]
    assert first is not second


@pytest.mark.usefixtures("lent_worker")
@pytest.mark.parametrize(
    ("error", "n_tries", "told"),
    [
        (WorkerDiedError("The process ended."), 2, "The process ended."),
        (StuckError("It came to no end."), 1, "It came to no end."),
        (TypeError("\x1b[2Jodd"), 1, "The grader itself failed on this submission (TypeError: ␛["),
    ],
)
def test_the_graders_own_trouble_is_told_stops_nobody_and_is_tried_again_next_time(
    small, class_of_three, tmp_path, monkeypatch, error, n_tries, told
):
    real, calls = runner.grade_transplanted, []

    def fails_on_bob(*arguments):
        if arguments[2] != "bob":
            return real(*arguments)
        calls.append(arguments)
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(runner, "grade_transplanted", fails_on_bob)
        ada, bob, _ = grade_class(small, class_of_three, tmp_path)
    assert ada.result.points == 90.0
    assert bob.result.reason.startswith(told)
    assert bob.result.points == 0.0
    assert len(calls) == n_tries
    assert kept(tmp_path, "bob") == bob.result
    ada, bob, cyd = grade_class(small, class_of_three, tmp_path)
    assert [ada.fresh, bob.fresh, cyd.fresh] == [False, True, False]
    assert bob.result.points == 30.0


@pytest.mark.usefixtures("lent_worker")
def test_a_full_disk_stops_the_run(small, class_of_three, tmp_path, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(runner, "write_if_changed", full)
    with pytest.raises(OSError, match="No space left"):
        grade_class(small, class_of_three, tmp_path)


@pytest.mark.usefixtures("lent_worker")
def test_a_result_that_was_made_unconfined_is_not_taken_for_a_confined_one(
    small, class_of_three, tmp_path, monkeypatch, worker
):
    asked = []

    class Lent:
        def __init__(self, **how):
            asked.append(how)
            self.run, self.pid = worker.run, worker.pid

        def close(self):
            pass

    monkeypatch.setattr(runner, "Worker", Lent)
    runs = [
        grade_class(small, class_of_three[:1], tmp_path, unconfined=unconfined)[0]
        for unconfined in (True, True, False)
    ]
    assert [one.fresh for one in runs] == [True, False, True]
    assert asked == [{"unconfined": True}, {}]


@pytest.mark.usefixtures("lent_worker")
def test_each_submission_is_read_when_its_turn_comes(small, hand_in, tmp_path):
    read, data = [], hand_in()

    class Lazy(Sequence):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            read.append((index, len(list(tmp_path.glob("ch99_small/results/*.json")))))
            return HandedIn(f"learner-{index}", data)

    grade_class(small, Lazy(), tmp_path)
    assert read == [(0, 0), (1, 1)]


def test_ctrl_c_ends_those_at_work_at_once_and_keeps_what_is_done(
    small, class_of_three, tmp_path, hand_in
):
    slow = hand_in(double="import time\ntime.sleep(600)")
    begun = threading.Event()

    def interrupt(graded):
        begun.set()
        main = threading.main_thread().ident
        threading.Timer(1.0, signal.pthread_kill, [main, signal.SIGINT]).start()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        grade_class(
            small, [class_of_three[0], HandedIn("dan", slow)], tmp_path, on_graded=interrupt
        )
    assert begun.is_set()
    assert time.monotonic() - began < 30
    assert [path.name for path in tmp_path.glob("ch99_small/results/*.json")] == ["ada.json"]
    assert not [one for one in threading.enumerate() if one.name.startswith("ThreadPool")]


def test_a_broken_course_stops_the_run(small, class_of_three, tmp_path, monkeypatch):
    def broken(*arguments):
        raise CourseError("the checks of double: KeyError")

    monkeypatch.setattr(runner, "grade_transplanted", broken)
    with pytest.raises(CourseError, match="the checks of double"):
        grade_class(small, class_of_three, tmp_path, jobs=2)
    assert not [one for one in threading.enumerate() if one.name.startswith("ThreadPool")]
