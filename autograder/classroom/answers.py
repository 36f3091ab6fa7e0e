"""The course's own answers, which feedback shows once a class has released them."""

from collections.abc import Mapping

from autograder.chapters.course_answers import course_answers
from autograder.classroom.settings import ClassSettings


def released_answers(slug: str, settings: ClassSettings) -> Mapping[str, str]:
    """Give the course's answers to a chapter, none before the class has released them.

    Raises:
        CourseError: The chapter cannot be read.
    """
    return course_answers(slug) if settings.of(slug).solutions_released else {}
