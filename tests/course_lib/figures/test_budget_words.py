"""The compute budget's sentences."""

from course_lib.figures.budget_numbers import numbers_of
from course_lib.figures.budget_words import (
    budget_in_words,
    time_in_words,
    times,
    tokens_each,
)
from course_lib.training.compute_optimal import CHINCHILLA_REFITTED, Split

S = "\N{NO-BREAK SPACE}"


def test_a_size_off_the_best():
    now = numbers_of(CHINCHILLA_REFITTED, 3.15e23, 175e9, flops_per_s=1.0)
    assert budget_in_words("ours", 3.15e23, now).replace(S, " ") == (
        "By the law “ours”, 3.15 × 10²³ operations are best spent on 53.0 billion parameters and "
        "990 billion tokens, 18.7 a parameter: a loss of 1.9923. The size chosen is 3.30 times as "
        "large, 175 billion parameters and 300 billion tokens, 1.71 a parameter: a loss of 2.0085, "
        "0.0162 more."
    )


def test_the_best_size():
    best = CHINCHILLA_REFITTED.best_split(1e20).n_parameters
    for n_parameters in (None, best, 1.004 * best):
        now = numbers_of(CHINCHILLA_REFITTED, 1e20, n_parameters, flops_per_s=1.0)
        assert budget_in_words("ours", 1e20, now).endswith("2.5534. That is the size chosen.")
    now = numbers_of(CHINCHILLA_REFITTED, 1e20, 1.006 * best, flops_per_s=1.0)
    assert "The size chosen is 1.01 times as large" in budget_in_words("ours", 1e20, now)


def test_a_loss_that_hardly_differs_is_not_called_more():
    now = numbers_of(CHINCHILLA_REFITTED, 5.88e23, 70e9, flops_per_s=1.0)
    said = budget_in_words("ours", 5.88e23, now)
    assert said.endswith("20.0 a parameter: a loss of 1.9739, the same to four decimals.")


def test_time():
    # 4 · 10¹⁴ operations a second: 8.64 · 10²² are 2500 days.
    now = numbers_of(CHINCHILLA_REFITTED, 8.64e22, None, flops_per_s=4e14)
    assert time_in_words(1000.0, 40, now).replace(S, " ") == (
        "One accelerator that does 40 % of 1,000 TFLOP/s needs 6.84 years; 1,000 of them, if none "
        "waits for another, 2.50 days."
    )


def test_ratios():
    assert times(0.0989) == "0.0989 times"
    assert tokens_each(Split(3.0, 60.0, 2.0)) == "20.0"
