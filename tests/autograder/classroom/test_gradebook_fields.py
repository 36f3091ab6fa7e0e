import pytest

from autograder.classroom.gradebook_fields import (
    auto_comments,
    extra_credits,
    extra_field,
    grade_fields,
    scores,
    set_off_fields,
)
from autograder.grading import unreadable
from tests.autograder.bonus_chapter import assignment as bonus_chapter


def row(manual=None, extra=None, auto=3.0, needs=False):
    return {
        "manual_score": manual,
        "extra_credit": extra,
        "auto_score": auto,
        "needs_manual_grade": needs,
    }


def test_what_nobody_has_marked_follows_the_checks():
    assert grade_fields(None, 3.0, changed=False) == {
        "auto_score": 3.0,
        "needs_manual_grade": False,
    }
    assert grade_fields(row(), None, changed=True) == {
        "auto_score": None,
        "needs_manual_grade": True,
    }


@pytest.mark.parametrize(
    ("score", "changed", "needs", "review"),
    [
        (3.0, False, False, False),
        (3.0, True, False, True),
        (2.0, False, False, True),
        (3.0, False, True, True),
    ],
)
def test_a_mark_by_hand_is_reviewed_when_something_under_it_has_changed(
    score, changed, needs, review
):
    fields = grade_fields(row(7.0, needs=needs), score, changed=changed)
    assert fields == {"auto_score": score, "needs_manual_grade": review}


def test_a_mark_in_a_dropped_exercise_is_set_off_and_comes_back():
    assert set_off_fields(row(7.0), dropped=True) == {"extra_credit": -7.0}
    assert set_off_fields(row(7.0, extra=-7.0), dropped=False) == {"extra_credit": 0.0}


@pytest.mark.parametrize("one", [None, row(), row(0.0)])
@pytest.mark.parametrize("dropped", [True, False])
def test_without_a_mark_there_is_nothing_to_set_off(one, dropped):
    assert set_off_fields(one, dropped=dropped) == {}


def test_extra_credit_of_a_person_stays():
    assert set_off_fields(row(7.0, extra=2.0), dropped=False) == {}
    assert extra_field(row(7.0), 3.0) == {}
    assert extra_field(row(), 3.0) == extra_field(None, 3.0) == {"extra_credit": 3.0}


def test_cells_by_their_points_and_words():
    assignment = bonus_chapter()
    result = unreadable(assignment, "ada", 0, "The file is empty.")
    assert set(scores(assignment, result).values()) == {0.0}
    assert extra_credits(assignment, result) == {"ch99_halve_test": 0.0}
    assert set(auto_comments(assignment, result).values()) == {"The file is empty."}
