"""Tell whose the notebooks are: one submission a learner, from any of the usual layouts."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import overload

from autograder.errors import CourseError, UnreadableError
from autograder.files import appendix_slugs
from autograder.plain_text import one_line
from autograder.submissions.names import learner_names
from autograder.submissions.notebook_files import SUFFIX, Found, find_notebooks
from autograder.submissions.platforms import AGAIN, Named, named_by_platform

MAX_SHOWN = 120  # characters of file names in a sentence
_CHAPTER_FOLDER = re.compile(r"(?:ch\d\d|capstone)_\w+")
_CHAPTER_OF_CELL = re.compile(rb'"grade_id"\s*:\s*"(ch\d\d|capstone)_')


@dataclass(frozen=True)
class HandedIn:
    """One learner's submission.

    Attributes:
        learner: Who handed it in: the name of the file or folder, mended where need be.
        data: The notebook's bytes; empty when there are none to be had.
        problem: Why there are none, or "".
        note: What was odd about the file, or "".
    """

    learner: str
    data: bytes
    problem: str = ""
    note: str = ""


class HandedInClass(Sequence[HandedIn]):
    """The submissions of a class, each read when it is asked for: together they may be gigabytes.

    Args:
        makers: One a learner, by name.
    """

    def __init__(self, makers: dict[str, Callable[[], HandedIn]]) -> None:
        self.learners = tuple(sorted(makers))
        self._makers = makers

    @classmethod
    def of(cls, handed_in: Iterable[HandedIn]) -> "HandedInClass":
        """Make a class of submissions that are in memory already."""
        return cls({one.learner: lambda one=one: one for one in handed_in})

    def __len__(self) -> int:
        return len(self.learners)

    @overload
    def __getitem__(self, index: int) -> HandedIn: ...
    @overload
    def __getitem__(self, index: slice) -> list[HandedIn]: ...
    def __getitem__(self, index: int | slice) -> HandedIn | list[HandedIn]:
        if isinstance(index, slice):
            return [self._makers[learner]() for learner in self.learners[index]]
        return self._makers[self.learners[index]]()


def collect(paths: Iterable[Path], slug: str) -> HandedInClass:
    """Find the submissions of a chapter.

    Args:
        paths: Folders, zip archives and notebooks.
        slug: The chapter; other chapters' folders of nbgrader's tree are passed over.

    Returns:
        One entry a learner, sorted by name.

    Raises:
        CourseError: A path is missing, an archive is refused, or nothing was found.
    """
    by_learner: dict[str, list[Found]] = defaultdict(list)
    for path in paths:
        for name, found in _by_learner(_with_points(find_notebooks(path)), slug):
            by_learner[name].append(found)
    if not by_learner:
        raise CourseError(
            f"No notebooks of {slug} were found; give a folder with one NAME.ipynb a learner, "
            "nbgrader's course folder, what Canvas or Moodle let you download, or a zip archive."
        )
    names = learner_names(by_learner)
    return HandedInClass(
        {
            learner: lambda name=name, learner=learner: _hand_in(
                name, learner, by_learner[name], slug
            )
            for name, learner in names.items()
        }
    )


def guess_chapter(paths: Iterable[Path]) -> str:
    """Tell which chapter was handed in, from the ids in the notebooks.

    Returns:
        The short form of the chapter, such as `ch02`.

    Raises:
        CourseError: It cannot be told.
    """
    seen: Counter[str] = Counter()
    for path in paths:
        for found in find_notebooks(path):
            try:
                seen.update({match.decode() for match in _CHAPTER_OF_CELL.findall(found.read())})
            except UnreadableError:
                continue
    if not seen:
        raise CourseError("The notebooks don't say which chapter they are; give --chapter.")
    return seen.most_common(1)[0][0]


def _with_points(found: list[Found]) -> list[Found]:
    """Leave out the notebook of an appendix, which has no points, where another lies beside it."""
    without = set(appendix_slugs())
    folders = {one.path.parent for one in found if one.path.stem not in without}
    return [one for one in found if one.path.stem not in without or one.path.parent not in folders]


def _by_learner(found: list[Found], slug: str) -> Iterator[tuple[str, Found]]:
    """Tell whose each notebook is: by a platform's or nbgrader's names, else by file or folder."""
    named = named_by_platform((one.path for one in found), slug)
    yield from _last_of_each([(named[one.path], one) for one in found if one.path in named], slug)
    loose = []
    for one in (one for one in found if one.path not in named):
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


def _last_of_each(named: list[tuple[Named, Found]], slug: str) -> Iterator[tuple[str, Found]]:
    """Give what learners handed in last, under the names that they had given it."""
    attempts: dict[tuple[str, str], list[tuple[Named, Found]]] = defaultdict(list)
    for one, file in named:
        if one.slug in ("", slug):
            attempts[one.learner, one.name].append((one, file))
    for (learner, name), files in attempts.items():
        last = max(one.order for one, _ in files)
        again = AGAIN if any(one.order != last for one, _ in files) else ""
        for one, file in files:
            if one.order == last:  # two of them: one file twice in an archive
                note = " ".join(filter(None, [one.note, again]))
                yield learner, replace(file, path=PurePosixPath(learner, name), note=note)


def _hand_in(name: str, learner: str, found: list[Found], slug: str) -> HandedIn:
    """Take a learner's notebook; of several, the one with the chapter's name."""
    notes = []
    if name != learner:
        notes.append(f"The name {_shown(name)} does not go everywhere; here it is {learner}.")
    chosen = found
    if len(found) > 1:
        chosen = [one for one in found if one.path.stem == slug]
        names = _shown(", ".join(str(one.path) for one in found))
        if len(chosen) != 1:
            problem = f"There are several notebooks ({names}); keep one."
            return HandedIn(learner, b"", problem, " ".join(notes))
        notes.append(f"Of several notebooks ({names}) {chosen[0].path.name} was graded.")
    path = chosen[0].path
    if path.parent.name == slug and path.stem != slug:
        notes.append(f"The notebook was called {_shown(path.name)}, not {slug}{SUFFIX}.")
    if chosen[0].note:
        notes.append(chosen[0].note)
    handed_in = HandedIn(learner, b"", note=" ".join(notes))
    try:
        return replace(handed_in, data=chosen[0].read())
    except UnreadableError as error:
        return replace(handed_in, problem=str(error))


def _shown(name: str) -> str:
    return one_line(name, MAX_SHOWN)
