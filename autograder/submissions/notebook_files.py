"""Find notebook files in folders and zip archives, or take one by itself.

Links are not followed, archives are not unpacked, and nothing is read before it is asked for.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from autograder.errors import CourseError, UnreadableError
from autograder.submissions.reading import MAX_BYTES, read_bytes

MAX_FILES = 20_000
MAX_ARCHIVE_BYTES = 2 * 2**30  # unpacked
SUFFIX = ".ipynb"


@dataclass(frozen=True)
class Found:
    """A notebook file, not yet read.

    Attributes:
        path: Where it is in what was given.
        read: Gives its bytes, or raises `UnreadableError`.
        note: What is odd about it, or "".
    """

    path: PurePosixPath
    read: Callable[[], bytes]
    note: str = ""


def find_notebooks(path: Path) -> list[Found]:
    """List the notebooks that a path holds, or is; hidden ones are passed over.

    Raises:
        CourseError: There is nothing there, or an archive is refused.
    """
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        found = _in_archive(path)
    elif path.is_symlink() or path.exists():
        found = [Found(PurePosixPath(path.name), lambda: read_bytes(path))]
    else:
        raise CourseError(f"There is no {path}.")
    return [one for one in found if not any(part.startswith(".") for part in one.path.parts)]


def _in_folder(folder: Path) -> Iterator[Found]:
    submitted = folder / "submitted"
    root = submitted if submitted.is_dir() and not submitted.is_symlink() else folder
    closed: list[OSError] = []
    for directory, _, names in os.walk(root, onerror=closed.append):  # follows no links
        for name in names:
            if name.lower().endswith(SUFFIX):
                file = Path(directory, name)
                yield Found(_relative(file, root), lambda file=file: read_bytes(file))
    for error in closed:
        # What is in it nobody knows; by this name it is its learner's, or its chapter's.
        unseen = Path(error.filename, Path(error.filename).name + SUFFIX)
        yield Found(_relative(unseen, root), lambda error=error: _closed(error))


def _relative(file: Path, root: Path) -> PurePosixPath:
    return PurePosixPath(file.relative_to(root).as_posix())


def _closed(error: OSError) -> bytes:
    raise UnreadableError(f"The folder cannot be opened: {error.strerror}.")


def _in_archive(path: Path) -> list[Found]:
    """List the notebooks of a zip archive, which is never unpacked to disk.

    Raises:
        CourseError: It points outside itself, is far too large, or is damaged.
    """
    try:
        archive = zipfile.ZipFile(path)  # left open: its list is long to read, and read by many
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise CourseError(f"{path.name} is a damaged zip archive ({error}).") from None
    if len(entries) > MAX_FILES:
        raise CourseError(f"{path.name} holds {len(entries)} files; {MAX_FILES} are allowed.")
    if sum(entry.file_size for entry in entries) > MAX_ARCHIVE_BYTES:
        raise CourseError(f"{path.name} unpacks to more than {MAX_ARCHIVE_BYTES // 2**30} GiB.")
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise CourseError(f"{path.name} is refused: {entry.filename!r} points outside it.")
    return [
        Found(PurePosixPath(entry.filename), lambda entry=entry: _read_entry(archive, entry))
        for entry in entries
        if entry.filename.lower().endswith(SUFFIX)
    ]


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableError("The file is a link; hand in the notebook itself.")
    try:
        with archive.open(entry) as file:
            # The size that the archive states may be a lie; one byte more than allowed tells.
            return file.read(MAX_BYTES + 1)
    except (
        *(zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError),
        *(RuntimeError, NotImplementedError, ValueError),  # a password; a method that is unknown
    ) as error:
        raise UnreadableError(f"The file cannot be taken out of the archive: {error}.") from None
