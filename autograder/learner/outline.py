"""The exercises of the course as a learner's notebooks show them; read without loading torch."""

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from autograder import handed_out
from autograder.errors import CourseError
from autograder.files import COURSE, chapter_slugs
from autograder.submissions.headings import heading_of

_TESTS = "_test"  # ending of the id of an exercise's visible tests
_HINT = re.compile(r"<summary>Hint \d+</summary>\s*(.*?)\s*</details>", re.S)


@dataclass(frozen=True)
class ExerciseOutline:
    """An exercise as its notebook shows it.

    Attributes:
        slug: Its chapter.
        name: Its name.
        title: Its heading.
        points: Points that it is worth within the chapter's; none for extra credit.
        written: Whether it is answered in words.
        hints: Its hints, as the statement folds them in; none for a written answer.
    """

    slug: str
    name: str
    title: str
    points: float
    written: bool
    hints: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The short name of its chapter, such as ch02."""
        return self.slug.partition("_")[0]

    @property
    def bonus(self) -> bool:
        """Whether it earns extra credit alone."""
        return not self.points


@dataclass(frozen=True)
class ChapterOutline:
    """A chapter as its notebook shows it.

    Attributes:
        slug: Name of its files.
        title: Its title.
        exercises: Its exercises, in the notebook's order.
    """

    slug: str
    title: str
    exercises: tuple[ExerciseOutline, ...]

    @property
    def prefix(self) -> str:
        """The short name, such as ch02."""
        return self.slug.partition("_")[0]

    @property
    def points(self) -> float:
        """Points of the whole chapter."""
        return sum(one.points for one in self.exercises)


def notebook_slugs() -> list[str]:
    """List the chapters whose notebooks learners work in, in their order."""
    if handed_out.is_bundle():
        return handed_out.slugs()
    return chapter_slugs()


def handed_out_text(slug: str) -> str:
    """Give the text of a chapter's student notebook as it was handed out.

    Raises:
        CourseError: It is missing.
    """
    if handed_out.is_bundle():
        return json.dumps(handed_out.notebook(slug))
    path = COURSE.notebooks / f"{slug}.ipynb"
    if not path.is_file():
        raise CourseError(f"There is no {path}; `make notebooks` writes it.")
    return path.read_text(encoding="utf-8")


def course_outline() -> list[ChapterOutline]:
    """List the chapters of the course.

    Raises:
        CourseError: A notebook cannot be read.
    """
    return [chapter_outline(slug) for slug in notebook_slugs()]


@cache
def chapter_outline(slug: str) -> ChapterOutline:
    """Read a chapter's exercises from its student notebook.

    Raises:
        CourseError: The notebook is missing or damaged.
    """
    text = handed_out_text(slug)
    try:
        cells = json.loads(text)["cells"]
        exercises = tuple(_exercises(slug, cells))
        title = next(_source(cell) for cell in cells if _source(cell).startswith("# "))
    except (ValueError, KeyError, TypeError, StopIteration):
        raise CourseError(
            f"The notebook of {slug} that was handed out is damaged: take it from where you got "
            "the course, or write it again with `make notebooks`."
        ) from None
    return ChapterOutline(slug, title.splitlines()[0].lstrip("# "), exercises)


def find_chapter(name: str) -> ChapterOutline:
    """Find a chapter by its slug or its short form, such as ch02.

    Raises:
        CourseError: There is none.
    """
    found = [slug for slug in notebook_slugs() if name in (slug, slug.partition("_")[0])]
    if len(found) != 1:
        known = ", ".join(slug.partition("_")[0] for slug in notebook_slugs())
        raise CourseError(f"There is no chapter {name!r}; there are {known}.")
    return chapter_outline(found[0])


def find_exercise(text: str) -> ExerciseOutline:
    """Find an exercise by its name, or by chapter and name, such as ch02/written.

    Raises:
        CourseError: There is none, or several chapters have one of this name.
    """
    chapter, _, name = text.rpartition("/")
    chapters = [find_chapter(chapter)] if chapter else course_outline()
    known = [one for outline in chapters for one in outline.exercises]
    found = [one for one in known if one.name == name]
    if len(found) > 1:
        choices = ", ".join(f"{one.prefix}/{one.name}" for one in found)
        raise CourseError(f"Several chapters have an exercise {name!r}; say which: {choices}.")
    if not found:
        near = difflib.get_close_matches(name, [one.name for one in known], n=3)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise CourseError(
            f"There is no exercise {text!r}.{meant} `course check` with a chapter, such as "
            "`course check ch02`, lists the names."
        )
    return found[0]


def _exercises(slug: str, cells: list[dict[str, Any]]) -> list[ExerciseOutline]:
    prefix = f"{slug.partition('_')[0]}_"
    found = []
    statements = {cell["metadata"].get("statement"): _source(cell) for cell in cells}
    for cell in cells:
        graded = cell["metadata"].get("nbgrader", {})
        if graded.get("grade"):
            name = graded["grade_id"].removeprefix(prefix)
            written = bool(graded["solution"])
            name = name if written else name.removesuffix(_TESTS)
            statement = statements.get(name) or name
            title, hints = heading_of(statement), tuple(_HINT.findall(statement))
            points = float(graded["points"])
            found.append(ExerciseOutline(slug, name, title, points, written, hints))
    return found


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])
