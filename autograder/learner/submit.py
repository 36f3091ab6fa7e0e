"""Pack a chapter for handing in, after reading it as the grader will."""

import getpass
import io
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import CourseError, UnreadableError
from autograder.submissions.names import learner_names
from autograder.submissions.reading import read_bytes, read_submission

if TYPE_CHECKING:
    from autograder.submissions.assignment import Assignment

_ALWAYS_THE_SAME = (1980, 1, 1, 0, 0, 0)  # zip's first date: the same work gives the same file


@dataclass(frozen=True)
class ReadyToHandIn:
    """What the grader will find in a notebook.

    Attributes:
        data: The notebook's bytes.
        missing: Titles of the exercises that have no answer.
        repairs: What will have to be mended, one sentence each.
    """

    data: bytes
    missing: tuple[str, ...]
    repairs: tuple[str, ...]


def look_over(path: Path, assignment: "Assignment") -> ReadyToHandIn:
    """Read a notebook as the grader will, without running it.

    Args:
        path: The notebook.
        assignment: The chapter.

    Raises:
        CourseError: The grader could not read it, or it is another chapter's.
    """
    from autograder.submissions.assignment import grade_id, title_of
    from autograder.submissions.matching import normalised
    from autograder.submissions.transplant import transplant

    try:
        data = read_bytes(path)
        transplanted = transplant(assignment, read_submission(data))
        if transplanted.other_chapter:
            raise UnreadableError(transplanted.repairs[-1])
    except UnreadableError as error:
        raise CourseError(f"{path} cannot be handed in. {error}") from None
    answers = {grade_id(cell): cell.source for cell in transplanted.notebook.cells}
    missing = []
    for exercise in assignment.chapter.exercises:
        cell = assignment.grade_id(exercise)
        untouched = ("", normalised(assignment.by_grade_id[cell].source))
        if normalised(answers[cell]) in untouched and not exercise.bonus:
            missing.append(title_of(assignment, exercise.name))
    return ReadyToHandIn(data, tuple(missing), transplanted.repairs)


def own_name() -> str:
    """Give the learner's name on this machine.

    Raises:
        CourseError: The machine knows none, as in some containers.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # by version of Python and system
        raise CourseError("This machine does not know your name; give one with --name.") from None


def pack(ready: ReadyToHandIn, slug: str, name: str, out: Path) -> Path:
    """Write the archive that `course grade` takes: `NAME/CHAPTER.ipynb` in a zip file.

    Args:
        ready: What `look_over` found.
        slug: The chapter.
        name: Who hands it in.
        out: Folder for the archive.

    Returns:
        The archive.

    Raises:
        CourseError: The name is none for a file, a file stands in the place of the folder, or the
            grader would read something else.
    """
    from autograder.submissions.collect import collect

    learner = learner_names([name])[name]
    if learner != unicodedata.normalize("NFC", name):
        raise CourseError(
            f"The name {name!r} cannot name a file everywhere; give one of letters, digits and "
            "spaces with --name."
        )
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file; give a folder with --out.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{learner}/{slug}.ipynb", _ALWAYS_THE_SAME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, ready.data)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{slug}-{learner}.zip"
    path.write_bytes(packed.getvalue())
    handed_in = collect([path], slug)
    if [(one.learner, one.data) for one in handed_in] != [(learner, ready.data)]:
        path.unlink()
        raise CourseError(f"{path} could not be read back as it was packed; try again.")
    return path
