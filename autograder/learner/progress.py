"""What a learner has reached, kept in a file of their own workspace and nowhere else.

The file is replaced in one step, so that a killed command leaves the old one whole. One that cannot
be read is moved aside, never overwritten: it may hold what a person can still mend.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.files import write_if_changed
from autograder.learner.state import State

NAME = "progress.json"
FORMAT = 1
MAX_SET_ASIDE = 1000


@dataclass
class ExerciseProgress:
    """What was reached in one exercise.

    Attributes:
        state: How far it was when last checked.
        full_marks: Whether the hidden checks ever gave it all points.
        hints: How many of its hints were shown.
    """

    state: State = State.UNTOUCHED
    full_marks: bool = False
    hints: int = 0


@dataclass
class ChapterProgress:
    """What was reached in one chapter.

    Attributes:
        checked: When it was last checked, as ISO 8601 in local time, or "".
        notebook: Fingerprint of the notebook that was checked, or "".
        exercises: By their name.
    """

    checked: str = ""
    notebook: str = ""
    exercises: dict[str, ExerciseProgress] = field(default_factory=dict)

    def exercise(self, name: str) -> ExerciseProgress:
        """Give an exercise's progress, begun where there is none."""
        return self.exercises.setdefault(name, ExerciseProgress())


@dataclass
class Progress:
    """What was reached in the course.

    Attributes:
        chapters: By their slug.
        note: What is to be said about the file that it was read from or written to, or "".
        is_kept: Whether the last change could be written.
    """

    chapters: dict[str, ChapterProgress] = field(default_factory=dict)
    note: str = ""
    is_kept: bool = True

    def chapter(self, slug: str) -> ChapterProgress:
        """Give a chapter's progress, begun where there is none."""
        return self.chapters.setdefault(slug, ChapterProgress())


def read_progress(folder: Path) -> Progress:
    """Read what is kept in a workspace; nothing, where nothing is kept yet.

    A file that cannot be read is moved aside, and the note says where to.

    Raises:
        CourseError: It was written by a newer version of the course.
    """
    path = folder / NAME
    if not path.is_file():
        return Progress()
    try:
        return _from_data(json.loads(path.read_text(encoding="utf-8")))
    except CourseError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = _set_aside(path)
        reason = " ".join(str(error).split()) or type(error).__name__
        return Progress(
            note=f"{path} could not be read ({reason}). Nothing is lost: it is now {aside.name}, "
            "and `course check` finds out again what passes."
        )


def change_progress(folder: Path, change: Callable[[Progress], None]) -> Progress:
    """Read what is kept, change it, and keep it.

    Where it cannot be written, such as in a folder that may only be read, the note says so.

    Args:
        folder: The workspace.
        change: Changes it in place.
    """
    progress = read_progress(folder)
    change(progress)
    plain = {
        "format": FORMAT,
        "chapters": {slug: _as_data(one) for slug, one in progress.chapters.items()},
    }
    text = json.dumps(plain, indent=1, sort_keys=True) + "\n"
    try:
        write_if_changed(folder / NAME, text)
    except OSError as error:
        note = f"This could not be kept in {folder} ({error.strerror}); `course doctor` tells more."
        return replace(progress, note=note, is_kept=False)
    return progress


def _as_data(chapter: ChapterProgress) -> dict[str, Any]:
    plain = asdict(chapter)
    for one in plain["exercises"].values():
        one["state"] = one["state"].name
    return plain


def _from_data(plain: dict[str, Any]) -> Progress:
    if plain["format"] > FORMAT:
        raise CourseError(
            f"Your {NAME} was written by a newer version of the course; update the course."
        )
    return Progress({slug: _chapter(one) for slug, one in plain["chapters"].items()})


def _chapter(plain: dict[str, Any]) -> ChapterProgress:
    exercises = {
        name: ExerciseProgress(State[one["state"]], bool(one["full_marks"]), int(one["hints"]))
        for name, one in plain["exercises"].items()
    }
    return ChapterProgress(str(plain["checked"]), str(plain["notebook"]), exercises)


def _set_aside(path: Path) -> Path:
    """Move a file to a name beside it that nothing bears yet."""
    for number in range(1, MAX_SET_ASIDE):
        aside = path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")
        if not aside.exists():
            return path.rename(aside)
    raise CourseError(f"{path} cannot be read, and there are too many damaged ones beside it.")
