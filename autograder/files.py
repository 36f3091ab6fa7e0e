"""Where the files of the course are, and how a generated one is put in place."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.exercises.base import Chapter

ROOT = Path(__file__).resolve().parents[1]
TEMPORARY = ".tmp"  # ending of a file that is being written
CHAPTER_PATTERNS = ("ch[0-9][0-9]_*", "capstone_*")  # what has exercises, in reading order


def load_exercises(slug: str) -> "Chapter":
    """Load the exercises of a chapter; torch comes with them, so not before they are needed."""
    from autograder.exercises.base import load_chapter

    return load_chapter(slug)


@dataclass(frozen=True)
class Course:
    """Where a course's files are and who knows its exercises.

    Attributes:
        root: The repository.
        load: Gives the exercises of a chapter by its slug.
    """

    root: Path = ROOT
    load: Callable[[str], "Chapter"] = load_exercises

    @property
    def solutions(self) -> Path:
        """The text of the chapters."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """The student notebooks, generated and committed."""
        return self.root / "notebooks"

    @property
    def book(self) -> Path:
        """The pages of the site."""
        return self.root / "book"

    @property
    def live(self) -> Path:
        """The text of pages that are no chapters, but whose code runs when the site is built."""
        return self.book / "live"

    @property
    def appendices(self) -> Path:
        """The text of the appendices that are executed and have a notebook, but no points."""
        return self.book / "appendices"

    @property
    def chapters(self) -> Path:
        """The executed pages of the site, generated and not committed."""
        return self.book / "chapters"

    @property
    def executed(self) -> Path:
        """The solved chapters with their outputs, kept from run to run."""
        return self.root / "_build" / "executed"


COURSE = Course()


def chapter_slugs(course: Course = COURSE) -> list[str]:
    """List the chapters that have a text, in their order, and behind them the capstone."""
    return [
        slug
        for pattern in CHAPTER_PATTERNS
        for slug in sorted(path.stem for path in course.solutions.glob(f"{pattern}.md"))
    ]


def appendix_slugs(course: Course = COURSE) -> list[str]:
    """List the appendices that are executed, in the order of the alphabet."""
    return sorted(path.stem for path in course.appendices.glob("*.md"))


def executed_slugs(course: Course = COURSE) -> list[str]:
    """List all pages that are executed: the chapters, the live pages, the appendices."""
    live = sorted(path.stem for path in course.live.glob("*.md"))
    return chapter_slugs(course) + live + appendix_slugs(course)


@contextmanager
def unfinished(path: Path, data: bytes) -> Iterator[Path]:
    """Write a hidden file beside `path`, whole; within the block it is given its name.

    What has none when the block ends is removed. A process that is killed may leave the hidden
    file, which ends in `TEMPORARY`. Nothing is forced onto the disk: after a loss of power a file
    may be cut short, and whoever reads it must notice.

    Args:
        path: Where the file is to be. Its folder is made if it is missing.
        data: What is in it.

    Yields:
        The hidden file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)  # mkstemp's files can be read by their owner alone
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def write_in_one_step(path: Path, data: bytes) -> None:
    """Put a file in place whole or not at all; one that is there already stays until then."""
    with unfinished(path, data) as file:
        file.replace(path)


def write_if_changed(path: Path, text: str) -> bool:
    """Put a text in place in one step, and leave the file alone when it already says the same.

    Returns:
        Whether the file was written.
    """
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    write_in_one_step(path, data)
    return True


def remove_temporary(folder: Path) -> None:
    """Remove the files of a folder that a killed process was writing."""
    for path in folder.glob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)
