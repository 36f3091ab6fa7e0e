import numpy as np
import pytest
import torch

from autograder.exercises.ch04_generation.sample_token import exercise
from autograder.exercises.ch04_generation.sample_token_checks import (
    LIMIT,
    N_DRAWS,
    SCORES,
    SHARES,
)
from autograder.exercises.frequencies import chi_square

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names
from ..exact_tail import exact_tail


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def test_a_right_answer_is_refused_less_than_once_in_a_thousand_million():
    assert exact_tail(SHARES, N_DRAWS, LIMIT) < 1e-9


def test_the_statistic_is_as_its_distribution_says():
    random = np.random.default_rng(0)
    statistics = chi_square(random.multinomial(N_DRAWS, SHARES, 100_000), np.array(SHARES))
    limit = np.quantile(statistics, 1 - 1e-3)
    assert exact_tail(SHARES, N_DRAWS, limit) == pytest.approx(1e-3, rel=0.3)


@pytest.mark.parametrize("temperature", [4, 5])
@pytest.mark.parametrize("power", [1, 2], ids=["no temperature", "multiplied"])
def test_a_wrong_temperature_passes_less_than_once_in_a_thousand(temperature, power):
    powers = np.exp(np.array(SCORES) * temperature**power)
    counts = np.random.default_rng(0).multinomial(N_DRAWS, powers / powers.sum(), 100_000)
    assert (chi_square(counts, np.array(SHARES)) <= LIMIT).mean() < 1e-3


def test_a_generator_seeded_by_the_clock_loses_the_points_of_the_generator():
    def by_the_clock(logits, temperature, generator):
        other = torch.Generator()
        other.seed()
        return exercise.alternatives[0].function(logits, temperature, other)

    assert failed_items(exercise, by_the_clock) == ["the generator decides"]


def test_a_tensor_is_no_token():
    def tensor(logits, temperature, generator):
        return torch.tensor(exercise.alternatives[0].function(logits, temperature, generator))

    assert judge_function(exercise, tensor).points == 0


def test_drawing_from_hidden_tokens_fails():
    def from_finite(logits, temperature, generator):
        finite = logits.clamp(min=-90.0)
        return exercise.alternatives[0].function(finite, temperature, generator)

    assert failed_items(exercise, from_finite) == ["cold is no overflow"]
