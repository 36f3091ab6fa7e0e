import pytest

from autograder.classroom.answers import answers_of, released_answers
from autograder.classroom.settings import ChapterSettings, ClassSettings
from autograder.errors import CourseError
from tests.autograder.small_course import SLUG, TEXT, make_course


def test_answers_come_without_the_marks_around_them(tmp_path):
    answers = answers_of(SLUG, make_course(tmp_path))
    assert list(answers) == ["double", "written"]
    assert answers["double"].splitlines()[-2:] == [
        "    the_other_half = number",
        "    return number + the_other_half",
    ]
    assert answers["written"].startswith("Because it is two times something whole")
    assert "SOLUTION" not in "".join(answers.values())


def test_a_broken_chapter_is_told(tmp_path):
    course = make_course(tmp_path, TEXT.replace('"statement": "written"', ""))
    with pytest.raises(CourseError, match="has no cell with"):
        answers_of(SLUG, course)


def test_none_before_they_are_released():
    chapter = "ch02_self_attention"
    assert released_answers(chapter, ClassSettings()) == {}
    other = ClassSettings(0, {"ch01_why_attention": ChapterSettings(solutions_released=True)})
    assert released_answers(chapter, other) == {}
    released = ClassSettings(0, {chapter: ChapterSettings(solutions_released=True)})
    assert "stable_softmax" in released_answers(chapter, released)
