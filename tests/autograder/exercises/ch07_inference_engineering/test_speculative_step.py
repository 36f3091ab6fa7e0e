import math

import numpy as np
import pytest
import torch

from autograder.exercises.ch07_inference_engineering.speculative_step import exercise
from autograder.exercises.ch07_inference_engineering.speculative_step_checks import (
    N_NEW_TOKENS,
    N_REFUSALS,
    N_STEPS,
)
from autograder.exercises.shares import LIMIT, surprise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def tail(n, probability, limit):
    """Add up the probabilities of all counts that surprise by more than the limit."""
    return sum(
        math.comb(n, count) * probability**count * (1 - probability) ** (n - count)
        for count in range(n + 1)
        if surprise(count, n, probability) > limit
    )


@pytest.mark.parametrize(
    ("n", "probability"),
    [(N_STEPS, 0.5), (N_NEW_TOKENS, 0.4), *((n, 0.5) for n in range(20, N_STEPS, 20))],
)
def test_a_right_answer_is_refused_less_than_once_in_a_thousand_million(n, probability):
    # Four shares are judged in all.
    assert 4 * tail(n, probability, LIMIT) < 1e-9


@pytest.mark.parametrize(("n", "probability"), [(N_STEPS, 0.5), (N_NEW_TOKENS, 0.4)])
def test_the_bound_holds_where_it_can_be_simulated(n, probability):
    limit = math.log(2 / 1e-3)  # where Chernoff's bound says 1e-3
    counts = np.random.default_rng(0).binomial(n, probability, 100_000)
    seen = np.mean([surprise(int(one), n, probability) > limit for one in counts])
    assert seen < 1e-3
    assert seen == pytest.approx(tail(n, probability, limit), abs=3e-4)


class TestWrongAnswersPassLessThanOnceInAThousand:
    def test_a_distribution_that_is_half_right_at_refusals(self):
        assert 0.5**N_REFUSALS < 1e-3

    def test_a_chance_of_the_targets_probability(self):
        let_through = [c for c in range(N_STEPS + 1) if surprise(c, N_STEPS, 0.5) <= LIMIT]
        passing = sum(math.comb(N_STEPS, c) * 0.05**c * 0.95 ** (N_STEPS - c) for c in let_through)
        assert passing < 1e-3

    def test_one_number_for_all_positions(self):
        # Where the first stands the second does too: so many firsts are let through at most.
        most = max(n for n in range(1, N_STEPS + 1) if surprise(n, n, 0.5) <= LIMIT)
        passing = sum(math.comb(N_STEPS, n) * 0.5**N_STEPS for n in range(most + 1))
        assert passing < 1e-3

    @pytest.mark.parametrize("count", [0, N_NEW_TOKENS])
    def test_the_same_token_every_time(self, count):
        assert surprise(count, N_NEW_TOKENS, 0.4) > LIMIT


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_text_has_the_targets_distribution(answer):
    p, q = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.8, 0.1, 0.1])
    generator = torch.Generator().manual_seed(3)
    counts = [0, 0, 0]
    for _ in range(2000):
        drafted = q.multinomial(1, generator=generator)
        first = answer.function(torch.stack([p, p]), q[None], drafted, generator)[0]
        counts[first] += 1
    for count, probability in zip(counts, p.tolist(), strict=True):
        assert surprise(count, 2000, probability) < LIMIT


def test_a_tensor_is_no_list_of_ids():
    def tensor(*args):
        return torch.tensor(exercise.alternatives[0].function(*args))

    assert judge_function(exercise, tensor).points == 0


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("resamples_from_the_target", ["what the target excludes falls"]),
        ("one_number_for_all", ["the chance is target over draft"]),
        ("largest_for_drawn", ["new tokens are drawn", "no draft, float64, and the generator"]),
        ("generator_ignored", ["no draft, float64, and the generator"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert failed[-len(items) :] == items
