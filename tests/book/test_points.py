"""Points add up, and the page of a chapter says them."""

import re
from pathlib import Path

import pytest

from autograder.chapters.sittings import chapter_of
from autograder.exercises.base import Exercise, WrittenAnswer, load_chapter
from tests.book.prose import CHAPTERS, SITTINGS

AUTOGRADED, WRITTEN, MIN_EXERCISES = 90, 10, 8


@pytest.mark.parametrize("slug", [path.stem for path in CHAPTERS])
def test_a_chapter_has_ninety_points_by_program_and_ten_by_hand(slug: str) -> None:
    exercises = load_chapter(slug).exercises
    by_program = [e for e in exercises if isinstance(e, Exercise)]
    assert len(by_program) >= MIN_EXERCISES
    assert sum(e.points for e in by_program if not e.bonus) == AUTOGRADED
    assert [e.points for e in exercises if isinstance(e, WrittenAnswer)] == [WRITTEN]
    for exercise in by_program:
        assert sum(item.points for item in exercise.items) == exercise.points, exercise.name


@pytest.mark.parametrize("slug", [path.stem for path in CHAPTERS])
def test_the_page_of_a_chapter_states_every_exercise_with_its_points(slug: str, site: Path) -> None:
    pages = [slug, *(name for name in SITTINGS if chapter_of(name) == slug)]
    page = "".join((site / "chapters" / f"{p}.html").read_text(encoding="utf-8") for p in pages)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    stated = [int(points) for points in re.findall(r"\b(\d+) points\b", text)]
    for exercise in load_chapter(slug).exercises:
        assert exercise.points in stated, f"{exercise.name}: {exercise.points} points"
