"""Check one chapter or what changed of all, and keep what was reached."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from autograder import handed_out
from autograder.errors import CourseError, UnreadableError
from autograder.learner.outline import handed_out_text, notebook_slugs
from autograder.learner.progress import Progress, change_progress, read_progress
from autograder.learner.state import State
from autograder.learner.workspace import Workspace
from autograder.submissions.reading import read_bytes, read_submission

if TYPE_CHECKING:
    from autograder.check import Checked
    from autograder.submissions.assignment import Assignment
    from autograder.worker import Worker


@dataclass(frozen=True)
class Overview:
    """Where a learner stands with the whole course.

    Attributes:
        progress: What is kept, brought up to date.
        unreadable: Why a chapter's notebook could not be checked, by slug.
    """

    progress: Progress
    unreadable: dict[str, str]


class Checker:
    """Runs learners' own notebooks; starts its process when first needed. A context manager."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    def __enter__(self) -> "Checker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._worker:
            self._worker.close()

    def check(self, data: bytes, assignment: "Assignment", *, full: bool) -> "Checked":
        """Check a notebook; see `autograder.check.check`."""
        from autograder.check import check
        from autograder.worker import Worker

        if self._worker is None:
            # A learner's own notebook on their own machine, as when they run it in Jupyter.
            self._worker = Worker(unconfined=True)
        return check(data, assignment, self._worker, secrets.randbits(32) if full else None)


def check_chapter(
    checker: Checker, path: Path, assignment: "Assignment", folder: Path, *, full: bool
) -> tuple["Checked", Progress]:
    """Check a chapter's notebook and keep what was reached.

    Args:
        checker: Runs it.
        path: The notebook.
        assignment: The chapter.
        folder: The workspace in which progress is kept.
        full: Whether the hidden checks run too.

    Returns:
        Where the learner stands in the chapter, and what is kept of the course.

    Raises:
        CourseError: The notebook cannot be read, or the hidden checks are not here.
    """
    if full and handed_out.is_bundle():
        raise CourseError(
            "The hidden checks are not in this bundle; they run when you hand in. Leave out --full."
        )
    try:
        data = read_bytes(path)
        checked = checker.check(data, assignment, full=full)
    except UnreadableError as error:
        raise CourseError(f"{path} cannot be read. {error}") from None
    return checked, _keep(folder, assignment.slug, data, checked)


def check_course(
    checker: Checker, workspace: Workspace, on_chapter: Callable[[str], None]
) -> Overview:
    """Check every chapter's notebook that has changed since it was last checked.

    Args:
        checker: Runs them.
        workspace: Where they are, and where progress is kept.
        on_chapter: Told the slug of each chapter that is run.
    """
    from autograder.submissions.assignment import load_assignment

    unreadable: dict[str, str] = {}
    progress = read_progress(workspace.folder)
    note = progress.note
    for slug in notebook_slugs():
        path = workspace.notebook(slug)
        try:
            if _is_known(progress, workspace, slug):
                continue
            on_chapter(slug)
            assignment = load_assignment(slug)
            _, progress = check_chapter(checker, path, assignment, workspace.folder, full=False)
        except UnreadableError as error:
            unreadable[slug] = f"{path} cannot be read. {error}"
        except CourseError as error:
            unreadable[slug] = str(error)
    return Overview(replace(progress, note=note or progress.note), unreadable)


def fingerprint(data: bytes) -> str:
    """Tell notebooks apart by the text of their cells; outputs make no difference.

    Raises:
        UnreadableError: It cannot be read.
    """
    digest = hashlib.sha256()
    for cell in read_submission(data).cells:
        digest.update(repr((cell.kind, cell.source, cell.grade_id)).encode())
    return digest.hexdigest()[:16]


def _is_known(progress: Progress, workspace: Workspace, slug: str) -> bool:
    """Tell whether running a notebook could say nothing new: checked as it is, or untouched."""
    path = workspace.notebook(slug)
    kept = progress.chapters.get(slug)
    if kept and kept.notebook:
        return kept.notebook == fingerprint(read_bytes(path))
    if path.parent != workspace.folder:
        return True  # the course's own notebook, never checked: nobody has begun here
    return fingerprint(read_bytes(path)) == fingerprint(handed_out_text(slug).encode())


def _keep(folder: Path, slug: str, data: bytes, checked: "Checked") -> Progress:
    seen = fingerprint(data)

    def change(progress: Progress) -> None:
        chapter = progress.chapter(slug)
        is_same = chapter.notebook == seen
        chapter.checked = datetime.now().astimezone().isoformat(timespec="seconds")
        chapter.notebook = seen
        for standing in checked.standings:
            kept = chapter.exercise(standing.exercise)
            kept.full_marks |= standing.state is State.RIGHT
            # What the hidden checks said of the same text still holds when they are left out.
            still_right = is_same and kept.state is State.RIGHT and standing.state is State.PASSES
            kept.state = State.RIGHT if still_right else standing.state

    return change_progress(folder, change)
