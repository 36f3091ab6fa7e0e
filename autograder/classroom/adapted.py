"""A chapter as one class has it: some exercises dropped, others with other points.

A dropped exercise keeps its cells, for what comes behind them may call the learner's function, and
a gradebook that holds submissions takes no cell away. Its cell is worth nothing, its statement says
so, and no check runs. Points are shared out among the items, or the criteria of a rubric, in the
proportions that the course gives them.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.chapters.cells import parts, points_sentence
from autograder.classroom.settings import (
    SETTINGS,
    ChapterSettings,
    ClassSettings,
    nearest,
    read_settings,
)
from autograder.errors import CourseError
from autograder.exercises.base import Chapter, Exercise, WrittenAnswer
from autograder.submissions.assignment import Assignment

NOT_GRADED = "**Not graded in this class.**"
CENTS = 100  # an item is worth a number of hundredths of a point


def class_assignment(assignment: Assignment, folder: Path) -> tuple[Assignment, ClassSettings]:
    """Give a chapter as the class of a course folder has it, and the settings of that class.

    Raises:
        CourseError: The settings are damaged, or do not fit the chapter.
    """
    settings = read_settings(folder, (assignment.slug,))
    return adapt(assignment, settings.of(assignment.slug)), settings


def settings_of_run(
    assignment: Assignment, out: Path, submissions: Sequence[Path]
) -> tuple[Assignment, ClassSettings]:
    """Give what `class_assignment` gives for the folder that a class is graded into.

    Raises:
        CourseError: As `class_assignment`; or a course folder is graded into another folder, where
            its settings would be forgotten.
    """
    adapted, settings = class_assignment(assignment, out)
    slug = assignment.slug
    for folder in submissions:
        there = read_settings(folder, (slug,)) if folder.is_dir() else settings
        if (folder / SETTINGS).exists() and (
            (there.seed, there.database, there.of(slug))
            != (settings.seed, settings.database, settings.of(slug))
        ):
            raise CourseError(
                f"{folder / SETTINGS} has settings that {out} has not; grade with --out {folder}, "
                f"or copy the file into {out}."
            )
    return adapted, settings


def adapt(assignment: Assignment, settings: ChapterSettings) -> Assignment:
    """Give a chapter as a class has it.

    Raises:
        CourseError: The settings name an exercise that the chapter does not have, leave nothing to
            run, or give a written answer fewer points than its rubric has lines.
    """
    if not settings.drop and not settings.points:
        return assignment
    # Here and not above: nbgrader takes two seconds to import.
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import ComputeChecksums

    exercises = adapted_exercises(assignment.chapter, settings)
    notebook = adapt_notebook(assignment.notebook, assignment.chapter, settings)
    notebook, _ = ComputeChecksums().preprocess(notebook, ResourcesDict())
    return replace(
        assignment,
        chapter=replace(assignment.chapter, exercises=exercises),
        notebook=notebook,
        ungraded=tuple(one for one in assignment.chapter.exercises if one.name in settings.drop),
    )


def adapted_exercises(
    chapter: Chapter, settings: ChapterSettings
) -> tuple[Exercise | WrittenAnswer, ...]:
    """Give the exercises that a class grades, with their points.

    Raises:
        CourseError: As `adapt`.
    """
    known = [one.name for one in chapter.exercises]
    for name in (*settings.drop, *settings.points):
        if name not in known:
            told = f"{chapter.slug} has no exercise {name!r}; {nearest(name, known)}"
            raise CourseError(f"course.toml: {told}")
    kept = tuple(
        _with_points(one, settings.points.get(one.name, one.points))
        for one in chapter.exercises
        if one.name not in settings.drop
    )
    if not any(isinstance(one, Exercise) and not one.bonus for one in kept):
        raise CourseError(
            f"course.toml: nothing of {chapter.slug} is left to be marked by running it; "
            "drop fewer exercises, or leave the chapter out."
        )
    return kept


def adapt_notebook(
    notebook: NotebookNode, chapter: Chapter, settings: ChapterSettings
) -> NotebookNode:
    """Give a chapter's notebook, solved or as handed out, with the points of a class."""
    exercises = {one.name: one for one in adapted_exercises(chapter, settings)}
    notebook = copy.deepcopy(notebook)
    for part in parts(notebook):
        if part.name not in (*settings.drop, *settings.points):
            continue
        graded = part.cell.metadata.get("nbgrader", {})
        if part.role == "statement":
            before = points_sentence(chapter.exercise(part.name))
            now = points_sentence(exercises[part.name]) if part.name in exercises else NOT_GRADED
            text, found, rest = part.cell.source.rpartition(before)
            if not found:
                raise CourseError(f"{chapter.slug}: the statement of {part.name} says no points.")
            part.cell.source = f"{text}{now}{rest}"
        elif graded.get("grade"):
            one = exercises.get(part.name)
            graded["points"] = one.points if one and not one.bonus else 0
    return notebook


def share_out(weights: Sequence[float], total: int) -> list[int]:
    """Share out a number of units in the proportion of some weights, whole and to the last one.

    Each gets its share rounded down; what is left goes to those who lost most by that.

    Args:
        weights: Positive numbers.
        total: How many units there are.
    """
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    losers = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for index in losers[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _with_points(exercise: Exercise | WrittenAnswer, points: int) -> Exercise | WrittenAnswer:
    """Give an exercise with other points; the original stays as it is."""
    if points == exercise.points:
        return exercise
    if isinstance(exercise, WrittenAnswer):
        if points < len(exercise.rubric):
            raise CourseError(
                f"course.toml: {exercise.name} is marked by {len(exercise.rubric)} criteria; "
                f"give it at least {len(exercise.rubric)} points, not {points}."
            )
        # One for each first: a criterion worth nothing would not be read.
        over = share_out([one.points for one in exercise.rubric], points - len(exercise.rubric))
        rubric = zip(exercise.rubric, over, strict=True)
        rubric = tuple(replace(one, points=1 + more) for one, more in rubric)
        return replace(exercise, points=points, rubric=rubric)
    changed = copy.copy(exercise)
    shares = share_out([item.points for item in exercise.items], points * CENTS)
    changed.points = points
    changed.items = [
        replace(item, points=share / CENTS)
        for item, share in zip(exercise.items, shares, strict=True)
    ]
    return changed
