import json
from dataclasses import fields

import pytest

from autograder import handed_out
from autograder.errors import CourseError
from autograder.exercises.base import Exercise, load_chapter
from autograder.files import Course
from autograder.submissions.assignment import load_exercises
from tests.autograder.small_chapter import CHAPTER, assignment

SLUG = "ch99_small"
DERIVED = {"items", "misconceptions", "alternatives"}


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle's folder with the small chapter in it."""
    text = handed_out.write([CHAPTER], {SLUG: assignment().notebook})
    (tmp_path / handed_out.NAME).write_text(text)
    monkeypatch.setattr(handed_out, "COURSE", Course(tmp_path))
    for memory in (handed_out._read, load_exercises):
        memory.cache_clear()
    yield tmp_path
    for memory in (handed_out._read, load_exercises):
        memory.cache_clear()


def as_told(exercise):
    names = [one.name for one in fields(Exercise) if one.name not in DERIVED]
    return {name: getattr(exercise, name) for name in names}


def test_the_whole_repository_is_no_bundle():
    assert not handed_out.is_bundle()


def test_exercises_come_back_with_all_that_checking_needs(bundle):
    assert handed_out.is_bundle()
    assert handed_out.slugs() == [SLUG]
    chapter = handed_out.chapter(SLUG)
    assert (chapter.slug, chapter.number, chapter.title) == (SLUG, 99, "A small chapter")
    assert [one.name for one in chapter.exercises] == ["double", "largest", "written"]
    for ours, theirs in zip(CHAPTER.autograded, chapter.autograded, strict=True):
        assert as_told(theirs) == as_told(ours)
        assert theirs.items == theirs.misconceptions == theirs.alternatives == []
    assert chapter.points == 100
    assert handed_out.notebook(SLUG) == assignment().notebook


@pytest.mark.parametrize("slug", ["ch07_inference_engineering", "ch08_reasoning_and_agents"])
def test_so_do_those_with_classes_limits_and_extra_credit(tmp_path, monkeypatch, slug):
    chapter = load_chapter(slug)
    (tmp_path / handed_out.NAME).write_text(handed_out.write([chapter], {slug: {"cells": []}}))
    monkeypatch.setattr(handed_out, "COURSE", Course(tmp_path))
    handed_out._read.cache_clear()
    try:
        seen = handed_out.chapter(slug)
    finally:
        handed_out._read.cache_clear()
    assert list(map(as_told, seen.autograded)) == list(map(as_told, chapter.autograded))


def test_no_check_mistake_right_answer_or_rubric_is_written():
    told = handed_out.write([CHAPTER], {SLUG: {"cells": []}})
    for secret in ("whole numbers", "is doubled", "squared", "by_adding", "Says what doubling is"):
        assert secret not in told
    (chapter,) = json.loads(told)
    assert set(chapter["exercises"][0]) == {
        one.name for one in fields(Exercise) if one.name not in DERIVED
    }
    assert chapter["exercises"][2] == {"name": "written", "points": 10, "bonus": False}


def test_an_assignment_is_loaded_from_it(bundle):
    from autograder.submissions.assignment import load_assignment

    load_assignment.cache_clear()
    try:
        seen = load_assignment("ch99")
        assert (seen.slug, seen.notebook) == (SLUG, assignment().notebook)
        with pytest.raises(CourseError, match="no chapter 'ch02'; there are ch99_small"):
            load_assignment("ch02")
    finally:
        load_assignment.cache_clear()


def test_what_is_not_there_or_damaged_is_said(bundle):
    with pytest.raises(CourseError, match="no chapter 'ch98_none'; it has ch99_small"):
        handed_out.notebook("ch98_none")
    for text in ("{", "[1]", "3", '[{"slag": 1}]'):
        (bundle / handed_out.NAME).write_text(text)
        handed_out._read.cache_clear()
        with pytest.raises(CourseError, match="damaged; take it from the bundle again"):
            handed_out.slugs()
