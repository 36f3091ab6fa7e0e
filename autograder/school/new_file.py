"""A file that was not there before: written whole or not at all, and never over another."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import TEMPORARY, unfinished


def refuse_old(path: Path) -> None:
    """Say that something is there already, before any work is done.

    Raises:
        CourseError: It is.
    """
    if path.exists() or path.is_symlink():
        raise CourseError(f"There is {path} already, and nothing is overwritten; name another.")


def write_new(path: Path, data: bytes) -> None:
    """Put a new file in place in one step.

    Raises:
        CourseError: There is one already, also one that came while this was written.
    """
    refuse_old(path)
    with unfinished(path, data) as file:
        _put(file, path)


def write_new_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a new folder with files in place in one step.

    Args:
        path: The folder.
        files: What is in it, by name.

    Raises:
        CourseError: There is something of that name already.
    """
    refuse_old(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY))
    try:
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        temporary.chmod(0o755)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary)
        raise


def _put(file: Path, path: Path) -> None:
    """Give a whole file its name, unless another has come to have it."""
    try:
        os.link(file, path)  # unlike a rename, this fails where a file has come to be
    except FileExistsError:
        raise CourseError(f"{path} was made by somebody else meanwhile; name another.") from None
    except OSError:  # a file system that knows no links; each says so in its own way
        refuse_old(path)
        file.rename(path)
