"""A chapter as it is graded: its exercises and the notebook that learners were given."""

import hashlib
import importlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from autograder import handed_out
from autograder.errors import CourseError
from autograder.exercises.base import (
    Chapter,
    Exercise,
    WrittenAnswer,
    chapters_with_exercises,
    load_chapter,
)
from autograder.submissions.headings import heading_of

PACKAGE = Path(__file__).resolve().parents[1]
LIBRARIES = ("torch", "numpy")  # whose versions a mark may depend on, beside Python's

# These only show marks, or make the notebook, which is hashed by itself. A mark may depend on every
# other file of the package: a new one counts until it is named here.
_WITHOUT_INFLUENCE = (
    *("check.py", "cli.py", "handed_out.py", "show.py", "source.py", "student_bundle.py"),
    *("capstone/", "chapters/", "flags/", "learner/", "mutation/", "pages/", "selftest/"),
    *("classroom/class_run.py", "classroom/folder.py", "classroom/times.py"),
    *("classroom/gradebook.py", "classroom/gradebook_rows.py", "nbgrader_course/folder.py"),
    *("classroom/gradebook_fields.py", "school/"),
    *("classroom/answers.py", "classroom/by_hand.py", "classroom/database.py"),
    *("classroom/commands.py", "classroom/publishing.py", "exercises/cells.py"),
)


@dataclass(frozen=True)
class Assignment:
    """A chapter as it is graded.

    Attributes:
        reference: How another process finds it: a chapter's slug, or `module:function`.
        chapter: The exercises.
        notebook: The student version, stubs in place and hidden tests cut out.
        ungraded: Exercises that a class has dropped: run with the others, worth nothing.
    """

    reference: str
    chapter: Chapter
    notebook: NotebookNode
    ungraded: tuple[Exercise | WrittenAnswer, ...] = ()

    @property
    def slug(self) -> str:
        """Name of the chapter's files."""
        return self.chapter.slug

    @property
    def asked(self) -> tuple[Exercise | WrittenAnswer, ...]:
        """Every exercise that has an answer in the notebook, whether it is graded or not."""
        return (*self.chapter.exercises, *self.ungraded)

    def grade_id(self, exercise: Exercise | WrittenAnswer) -> str:
        """Id of the cell that holds the answer."""
        return f"{self.chapter.prefix}_{exercise.name}"

    def mark_id(self, exercise: Exercise | WrittenAnswer) -> str:
        """Id of the cell that bears the points: the tests, or the written answer itself."""
        answer = self.grade_id(exercise)
        return answer if isinstance(exercise, WrittenAnswer) else f"{answer}_test"

    @cached_property
    def by_grade_id(self) -> dict[str, NotebookNode]:
        """The cells that nbgrader knows, by their id."""
        return {grade_id(cell): cell for cell in self.notebook.cells if grade_id(cell)}

    @cached_property
    def needed_given(self) -> frozenset[str]:
        """Tags of our own cells that at least one exercise wants run before its answer."""
        return frozenset(tag for one in self.chapter.autograded for tag in one.given)

    @cached_property
    def version(self) -> str:
        """Hash of everything of ours on which a mark depends."""
        digest = hashlib.sha256()
        digest.update(json.dumps(self.notebook, sort_keys=True).encode())
        digest.update(f"python {platform.python_version()}".encode())
        for library in LIBRARIES:
            digest.update(f"{library} {version(library)}".encode())
        for path in _sources(self.chapter):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def check(self) -> None:
        """Refuse a chapter whose notebook and exercises disagree.

        Raises:
            CourseError: An exercise has no cell in the notebook.
        """
        for exercise in self.asked:
            for wanted in {self.grade_id(exercise), self.mark_id(exercise)}:
                if wanted not in self.by_grade_id:
                    raise CourseError(
                        f"{self.slug}: exercise {exercise.name!r} has no cell with the "
                        f"grade id {wanted!r} in the chapter's notebook."
                    )


def grade_id(cell: NotebookNode) -> str:
    """Id that nbgrader has for one of our own cells, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether one of our own cells is for the learner to fill in."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def given_tag(cell: NotebookNode) -> str:
    """Tag of one of our own cells that may run before an answer, or ""."""
    return cell.metadata.get("given", "")


def title_of(assignment: Assignment, name: str) -> str:
    """Heading of an exercise's statement, else its name."""
    for cell in assignment.notebook.cells:
        if cell.metadata.get("statement") == name:
            return heading_of(cell.source)
    return name


@cache
def load_assignment(reference: str) -> Assignment:
    """Load a chapter for grading.

    Args:
        reference: A slug such as `ch02_self_attention`, its short form `ch02`, or
            `module:function` where the function returns an `Assignment`.

    Raises:
        CourseError: There is no such chapter, or it is not whole.
    """
    if ":" in reference:
        return _by_function(reference)
    chapter = load_exercises(reference)
    if handed_out.is_bundle():
        return Assignment(chapter.slug, chapter, handed_out.notebook(chapter.slug))
    # Here and not above: it imports nbgrader, which takes two seconds, and the worker needs none.
    from autograder.chapters.cells import ChapterError
    from autograder.source import read_chapter, student_notebook

    try:
        notebook = student_notebook(read_chapter(chapter.slug))
    except ChapterError as error:
        raise CourseError(str(error)) from error
    assignment = Assignment(chapter.slug, chapter, notebook)
    assignment.check()
    return assignment


@cache
def load_exercises(reference: str) -> Chapter:
    """Load the exercises of a chapter alone; see `load_assignment`.

    Raises:
        CourseError: There is no such chapter.
    """
    if ":" in reference:
        return _by_function(reference).chapter
    slugs = handed_out.slugs() if handed_out.is_bundle() else chapters_with_exercises()
    found = [slug for slug in slugs if reference in (slug, slug.split("_")[0])]
    if len(found) != 1:
        raise CourseError(f"There is no chapter {reference!r}; there are {', '.join(slugs)}.")
    return handed_out.chapter(found[0]) if handed_out.is_bundle() else load_chapter(found[0])


def _by_function(reference: str) -> Assignment:
    module, _, function = reference.partition(":")
    return getattr(importlib.import_module(module), function)()


def _sources(chapter: Chapter) -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        folder = path.parent.name
        of_another_chapter = name.startswith("exercises/") and folder != "exercises"
        if folder == chapter.slug or not (
            of_another_chapter or name.startswith(_WITHOUT_INFLUENCE)
        ):
            yield path
    yield from sorted((PACKAGE.parent / "course_lib").rglob("*.py"))
