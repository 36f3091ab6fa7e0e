"""Read one learner's folder of nbgrader's tree, `submitted/LEARNER/CHAPTER/`, as hostile data.

What lies beside the notebook is never read, run or copied.
"""

from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.errors import UnreadableError
from autograder.submissions.collect import SUFFIX, HandedIn
from autograder.submissions.reading import read_bytes

_MAX_TIMESTAMP = 100  # characters; nbgrader writes 30


def read_folder(folder: Path, slug: str) -> HandedIn:
    """Take the notebook out of a learner's folder, whatever it is called.

    Args:
        folder: The learner's folder for the chapter.
        slug: The chapter.
    """
    learner = folder.parent.name
    try:
        if folder.is_symlink() or folder.parent.is_symlink():
            raise UnreadableError("The folder is a link; hand in the notebook itself.")
        path, note = _choose(folder, slug)
        return HandedIn(learner, read_bytes(path), note=note)
    except UnreadableError as error:
        return HandedIn(learner, b"", str(error))


def read_timestamp(folder: Path) -> datetime | None:
    """Read when a folder was handed in; None when it does not say, or says nonsense."""
    try:
        text = read_bytes(folder / "timestamp.txt")[:_MAX_TIMESTAMP].decode().strip()
        return parse_utc(text) if text else None
    except (UnreadableError, ValueError, OverflowError):
        return None


def _choose(folder: Path, slug: str) -> tuple[Path, str]:
    """Choose the notebook with the chapter's name, else the only one."""
    named = folder / f"{slug}{SUFFIX}"
    notebooks = (path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
    found = sorted(path for path in notebooks if path.is_symlink() or not path.is_dir())
    if named in found:
        return named, ""
    if not found:
        raise UnreadableError("There is no notebook in the folder.")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UnreadableError(f"There are several notebooks ({names}); keep one.")
    return found[0], f"The notebook was called {found[0].name}, not {slug}{SUFFIX}."
