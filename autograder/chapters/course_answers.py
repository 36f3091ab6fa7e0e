"""The course's own answers to the exercises of a chapter, as learners may read them one day."""

from collections.abc import Mapping

from autograder.chapters.cells import MARKERS, ChapterError, parts
from autograder.errors import CourseError
from autograder.files import COURSE, Course
from autograder.source import read_chapter


def course_answers(slug: str, course: Course = COURSE) -> Mapping[str, str]:
    """Give the course's answer to each exercise of a chapter: the whole cell, or the model answer.

    Raises:
        CourseError: The chapter cannot be read.
    """
    try:
        notebook = read_chapter(slug, course)
    except ChapterError as error:
        raise CourseError(str(error)) from error
    return {
        part.name: _without_marks(part.cell.source)
        for part in parts(notebook)
        if part.role == "exercise"
    }


def _without_marks(source: str) -> str:
    lines = source.split("\n")
    return "\n".join(line for line in lines if line.strip().lstrip("# ") not in MARKERS).strip()
