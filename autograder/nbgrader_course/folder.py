"""A course folder in nbgrader's own tree, made from the chapters; `course init` writes it.

DIR/course.toml               settings of the class, written once and the instructor's from then on
DIR/nbgrader_config.py        nbgrader's commands with the course's grading inside
DIR/source/SLUG/SLUG.ipynb    a chapter solved, with its model answers
DIR/release/SLUG/SLUG.ipynb   for learners, byte for byte what `nbgrader generate_assignment` makes
DIR/submitted/                for what learners hand in: LEARNER/SLUG/SLUG.ipynb
DIR/gradebook.db              nbgrader's gradebook, each chapter entered as an assignment
DIR/.course.json              fingerprints of what was written

Run again, it refreshes what it wrote and nobody has changed since, by those fingerprints.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL
from traitlets.config.loader import PyFileConfigLoader

from autograder.chapters.cells import ChapterError
from autograder.classroom.adapted import adapt_notebook
from autograder.classroom.database import gradebook_url
from autograder.classroom.gradebook import open_gradebook
from autograder.classroom.settings import SETTINGS, SETTINGS_TEXT, ChapterSettings, read_settings
from autograder.errors import CourseError
from autograder.files import COURSE, Course, chapter_slugs, write_if_changed
from autograder.source import read_chapter, render, solved_notebook, student_notebook
from autograder.submissions.assignment import Assignment

FINGERPRINTS, CONFIG = ".course.json", "nbgrader_config.py"

CONFIG_TEXT = '''\
"""nbgrader's settings for this course folder; yours to change."""

from pathlib import Path

import autograder
from autograder.nbgrader_course.use_database import use_database

c = get_config()
load_subconfig("nbgrader_config.py", path=str(Path(autograder.__file__).parent))

# Dropped exercises, other points, the seed of the class and the release of its solutions stand in
# course.toml, which these commands read as `course grade` does. So does the database of a class
# with several markers; the variable COURSE_DATABASE goes before it.
use_database(c, Path(__file__).parent)

# Only where there is no sandbox, as `course grade --unconfined`:
# c.JudgedExecute.unconfined = True
'''


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        path: The file, relative to the course folder.
        state: "written", "refreshed", "unchanged", or "kept" for one that the instructor changed.
    """

    path: str
    state: str


def make_course_folder(
    folder: Path, chapters: Sequence[str] = (), course: Course = COURSE
) -> list[Outcome]:
    """Write or refresh a course folder.

    Args:
        folder: Empty, missing, or written by an earlier run.
        chapters: Slugs or their short forms, such as `ch02`; none stands for all.
        course: Whose chapters.

    Returns:
        One entry a file.

    Raises:
        CourseError: The folder holds something else, there is no such chapter, or the gradebook
            holds submissions to other cells than the chapter now has.
    """
    slugs = [_find_slug(chapter, course) for chapter in chapters] or chapter_slugs(course)
    files = _Files(folder)
    # First, for it can refuse.
    settings = read_settings(folder, slugs)
    outcomes = [_put_settings(folder), files.put(CONFIG, CONFIG_TEXT)]
    (folder / "submitted").mkdir(exist_ok=True)
    database = _database(folder)
    for slug in slugs:
        outcomes += _put_chapter(files, database, slug, settings.of(slug), course)
    return outcomes


def _put_settings(folder: Path) -> Outcome:
    """Write the settings of the class where there are none."""
    if (folder / SETTINGS).exists():
        return Outcome(SETTINGS, "unchanged")
    write_if_changed(folder / SETTINGS, SETTINGS_TEXT)
    return Outcome(SETTINGS, "written")


def _put_chapter(
    files: "_Files", database: URL, slug: str, settings: ChapterSettings, course: Course
) -> list[Outcome]:
    """Write a chapter's two notebooks and enter its cells into the gradebook."""
    chapter = course.load(slug)
    try:
        notebook = adapt_notebook(read_chapter(slug, course), chapter, settings)
    except ChapterError as error:
        raise CourseError(str(error)) from error
    source, text = f"source/{slug}/{slug}.ipynb", render(solved_notebook(notebook, course))
    if files.state(source, text) == "kept":  # then so is what follows from it
        return [Outcome(source, "kept")]
    released = student_notebook(notebook, course)
    # First, for it can refuse.
    open_gradebook(database, Assignment(slug, chapter, released))
    return [
        files.put(source, text),
        files.put(f"release/{slug}/{slug}.ipynb", render(released)),
    ]


class _Files:
    """The files of a course folder and their fingerprints when last written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fingerprints = _read_fingerprints(folder)
        self._remember()

    def state(self, name: str, text: str) -> str:
        """Tell what putting a text into a file would make of it; see `Outcome`."""
        path = self.folder / name
        if not path.is_file():
            return "written"
        there = _fingerprint(path.read_bytes())
        if there == _fingerprint(text.encode()):
            return "unchanged"
        return "refreshed" if there == self.fingerprints.get(name) else "kept"

    def put(self, name: str, text: str) -> Outcome:
        """Write a file, unless the instructor has changed it."""
        outcome = Outcome(name, self.state(name, text))
        if outcome.state != "kept":
            write_if_changed(self.folder / name, text)
            self.fingerprints[name] = _fingerprint(text.encode())
            self._remember()
        return outcome

    def _remember(self) -> None:
        text = json.dumps(self.fingerprints, indent=1, sort_keys=True)
        write_if_changed(self.folder / FINGERPRINTS, text + "\n")


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_fingerprints(folder: Path) -> dict[str, str]:
    """Read what an earlier run wrote down.

    Raises:
        CourseError: The folder is something else than a course folder.
    """
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; name a folder.")
    try:
        return dict(json.loads((folder / FINGERPRINTS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        others = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        if others:
            names = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")  # noqa: PLR2004
            raise CourseError(
                f"{folder} holds other files ({names}); name a folder that is empty or that "
                "`course init` has made."
            ) from None
        return {}
    except ValueError:  # damaged: then every file that differs counts as the instructor's
        return {}


def _find_slug(chapter: str, course: Course) -> str:
    slugs = chapter_slugs(course)
    found = [slug for slug in slugs if chapter in (slug, slug.partition("_")[0])]
    if len(found) != 1:
        raise CourseError(f"There is no chapter {chapter!r}; there are {', '.join(slugs)}.")
    return found[0]


def _database(folder: Path) -> URL:
    """Give the URL of the gradebook that nbgrader's commands use in the folder."""
    try:
        config = PyFileConfigLoader(CONFIG, str(folder)).load_config()
    except Exception as error:  # the instructor's file is code, which can fail in any way
        raise CourseError(f"{folder / CONFIG} cannot be loaded: {error}") from error
    return gradebook_url(str(config.CourseDirectory.get("db_url", "")), folder)
