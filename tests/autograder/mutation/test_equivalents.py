import pytest

from autograder.exercises.base import Exercise, load_chapter
from autograder.mutation.equivalents import EQUIVALENT_MUTANTS


@pytest.mark.parametrize("entry", EQUIVALENT_MUTANTS, ids=lambda entry: entry.exercise)
def test_an_entry_is_of_an_exercise_and_has_a_reason(entry):
    slug, _, name = entry.exercise.partition("/")
    assert isinstance(load_chapter(slug).exercise(name), Exercise)
    assert entry.before != entry.after
    assert entry.reason.endswith(".")


def test_no_change_stands_twice():
    changes = [(one.exercise, one.before, one.after) for one in EQUIVALENT_MUTANTS]
    assert len(set(changes)) == len(changes)
