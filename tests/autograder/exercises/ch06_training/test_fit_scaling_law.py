import numpy as np
import pytest
import scipy.optimize

from autograder.exercises.ch06_training import fit_scaling_law_checks as checks
from autograder.exercises.ch06_training.fit_scaling_law import exercise
from autograder.exercises.draw import Draw
from course_lib.training.scaling_law import fit_losses

from ..at_work import SEEDS, assert_right, assert_wrong_and_named, judge_function, names

N_LAWS = 40


@pytest.fixture(scope="module")
def laws():
    """Laws with noise as the checks draw them, with low floors and with high ones."""
    ranges = ((10, 30), (4, 8), (31, 60))
    return [checks.draw_noisy(Draw(seed), *ranges[seed % 3]) for seed in range(N_LAWS)]


def error(found, wanted):
    return abs(found / wanted - 1)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_has_twice_the_room_that_it_needs(answer, laws):
    for law in laws:
        floor, scale, exponent = answer.function(law.sizes, law.losses)
        assert error(exponent, law.exponent) < checks.MAX_ERROR / 2
        assert error(floor, law.floor) < checks.MAX_ERROR / 2
        larger = 10 * law.sizes[-1]
        for size in law.sizes:
            assert error(floor + scale / size**exponent, law.loss(size)) < checks.MAX_MISFIT / 2
        forecast = floor + scale / larger**exponent
        assert error(forecast, law.loss(larger)) < checks.MAX_FORECAST_ERROR / 1.5


def test_no_law_that_is_drawn_is_hidden_from_the_library(laws):
    for law in laws:
        found = fit_losses([*map(int, law.sizes)], law.losses)
        assert error(found.exponent, law.exponent) < checks.MAX_REFERENCE_ERROR


@pytest.mark.parametrize(
    "name", ["no_floor", "floor_at_the_smallest_loss", "exponent_of_a_half", "exponential_fall"]
)
def test_a_wrong_method_misses_every_law(name, laws):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    for law in laws:
        floor, _, exponent = answer.function(law.sizes, law.losses)
        errors = error(exponent, law.exponent), error(floor, law.floor)
        assert max(errors) > 1.5 * checks.MAX_ERROR


def test_every_law_keeps_the_promises_of_the_statement(laws):
    for law in laws:
        assert len(law.sizes) >= 6
        assert max(law.sizes) / min(law.sizes) >= 1000
        assert law.loss(max(law.sizes)) - law.floor >= 0.2 * law.floor * (1 - 1e-9)
        assert 0.2 < law.exponent < 0.5


def test_scipy_is_welcome():
    def by_scipy(sizes, losses):
        n, loss = np.array(sizes), np.array(losses)

        def curve(n, floor, excess, alpha):
            return floor + excess * (n / min(sizes)) ** -alpha

        start = (loss.min() / 2, loss.max() - loss.min() / 2, 0.3)
        (floor, excess, alpha), _ = scipy.optimize.curve_fit(curve, n, loss, p0=start)
        return float(floor), float(excess * min(sizes) ** alpha), float(alpha)

    for seed in SEEDS:
        assert judge_function(exercise, by_scipy, seed).points == exercise.points


def test_numbers_of_numpy_are_told_apart_from_pythons():
    def of_numpy(sizes, losses):
        return tuple(map(np.float32, exercise.alternatives[0].function(sizes, losses)))

    assert judge_function(exercise, of_numpy).points == 0
