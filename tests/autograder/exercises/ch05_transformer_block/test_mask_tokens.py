import numpy as np
import pytest
import torch

from autograder.exercises.ch05_transformer_block.mask_tokens import exercise
from autograder.exercises.ch05_transformer_block.mask_tokens_checks import (
    N_COLUMNS,
    N_ROWS,
    N_ROWS_CHOSEN,
)
from autograder.exercises.shares import LIMIT, surprise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


def passes(count, total, probability):
    return surprise(int(count), int(total), probability) <= LIMIT


N_TOKENS = N_ROWS * N_COLUMNS
N_FREE = int(0.85 * N_TOKENS)  # of one in ten and both ends of a row at most


@pytest.mark.parametrize("share", [0.1, 0.12, 0.134, 0.18, 0.2])
def test_another_share_of_chosen_tokens_passes_less_than_once_in_a_thousand(share):
    n_free = N_FREE * N_ROWS_CHOSEN // N_ROWS
    counts = np.random.default_rng(0).binomial(n_free, share, 10_000)
    assert np.mean([passes(count, n_free, 0.15) for count in counts]) < 1e-3


@pytest.mark.parametrize("vocab_size", [8, 12])
@pytest.mark.parametrize(
    "fates",
    [(1.0, 0.0, 0.0), (0.8, 0.2, 0.0), (0.8, 0.0, 0.2), (0.9, 0.1, 0.0), (0.8, 0.02, 0.18)],
    ids=["all hidden", "none stays", "none replaced", "nine of ten", "a tenth of the rest"],
)
def test_other_fates_pass_less_than_once_in_a_thousand(fates, vocab_size):
    to_mask, to_random, stay = fates
    random = np.random.default_rng(0)
    chance = to_random / vocab_size
    seen = [to_mask + chance, stay + chance, to_random - 2 * chance]
    n_chosen = random.binomial(N_FREE, 0.15, 10_000)
    counts = np.array([random.multinomial(n, seen) for n in n_chosen])
    by_chance = 0.1 / vocab_size
    wanted = (0.8 + by_chance, 0.1 + by_chance, 0.1 - 2 * by_chance)
    passed = [
        all(passes(one, n, p) for one, p in zip(row, wanted, strict=True))
        for row, n in zip(counts, n_chosen, strict=True)
    ]
    assert np.mean(passed) < 1e-3


@pytest.mark.parametrize("vocab_size", [8, 11])
def test_an_id_that_never_comes_is_missed_less_than_once_in_a_thousand(vocab_size):
    n_ids = vocab_size - 2
    random = np.random.default_rng(0)
    n_chosen = random.binomial(N_TOKENS, 0.15, 10_000)
    n_replaced = random.binomial(n_chosen, 0.1 * (n_ids - 1) / (vocab_size - 1))
    assert np.mean([passes(0, n, 1 / n_ids) for n in n_replaced]) < 1e-3


right = exercise.alternatives[0].function


def at_one_place(token_ids, special, vocab_size, mask_id, generator):
    """Choose the same places in each row."""
    inputs, labels = token_ids.clone(), torch.full_like(token_ids, -100)
    places = torch.rand(token_ids.shape[1], generator=generator) < 0.15
    chosen = places & ~special
    inputs[chosen], labels[chosen] = mask_id, token_ids[chosen]
    return inputs, labels


def one_random_id(token_ids, special, vocab_size, mask_id, generator):
    """Draw the random id once for the whole batch."""
    inputs, labels = right(token_ids, special, vocab_size, mask_id, generator)
    replaced = (labels != -100) & (inputs != labels) & (inputs != mask_id)
    inputs[replaced] = int(torch.randint(vocab_size, (), generator=generator))
    return inputs, labels


def one_fate(token_ids, special, vocab_size, mask_id, generator):
    """Decide once for the whole batch what becomes of the chosen tokens."""
    _, labels = right(token_ids, special, vocab_size, mask_id, generator)
    hide = torch.rand((), generator=generator) < 0.9
    return (token_ids.masked_fill(labels != -100, mask_id) if hide else token_ids.clone()), labels


def fates_of_torch(token_ids, special, vocab_size, mask_id, generator):
    """Draw the fates from the global generator."""
    _, labels = right(token_ids, special, vocab_size, mask_id, generator)
    chosen, fate = labels != -100, torch.rand(token_ids.shape)
    any_id = torch.randint(vocab_size, token_ids.shape)
    inputs = token_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    return torch.where(chosen & (fate > 0.9), any_id, inputs), labels


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (at_one_place, "who is chosen"),
        (one_random_id, "any id of the vocabulary"),
        (one_fate, "80, 10, 10"),
        (fates_of_torch, "the generator decides"),
        (lambda *given: list(right(*given)), "labels"),
        (lambda *given: tuple(one.float() for one in right(*given)), "labels"),
    ],
    ids=["same places", "one random id", "one fate", "other generator", "a list", "floats"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
