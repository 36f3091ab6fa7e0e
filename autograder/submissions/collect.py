"""Find the submissions of a class in folders, in nbgrader's tree, in zip archives or one by one."""

import itertools
import os
import re
import stat
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import CourseError, UnreadableError
from autograder.submissions.reading import MAX_BYTES, read_bytes

MAX_FILES = 20_000
MAX_ARCHIVE_BYTES = 2 * 2**30  # unpacked
SUFFIX = ".ipynb"
# A learner's name becomes a folder, a row of a database and text on a page.
MAX_NAME = 100
_UNFIT_FOR_A_NAME = re.compile(r"[^\w .,'@()\-]")
_CHAPTER_FOLDER = re.compile(r"ch\d\d_\w+")
_CHAPTER_OF_CELL = re.compile(rb'"grade_id"\s*:\s*"(ch\d\d)_')


@dataclass(frozen=True)
class HandedIn:
    """One learner's submission.

    Attributes:
        learner: Name of the file or folder.
        data: The notebook's bytes; empty when there are none to be had.
        problem: Why there are none, or "".
        note: What was odd about the file, or "".
    """

    learner: str
    data: bytes
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Found:
    """A notebook file, not yet read."""

    path: PurePosixPath
    read: Callable[[], bytes]


def collect(paths: Iterable[Path], slug: str) -> list[HandedIn]:
    """Find the submissions of a chapter.

    Args:
        paths: Folders, zip archives and notebooks.
        slug: The chapter; other chapters' folders of nbgrader's tree are passed over.

    Returns:
        One entry a learner, sorted by name.

    Raises:
        CourseError: A path is missing, an archive is refused, or nothing was found.
    """
    by_learner: dict[str, list[_Found]] = defaultdict(list)
    for path in paths:
        for name, found in _by_learner(_notebooks(path), slug):
            by_learner[_UNFIT_FOR_A_NAME.sub("_", name)[:MAX_NAME]].append(found)
    if not by_learner:
        raise CourseError(
            f"No notebooks of {slug} were found; give a folder with one NAME.ipynb a learner, "
            "nbgrader's course folder, or a zip archive of either."
        )
    return [_hand_in(learner, by_learner[learner], slug) for learner in sorted(by_learner)]


def guess_chapter(paths: Iterable[Path]) -> str:
    """Tell which chapter was handed in, from the ids in the notebooks.

    Returns:
        The short form of the chapter, such as `ch02`.

    Raises:
        CourseError: It cannot be told.
    """
    seen: Counter[str] = Counter()
    for path in paths:
        for found in _notebooks(path):
            try:
                seen.update({match.decode() for match in _CHAPTER_OF_CELL.findall(found.read())})
            except UnreadableError:
                continue
    if not seen:
        raise CourseError("The notebooks don't say which chapter they are; give --chapter.")
    return seen.most_common(1)[0][0]


def _notebooks(path: Path) -> list[_Found]:
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        found = _in_archive(path)
    elif path.is_symlink() or path.exists():
        found = [_Found(PurePosixPath(path.name), lambda: read_bytes(path))]
    else:
        raise CourseError(f"There is no {path}.")
    return [one for one in found if not any(part.startswith(".") for part in one.path.parts)]


def _in_folder(folder: Path) -> Iterator[_Found]:
    submitted = folder / "submitted"
    root = submitted if submitted.is_dir() and not submitted.is_symlink() else folder
    for directory, _, names in os.walk(root):  # follows no links
        for name in names:
            file = Path(directory, name)
            if file.suffix == SUFFIX:
                relative = PurePosixPath(file.relative_to(root).as_posix())
                yield _Found(relative, lambda file=file: read_bytes(file))


def _in_archive(path: Path) -> list[_Found]:
    """List the notebooks of a zip archive, which is never unpacked to disk.

    Raises:
        CourseError: It points outside itself, is far too large, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
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
        _Found(PurePosixPath(entry.filename), lambda entry=entry: _read_entry(path, entry))
        for entry in entries
        if entry.filename.endswith(SUFFIX)
    ]


def _read_entry(path: Path, entry: zipfile.ZipInfo) -> bytes:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableError("The file is a link; hand in the notebook itself.")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
            # The size that the archive states may be a lie; one byte more than allowed tells.
            return file.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadableError(f"The file cannot be taken out of the archive: {error}.") from None


def _by_learner(found: list[_Found], slug: str) -> Iterator[tuple[str, _Found]]:
    """Tell whose each notebook is: by nbgrader's folders, else by the file or folder name."""
    loose = []
    for one in found:
        folder = one.path.parent.name
        if _CHAPTER_FOLDER.fullmatch(folder) and len(one.path.parts) > 2:  # noqa: PLR2004
            if folder == slug:
                yield one.path.parts[-3], one
        else:
            loose.append(one)
    # An archive often has one folder around everything.
    levels = zip(*(one.path.parent.parts for one in loose), strict=False)
    n_common = len(list(itertools.takewhile(lambda names: len(set(names)) == 1, levels)))
    for one in loose:
        inner = one.path.parts[n_common:]
        if one.path.stem == slug and one.path.parent.name:
            yield one.path.parent.name, one
        else:
            yield (inner[0] if len(inner) > 1 else one.path.stem), one


def _hand_in(learner: str, found: list[_Found], slug: str) -> HandedIn:
    """Take a learner's notebook; of several, the one with the chapter's name."""
    note = ""
    if len(found) > 1:
        named = [one for one in found if one.path.stem == slug]
        names = ", ".join(str(one.path) for one in found)
        if len(named) != 1:
            return HandedIn(learner, b"", f"There are several notebooks ({names}); keep one.")
        found, note = named, f"Of several notebooks ({names}) {named[0].path.name} was graded."
    path = found[0].path
    if path.parent.name == slug and path.stem != slug:
        note = f"The notebook was called {path.name}, not {slug}{SUFFIX}."
    try:
        return HandedIn(learner, found[0].read(), "", note)
    except UnreadableError as error:
        return HandedIn(learner, b"", str(error), note)
