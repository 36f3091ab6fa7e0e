"""Answers to the exercise about several tries: mistakes, and other right ways."""

import math

import numpy as np
import torch

from autograder.exercises.ch09_where_next.pass_at_k_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You put c/n in place of the probability and raise 1 − c/n to the power k. That draws with "
    "replacement, and comes out too low. Draw k of the n samples, none twice."
)
def drawn_with_replacement(n: int, c: int, k: int) -> float:
    """Take the share for the probability."""
    return 1 - (1 - c / n) ** k


@exercise.misconception(
    "You take a right one for certain one sample too early. With *exactly* k wrong samples there "
    "is one way to draw only wrong ones: certain it is with fewer than k."
)
def certain_too_early(n: int, c: int, k: int) -> float:
    """Compare with the wrong sign of equality."""
    if n - c <= k:
        return 1.0
    return 1 - math.comb(n - c, k) / math.comb(n, k)


@exercise.misconception(
    "With fewer than k wrong samples you return 0. That is how probable it is to draw only wrong "
    "ones; a right one is certain then: 1."
)
def certain_taken_for_impossible(n: int, c: int, k: int) -> float:
    """Return 0 where nothing can be counted."""
    if n - c < k:
        return 0.0
    return 1 - math.comb(n - c, k) / math.comb(n, k)


@exercise.misconception(
    "With fewer than k wrong samples your counting fails. There is no way to draw only wrong ones, "
    "so a right one is certain: the result is 1."
)
def too_few_wrong_fails(n: int, c: int, k: int) -> float:
    """Count with factorials, which stop at 0."""
    all_wrong = math.factorial(n - c) * math.factorial(n - k)
    everything = math.factorial(n - c - k) * math.factorial(n)
    return (everything - all_wrong) / everything


@exercise.misconception(
    "The numbers of ways are multiplied out as floating-point numbers and become ∞, and ∞/∞ is no "
    "number. Divide as you go: every factor is between 0 and 1."
)
def grows_to_infinity(n: int, c: int, k: int) -> float:
    """Multiply first and divide in the end."""
    if n - c < k:
        return 1.0
    all_wrong = everything = 1.0
    for i in range(k):
        all_wrong *= n - c - i
        everything *= n - i
    return 1 - all_wrong / everything


@exercise.misconception(
    "The numbers of ways are multiplied out in whole numbers of 64 bits, which numpy and torch let "
    "run over without a word. Divide as you go, or use Python's own whole numbers."
)
def whole_numbers_run_over(n: int, c: int, k: int) -> float:
    """Multiply in 64 bits."""
    if n - c < k:
        return 1.0
    all_wrong = np.prod(np.arange(n - c - k + 1, n - c + 1, dtype=np.int64))
    everything = np.prod(np.arange(n - k + 1, n + 1, dtype=np.int64))
    with np.errstate(all="ignore"):
        return float(1 - np.float64(all_wrong) / np.float64(everything))


@exercise.misconception(
    "That is the probability that *all* of the k are wrong. One right one is enough: take it from "
    "1."
)
def all_wrong_returned(n: int, c: int, k: int) -> float:
    """Forget the complement."""
    return math.comb(n - c, k) / math.comb(n, k)


@exercise.misconception(
    "That is the probability that all k samples are *right*. One among them is enough: begin with "
    "how probable it is that none is."
)
def all_must_be_right(n: int, c: int, k: int) -> float:
    """Ask for k right ones."""
    return math.comb(c, k) / math.comb(n, k)


@exercise.misconception(
    "You multiply c/n by k. That counts how many right ones to expect among k, and two right ones "
    "in a draw are one success, not two."
)
def expected_number(n: int, c: int, k: int) -> float:
    """Add the shares up."""
    return min(1.0, k * c / n)


@exercise.misconception(
    "k is not used: c/n is how often a single sample is right. Who may try k times succeeds more "
    "often."
)
def one_try(n: int, c: int, k: int) -> float:
    """Return the share of right samples."""
    return c / n


@exercise.misconception(
    "That is the probability of *exactly* one right sample among the k. Several right ones are a "
    "success too."
)
def exactly_one(n: int, c: int, k: int) -> float:
    """Count the draws with one right sample."""
    return c * math.comb(n - c, k - 1) / math.comb(n, k)


@exercise.alternative
def in_whole_numbers(n: int, c: int, k: int) -> float:
    """Count the ways exactly, and divide once: Python rounds only in the end."""
    return 1 - math.comb(n - c, k) / math.comb(n, k)


@exercise.alternative
def over_the_right_ones(n: int, c: int, k: int) -> float:
    """Place the right samples one by one outside the draw."""
    outside = 1.0
    for i in range(c):
        outside *= max(n - k - i, 0) / (n - i)
    return 1.0 - outside


@exercise.alternative
def as_a_product_of_numpy(n: int, c: int, k: int) -> float:
    """Cancel the factorials, and let numpy multiply."""
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


@exercise.alternative
def in_logarithms(n: int, c: int, k: int) -> float:
    """Add logarithms up."""
    if n - c < k:
        return 1
    steps = torch.arange(k, dtype=torch.float64)
    return -math.expm1((torch.log(n - c - steps) - torch.log(n - steps)).sum().item())
