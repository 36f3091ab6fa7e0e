import json

import pytest

from autograder.errors import CourseError
from autograder.exercises.base import Exercise, load_chapter
from autograder.files import Course, chapter_slugs
from autograder.learner import outline
from autograder.learner.outline import (
    chapter_outline,
    course_outline,
    find_chapter,
    find_exercise,
    notebook_slugs,
)


def test_says_of_the_exercises_what_their_files_say():
    for slug in ("ch02_self_attention", "ch07_inference_engineering"):
        chapter, seen = load_chapter(slug), chapter_outline(slug)
        assert (seen.title, seen.points) == (chapter.title, 100)
        assert {one.name for one in seen.exercises} == {one.name for one in chapter.exercises}
        for one in seen.exercises:
            exercise = chapter.exercise(one.name)
            assert one.points == (0 if exercise.bonus else exercise.points)
            assert one.bonus == exercise.bonus
            assert one.written != isinstance(exercise, Exercise)
            hints = exercise.hints if isinstance(exercise, Exercise) else ()
            assert [text.split() for text in one.hints] == [text.split() for text in hints]


def test_titles_are_the_headings_of_the_statements():
    titles = {one.name: one.title for one in chapter_outline("ch02_self_attention").exercises}
    assert titles["written"] == "In your own words"
    assert titles["embed"] == "embed"


def test_needs_no_torch():
    import subprocess
    import sys

    source = (
        "import sys; from autograder.learner.outline import course_outline; course_outline(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0


def test_chapters_come_in_their_order_and_are_found_by_both_names():
    assert notebook_slugs() == chapter_slugs()
    assert len(course_outline()) == len(notebook_slugs()) >= 9
    assert find_chapter("ch02") is find_chapter("ch02_self_attention")
    assert find_chapter("ch02").prefix == "ch02"
    with pytest.raises(CourseError, match="There is no chapter 'ch2'; there are ch01, ch02"):
        find_chapter("ch2")


def test_an_exercise_is_found_by_its_name_or_with_its_chapter():
    assert find_exercise("embed") == find_exercise("ch02/embed")
    assert find_exercise("ch05/written").slug == "ch05_transformer_block"
    assert find_exercise("embed").prefix == "ch02"


def test_names_that_say_too_little_or_nothing_are_answered_with_those_meant():
    with pytest.raises(CourseError, match="say which: ch01/written, ch02/written"):
        find_exercise("written")
    with pytest.raises(CourseError, match=r"no exercise 'embd'\. Did you mean embed"):
        find_exercise("embd")
    with pytest.raises(CourseError, match=r"no exercise 'ch03/embed'\."):
        find_exercise("ch03/embed")
    with pytest.raises(CourseError, match="no chapter 'ch77'"):
        find_exercise("ch77/embed")


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"cells": [{"source": "x"}]})])
def test_a_damaged_notebook_is_said(tmp_path, monkeypatch, text):
    monkeypatch.setattr(outline, "COURSE", Course(tmp_path))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "ch98_broken.ipynb").write_text(text)
    with pytest.raises(CourseError, match="ch98_broken that was handed out is damaged"):
        chapter_outline("ch98_broken")
    with pytest.raises(CourseError, match="`make notebooks` writes it"):
        chapter_outline("ch97_missing")
