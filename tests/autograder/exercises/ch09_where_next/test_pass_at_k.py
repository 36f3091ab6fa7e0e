import itertools
from fractions import Fraction

import numpy as np
import pytest

from autograder.exercises.ch09_where_next.pass_at_k import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

right = exercise.alternatives[0].function
WAYS, ENDS, CERTAIN, LARGE = [item.name for item in exercise.items]


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_examples_worked_by_hand(answer):
    # Of ten pairs of five samples three are pairs of the three wrong ones.
    assert answer.function(5, 2, 2) == pytest.approx(0.7, rel=1e-12)
    assert answer.function(5, 2, 1) == pytest.approx(0.4, rel=1e-12)
    assert answer.function(5, 4, 2) == 1


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_is_unbiased(answer):
    """Over all that n samples can be, its mean is the probability with which k succeed."""
    p, n, k = Fraction(3, 10), 5, 2
    mean = sum(
        float(p ** sum(seen) * (1 - p) ** (n - sum(seen))) * answer.function(n, sum(seen), k)
        for seen in itertools.product((0, 1), repeat=n)
    )
    assert mean == pytest.approx(float(1 - (1 - p) ** k), rel=1e-12)


@pytest.mark.parametrize("kind", [np.float64, lambda p: int(p) if p in (0, 1) else p])
def test_other_numbers_are_no_mistake(kind):
    assert failed_items(exercise, lambda *given: kind(right(*given))) == []


@pytest.mark.parametrize("kind", [str, lambda p: [p], lambda p: 100 * p, bool])
def test_another_result_fails(kind):
    assert WAYS in failed_items(exercise, lambda *given: kind(right(*given)))


def test_rounding_to_a_few_digits_is_noticed():
    assert failed_items(exercise, lambda *given: round(right(*given), 4))


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("too_few_wrong_fails", [ENDS, CERTAIN]),
        ("grows_to_infinity", [LARGE]),
        ("whole_numbers_run_over", [LARGE]),
        ("drawn_with_replacement", [WAYS, ENDS, CERTAIN, LARGE]),
        ("one_try", [WAYS, ENDS, CERTAIN, LARGE]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    assert failed_items(exercise, answer.function) == items
