import json
import os

import pytest

from autograder.errors import CourseError
from autograder.learner.progress import (
    NAME,
    ChapterProgress,
    ExerciseProgress,
    change_progress,
    read_progress,
)
from autograder.learner.state import State


def reach(progress):
    chapter = progress.chapter("ch02_x")
    chapter.checked, chapter.notebook = "2026-01-02T03:04:05+01:00", "abc"
    chapter.exercises["embed"] = ExerciseProgress(State.RIGHT, full_marks=True, hints=2)


def test_comes_back_as_it_was_kept(tmp_path):
    assert read_progress(tmp_path).chapters == {}
    change_progress(tmp_path, reach)
    kept = ExerciseProgress(State.RIGHT, full_marks=True, hints=2)
    chapter = ChapterProgress("2026-01-02T03:04:05+01:00", "abc", {"embed": kept})
    assert read_progress(tmp_path).chapters == {"ch02_x": chapter}
    assert read_progress(tmp_path).note == ""


def test_a_change_builds_on_what_is_kept(tmp_path):
    change_progress(tmp_path, reach)
    seen = change_progress(tmp_path, lambda one: one.chapter("ch03_y").exercise("mask"))
    assert set(seen.chapters) == set(read_progress(tmp_path).chapters) == {"ch02_x", "ch03_y"}


@pytest.mark.parametrize(
    "text",
    [
        '{"format": 1, "chap',
        "[]",
        "{}",
        '{"format": "one", "chapters": {}}',
        '{"format": 1, "chapters": {"ch02_x": {"exercises": {"embed": {"state": "GOOD"}}}}}',
        '{"format": 1, "chapters": []}',
        "\x00",
    ],
)
def test_a_damaged_file_is_moved_aside_and_nothing_is_lost(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    seen = read_progress(tmp_path)
    assert seen.chapters == {}
    assert "could not be read" in seen.note
    assert "it is now progress-damaged-1.json" in seen.note
    assert "\n" not in seen.note
    assert (tmp_path / "progress-damaged-1.json").read_text() == text
    change_progress(tmp_path, reach)
    assert read_progress(tmp_path).note == ""
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    assert "progress-damaged-2.json" in change_progress(tmp_path, reach).note
    assert (tmp_path / "progress-damaged-1.json").read_text() == text


def test_a_file_of_a_newer_course_is_left_alone(tmp_path):
    text = json.dumps({"format": 2, "chapters": {}})
    (tmp_path / NAME).write_text(text)
    with pytest.raises(CourseError, match="newer version"):
        change_progress(tmp_path, reach)
    assert (tmp_path / NAME).read_text() == text


def test_a_killed_command_leaves_the_old_file_whole(tmp_path, monkeypatch):
    change_progress(tmp_path, reach)
    before = (tmp_path / NAME).read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        change_progress(tmp_path, lambda one: one.chapter("ch03_y"))
    assert (tmp_path / NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
