"""Whose a notebook is, by the names that learning platforms give to what they let download.

Canvas, "Download Submissions": one file a learner, `lovelaceada_12345_67890_name.ipynb`. The name
comes run together, and keeps its underscores; then `LATE` where it was, the person's number and the
file's. Where learners are anonymous it is `anon_x3Kd9_67890_name.ipynb`, with `LATE_` before it.
What was handed in again has `-1`, `-2`, … behind its name. As `lib/content_zipper.rb` of
https://github.com/instructure/canvas-lms makes them.
Moodle, "Download all submissions": a folder a learner, `Ada Lovelace_12345_assignsubmission_file`,
in earlier versions with an underscore behind it; without folders, the same words before the file's
name. Where groups hand in, name and number are a group's, and people in no group share a folder
without a number, `Default group_assignsubmission_file`. As `mod/assign/classes/downloader.php` of
https://github.com/moodle/moodle makes them.
nbgrader's exchange, `inbound`: a folder each time, `ada+chapter+time`, perhaps with more behind.

What the platform writes comes first in each, and is read from the front: a learner who calls a file
as the platform would call another's stays who they are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

_N = "[0-9]{1,20}"  # a name in an archive can have thousands of digits, which no number may
_CANVAS = re.compile(rf"(?P<who>.+?)(?P<late>_LATE)?_(?P<person>{_N})_(?P<file>{_N})_(?P<name>.+)")
_CANVAS_ANONYMOUS = re.compile(
    rf"(?P<late>LATE_)?(?P<who>anon)_(?P<person>[0-9A-Za-z]{{1,20}})_(?P<file>{_N})_(?P<name>.+)"
)
# Names lose their underscores in Moodle, so that the first is that before the number.
_MOODLE = re.compile(rf"(?P<who>[^_]+|.+?_{_N})_assignsubmission_file_?(?P<name>.*)")
_EXCHANGE = re.compile(
    r"(?P<who>.+)\+(?P<slug>(?:ch\d\d|capstone)_\w+)\+(?P<time>\d{4}-\d\d-\d\d [^+]+)(?:\+[^+]*)?"
)
_AGAIN = re.compile(r"(?P<name>.+)-\d+")

LATE = "The platform says that it was handed in late."
AGAIN = "It was handed in several times; the last one was graded."


@dataclass(frozen=True)
class Named:
    """What a platform's name says.

    Attributes:
        learner: Who handed in; the number of the person keeps two of one name apart.
        name: Name of the notebook, as the learner had it.
        order: Of one learner's, the greatest is the last.
        slug: The chapter, where the name says it; else "".
        note: What is odd about it, or "".
    """

    learner: str
    name: str
    order: tuple[int, str] = (0, "")
    slug: str = ""
    note: str = ""


def named_by_platform(paths: Iterable[PurePosixPath], slug: str) -> dict[PurePosixPath, Named]:
    """Read the names of what lies in one folder or archive.

    Canvas's names are believed only where every notebook has one: a single `ada_2024_1_plan.ipynb`
    in a folder is a name that a person has chosen.

    Args:
        paths: Where the notebooks are.
        slug: The chapter, which Canvas's `-1` behind a name hides.

    Returns:
        What the names say; a path that no platform has named is absent.
    """
    paths = list(paths)
    by_canvas = {path: _by_canvas(path, slug) for path in paths}
    if paths and all(by_canvas.values()):
        return {path: named for path, named in by_canvas.items() if named}
    found = {path: _by_exchange(path) or _by_moodle(path) for path in paths}
    return {path: named for path, named in found.items() if named}


def _by_canvas(path: PurePosixPath, slug: str) -> Named | None:
    found = _CANVAS_ANONYMOUS.fullmatch(path.name) or _CANVAS.fullmatch(path.name)
    if not found:
        return None
    name = PurePosixPath(found["name"])
    again = _AGAIN.fullmatch(name.stem)
    if again and again["name"] == slug:
        name = name.with_name(f"{slug}{name.suffix}")
    learner, note = f"{found['who']}_{found['person']}", LATE if found["late"] else ""
    return Named(learner, name.name, (int(found["file"]), ""), note=note)


def _by_moodle(path: PurePosixPath) -> Named | None:
    for part in path.parts:
        found = _MOODLE.fullmatch(part)
        if found:
            name = found["name"] if part == path.name else path.name
            return Named(found["who"], name or path.name)
    return None


def _by_exchange(path: PurePosixPath) -> Named | None:
    found = _EXCHANGE.fullmatch(path.parent.name)
    if not found:
        return None
    return Named(found["who"], path.name, (0, found["time"]), found["slug"])
