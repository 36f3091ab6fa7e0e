"""What learners get of the exercises as data: what checking needs, and no check.

A bundle for learners has neither the text of the chapters nor the files of the exercises, which
hold hidden checks. In their place stands one file, `handed_out.json`, with each chapter's student
notebook and, of every exercise, its points, its hints and how it is run.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from autograder.errors import CourseError
from autograder.files import COURSE

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.exercises.base import Chapter, Exercise, WrittenAnswer

NAME = "handed_out.json"
_FIELDS = (
    *("name", "points", "exports", "classes", "not_allowed", "hints", "free_words", "given"),
    *("time_limit_s", "memory_limit_mib", "bonus"),
)


def is_bundle() -> bool:
    """Tell whether this is a bundle for learners, not the whole repository."""
    return (COURSE.root / NAME).is_file()


def write(chapters: Sequence["Chapter"], notebooks: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the text of the file.

    Args:
        chapters: The exercises of each chapter; their checks and mistakes stay out.
        notebooks: The student notebooks by slug.
    """
    plain = [
        {
            "slug": one.slug,
            "number": one.number,
            "title": one.title,
            "exercises": [_as_data(exercise) for exercise in one.exercises],
            "notebook": notebooks[one.slug],
        }
        for one in chapters
    ]
    return json.dumps(plain, ensure_ascii=False, sort_keys=True) + "\n"


def slugs() -> list[str]:
    """List the chapters of the bundle, in their order."""
    return list(_read())


def chapter(slug: str) -> "Chapter":
    """Give a chapter's exercises without their checks.

    Raises:
        CourseError: The file is damaged, or has no such chapter.
    """
    from autograder.exercises.base import Chapter  # brings torch along

    told = _told(slug)
    exercises = tuple(_from_data(exercise) for exercise in told["exercises"])
    return Chapter(slug, told["number"], told["title"], exercises)


def notebook(slug: str) -> "NotebookNode":
    """Give a chapter's notebook as it was handed out.

    Raises:
        CourseError: The file is damaged, or has no such chapter.
    """
    from nbformat import reads

    return reads(json.dumps(_told(slug)["notebook"]), as_version=4)


def _told(slug: str) -> dict[str, Any]:
    told = _read()
    if slug not in told:
        raise CourseError(f"The bundle has no chapter {slug!r}; it has {', '.join(told)}.")
    return told[slug]


@cache
def _read() -> dict[str, dict[str, Any]]:
    try:
        plain = json.loads((COURSE.root / NAME).read_text(encoding="utf-8"))
        return {one["slug"]: one for one in plain}
    except (ValueError, TypeError, KeyError):
        raise CourseError(f"{NAME} is damaged; take it from the bundle again.") from None


def _as_data(exercise: "Exercise | WrittenAnswer") -> dict[str, Any]:
    # A rubric says what a good answer holds: it stays with those who mark.
    return {name: getattr(exercise, name) for name in _FIELDS if hasattr(exercise, name)}


def _from_data(plain: dict[str, Any]) -> "Exercise | WrittenAnswer":
    from autograder.exercises.base import Criterion, Exercise, WrittenAnswer

    if "exports" not in plain:
        name, points = plain["name"], plain["points"]
        return WrittenAnswer(
            name=name, points=points, rubric=(Criterion("A person marks it.", points),)
        )
    lists = ("exports", "not_allowed", "hints", "given")
    fields = {**plain, **{name: tuple(plain[name]) for name in lists}}
    fields["classes"] = {name: tuple(found) for name, found in plain["classes"].items()}
    return Exercise(**fields)
