import pytest

from autograder.chapters.course_answers import course_answers
from autograder.errors import CourseError
from tests.autograder.small_course import SLUG, TEXT, make_course


def test_answers_come_without_the_marks_around_them(tmp_path):
    answers = course_answers(SLUG, make_course(tmp_path))
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
        course_answers(SLUG, course)
