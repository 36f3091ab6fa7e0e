"""Test the exercises of a chapter, and gather all that is wrong with them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from autograder.errors import CourseError
from autograder.exercises.base import Chapter, Exercise, WrittenAnswer, load_chapter
from autograder.exercises.cells import Cells, cells_of
from autograder.mutation.survey import Survey, survey
from autograder.selftest.answers import Row, judge_answers
from autograder.source import chapter_slugs, read_chapter, student_notebook

AUTOGRADED_POINTS = 90
WRITTEN_POINTS = 10
SEED = 2017


@dataclass(frozen=True)
class SelftestReport:
    """How the answers to a chapter's exercises did.

    Attributes:
        chapter: Slug of the chapter.
        rows: One an answer.
        surveys: One an exercise whose mutants were judged.
        faults: Everything that is wrong, one sentence each.
    """

    chapter: str
    rows: tuple[Row, ...]
    surveys: tuple[Survey, ...]
    faults: tuple[str, ...]


def selftest(
    chapter: str,
    exercise: str | None = None,
    seed: int = SEED,
    n_mutants: int | None = None,
) -> SelftestReport:
    """Run every answer that the course itself holds through the judge, and the solutions' mutants.

    Args:
        chapter: The chapter, such as `ch02` or `ch02_self_attention`.
        exercise: One exercise; by default all that are autograded.
        seed: Inputs follow from it.
        n_mutants: At most so many mutants of each solution; all by default.

    Raises:
        CourseError: There is no such chapter or exercise.
        ChapterError: The chapter's text does not fit its exercises.
    """
    slug = full_slug(chapter)
    exercises = load_chapter(slug)
    chosen = [_exercise(exercises, exercise)] if exercise else exercises.autograded
    notebook = read_chapter(slug)
    students = student_notebook(notebook)
    rows: list[Row] = []
    surveys: list[Survey] = []
    faults = list(_faults_of_points(exercises))
    with _one_thread():
        for one in chosen:
            cells = cells_of(one, notebook, students)
            found = list(judge_answers(one, cells, seed))
            rows += found
            faults += [f"{row.exercise}: {row.answer} {row.fault}" for row in found if row.fault]
            if n_mutants != 0:
                surveys += _survey(one, cells, seed, slug, found, faults, n_mutants)
    return SelftestReport(slug, tuple(rows), tuple(surveys), tuple(faults))


def full_slug(chapter: str) -> str:
    """Find the chapter that a short name means.

    Raises:
        CourseError: There is no such chapter.
    """
    found = [slug for slug in chapter_slugs() if chapter in (slug, slug.partition("_")[0])]
    if not found:
        known = ", ".join(chapter_slugs()) or "none"
        raise CourseError(f"there is no chapter {chapter!r}; there are: {known}")
    return found[0]


def _exercise(exercises: Chapter, name: str) -> Exercise:
    try:
        chosen = exercises.exercise(name)
    except ValueError as error:
        raise CourseError(str(error)) from None
    if isinstance(chosen, WrittenAnswer):
        raise CourseError(f"{name} is a written answer: there is nothing to run")
    return chosen


def _survey(
    exercise: Exercise,
    cells: Cells,
    seed: int,
    slug: str,
    rows: list[Row],
    faults: list[str],
    n_mutants: int | None,
) -> list[Survey]:
    """Judge the mutants of a solution that is right, and add what is wrong to the faults."""
    if any(row.fault for row in rows if row.kind == "solution"):
        faults.append(f"{exercise.name}: no mutants were judged, since the solution fails")
        return []
    found = survey(exercise, cells, seed, slug, n_sampled=n_mutants)
    faults += found.faults()
    return [found]


def _faults_of_points(chapter: Chapter) -> Iterator[str]:
    autograded = sum(one.points for one in chapter.autograded if not one.bonus)
    for points, wanted, what in (
        (autograded, AUTOGRADED_POINTS, "autograded exercises"),
        (chapter.points - autograded, WRITTEN_POINTS, "written answers"),
    ):
        if points != wanted:
            yield f"the {what} of {chapter.slug} add up to {points} points, not {wanted}"


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch work in one thread: as when grading, and four times faster on tensors so small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
