"""When a solution opens, and what it says.

It opens after full marks, or after both hints: an answer that was read too early feels like one
that is known, and is not.
"""

from autograder.errors import CourseError
from autograder.files import COURSE
from autograder.learner.outline import ExerciseOutline
from autograder.learner.progress import ExerciseProgress
from autograder.learner.state import State


def is_open(exercise: ExerciseOutline, kept: ExerciseProgress) -> bool:
    """Tell whether a solution may be shown without asking.

    Args:
        exercise: The exercise.
        kept: What was reached in it.

    Returns:
        True after full marks; False when the learner has to confirm.

    Raises:
        CourseError: It is too early; the message says what opens it.
    """
    if not COURSE.solutions.is_dir():
        raise CourseError(
            "There are no solutions in this bundle: they come with the whole repository, or from "
            "whoever gave you the bundle."
        )
    if kept.full_marks:
        return True
    if exercise.written:
        if kept.state is not State.WRITTEN:
            raise CourseError(
                f"The model answer opens when you have written your own: do so, then "
                f"`course check {exercise.prefix}`."
            )
        return False
    n_hints = len(exercise.hints)
    if kept.hints < n_hints:
        raise CourseError(
            f"The solution opens after full marks (`course check {exercise.prefix} --full`), or "
            f"after both hints: you have seen {kept.hints} of {n_hints} "
            f"(`course hint {exercise.prefix}/{exercise.name}`)."
        )
    return False


def solution_of(exercise: ExerciseOutline) -> str:
    """Give the text of a solution: the whole cell, or the model answer.

    Raises:
        CourseError: The chapter cannot be read.
    """
    from autograder.chapters.course_answers import course_answers

    return course_answers(exercise.slug)[exercise.name]
