import json

import pytest

from autograder import handed_out
from autograder.errors import CourseError
from autograder.learner.checking import Checker, check_chapter, check_course, fingerprint
from autograder.learner.progress import read_progress
from autograder.learner.state import State
from autograder.learner.workspace import Workspace

from .conftest import SLUG

pytestmark = pytest.mark.usefixtures("lent_worker")
OVERFITTED = "def double(x):\n    return 6"


@pytest.fixture
def check(small_course, tmp_path):
    Workspace(tmp_path).make()

    def run(*, full=False):
        path = tmp_path / f"{SLUG}.ipynb"
        with Checker() as checker:
            return check_chapter(checker, path, small_course, tmp_path, full=full)

    return run


@pytest.fixture
def overview(small_course, tmp_path):
    """Check the whole course; give the overview and the chapters that ran."""
    Workspace(tmp_path).make()

    def run():
        ran = []
        with Checker() as checker:
            return check_course(checker, Workspace(tmp_path), ran.append), ran

    return run


def kept(folder):
    return read_progress(folder).chapters[SLUG].exercises


def test_what_was_reached_is_kept(check, answer, solutions, tmp_path):
    answer(**{**solutions, "largest": "def largest(numbers):\n    return 7"})
    checked, progress = check()
    assert checked.next.exercise == "largest"
    assert kept(tmp_path) == progress.chapters[SLUG].exercises
    states = [one.state for one in kept(tmp_path).values()]
    assert states == [State.PASSES, State.WRONG, State.WRITTEN]
    assert not kept(tmp_path)["double"].full_marks
    assert progress.chapters[SLUG].checked[:2] == "20"


def test_full_marks_stay_and_right_stays_while_the_answer_is_the_same(
    check, answer, solutions, tmp_path
):
    answer(**solutions)
    check(full=True)
    assert kept(tmp_path)["double"].state is State.RIGHT
    check()
    assert kept(tmp_path)["double"].state is State.RIGHT
    answer(double=OVERFITTED)
    check()
    assert kept(tmp_path)["double"].state is State.PASSES
    assert kept(tmp_path)["double"].full_marks


def test_an_answer_that_only_looks_right_gets_no_full_marks(check, answer, tmp_path):
    answer(double=OVERFITTED)
    check(full=True)
    assert kept(tmp_path)["double"].state is State.WRONG
    assert not kept(tmp_path)["double"].full_marks


def test_a_bundle_has_no_hidden_checks(check, monkeypatch):
    monkeypatch.setattr(handed_out, "is_bundle", lambda: True)
    with pytest.raises(CourseError, match=r"not in this bundle.*Leave out --full"):
        check(full=True)


def test_a_notebook_that_cannot_be_read_is_said(check, tmp_path):
    (tmp_path / f"{SLUG}.ipynb").write_text("<html>")
    with pytest.raises(CourseError, match=r"ch99_small.ipynb cannot be read\. The file is a web"):
        check()


def forbid_writing(monkeypatch):
    def refuse(path, text):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("autograder.learner.progress.write_if_changed", refuse)


def test_what_cannot_be_kept_is_told_all_the_same(check, answer, solutions, tmp_path, monkeypatch):
    answer(**solutions)
    forbid_writing(monkeypatch)
    checked, progress = check()
    assert checked.next is None
    assert progress.chapters[SLUG].exercises["double"].state is State.PASSES
    assert progress.note == (
        f"This could not be kept in {tmp_path} (Permission denied); `course doctor` tells more."
    )
    assert read_progress(tmp_path).chapters == {}


def test_over_the_course_what_cannot_be_kept_is_told(overview, answer, solutions, monkeypatch):
    answer(**solutions)
    forbid_writing(monkeypatch)
    assert overview()[0].progress.note.startswith("This could not be kept in ")


def test_another_chapters_notebook_is_said_and_leaves_what_is_kept(
    check, answer, solutions, tmp_path
):
    path = answer(**solutions)
    check()
    other = {"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": "ch02_x"}}}
    path.write_text(json.dumps({"cells": [other], "nbformat": 4, "nbformat_minor": 5}))
    with pytest.raises(CourseError, match=r"cannot be read\. This is a notebook of ch02, not of"):
        check()
    assert kept(tmp_path)["double"].state is State.PASSES


def test_over_the_course_only_what_changed_runs(overview, answer, solutions, tmp_path):
    seen, ran = overview()
    assert (seen.progress.chapters, seen.unreadable, ran) == ({}, {}, [])
    answer(double=solutions["double"])
    seen, ran = overview()
    assert ran == [SLUG]
    assert seen.progress.chapters[SLUG].exercises["double"].state is State.PASSES
    assert overview() == (seen, [])
    answer(largest="def largest(numbers):\n    return 7")
    seen, ran = overview()
    assert ran == [SLUG]
    assert seen.progress.chapters[SLUG].exercises["largest"].state is State.WRONG


def test_a_chapter_that_cannot_be_read_stops_no_other(overview, tmp_path):
    (tmp_path / f"{SLUG}.ipynb").write_text("{")
    seen, _ = overview()
    assert "not valid JSON" in seen.unreadable[SLUG]


def test_what_is_to_be_said_of_the_kept_file_comes_with_the_overview(overview, answer, tmp_path):
    (tmp_path / "progress.json").write_text("{")
    answer(double=OVERFITTED)
    assert "progress-damaged-1.json" in overview()[0].progress.note


def test_a_fingerprint_sees_sources_and_not_outputs(small, tmp_path, hand_in):
    plain = hand_in()
    noted = json.loads(plain)
    noted["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    assert fingerprint(plain) == fingerprint(json.dumps(noted).encode())
    assert fingerprint(plain) != fingerprint(hand_in(double=OVERFITTED))


def test_without_a_workspace_the_courses_own_notebook_is_known_until_it_is_checked(
    small_course, tmp_path, monkeypatch, hand_in
):
    from autograder.files import Course

    course = Course(tmp_path)
    monkeypatch.setattr("autograder.learner.workspace.COURSE", course)
    course.notebooks.mkdir()
    path = course.notebooks / f"{SLUG}.ipynb"
    path.write_bytes(hand_in())
    mine = Workspace(tmp_path / "workspace")
    ran = []
    with Checker() as checker:
        check_course(checker, mine, ran.append)
        assert ran == []
        check_chapter(checker, path, small_course, mine.folder, full=False)
        path.write_bytes(hand_in(double=OVERFITTED))
        check_course(checker, mine, ran.append)
    assert ran == [SLUG]
