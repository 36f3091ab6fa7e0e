"""The hints of an exercise, one at a time."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.learner.outline import ExerciseOutline
from autograder.learner.progress import Progress, change_progress


@dataclass(frozen=True)
class Hint:
    """A hint as it is shown.

    Attributes:
        number: Which it is, from 1.
        of: How many there are.
        text: What it says.
        is_again: Whether all had been shown before.
    """

    number: int
    of: int
    text: str
    is_again: bool


def next_hints(exercise: ExerciseOutline, folder: Path) -> tuple[list[Hint], str]:
    """Give the next hint, and remember that it was shown; all of them once none is new.

    Where nothing can be remembered, all that are new come at once.

    Args:
        exercise: The exercise.
        folder: The workspace in which is kept what was shown.

    Returns:
        The hints, and what is to be said about the learner's progress, or "".

    Raises:
        CourseError: A written answer has no hints.
    """
    texts = exercise.hints
    if not texts:
        raise CourseError(f"{exercise.name} is answered in your own words and has no hints.")
    seen = 0

    def change(progress: Progress) -> None:
        nonlocal seen
        kept = progress.chapter(exercise.slug).exercise(exercise.name)
        seen = min(kept.hints, len(texts))
        kept.hints = min(seen + 1, len(texts))

    progress = change_progress(folder, change)
    is_again = seen == len(texts)
    begin = 0 if is_again else seen
    end = seen + 1 if progress.is_kept and not is_again else len(texts)
    hints = [Hint(i + 1, len(texts), texts[i], is_again) for i in range(begin, end)]
    return hints, progress.note
