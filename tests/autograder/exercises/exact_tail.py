"""How often right draws of four outcomes would be refused, exactly."""

import numpy as np

from autograder.exercises.frequencies import chi_square


def exact_tail(probabilities, n_draws, limit):
    """Add up the probabilities of all counts whose statistic is above the limit."""
    p = np.array(probabilities)
    assert p.shape == (4,)
    numbers = np.arange(n_draws + 1)
    log_factorials = np.concatenate([[0.0], np.log(numbers[1:]).cumsum()])
    first, second = np.meshgrid(numbers, numbers, indexing="ij")
    total = 0.0
    for third in numbers:
        fourth = n_draws - third - first - second
        possible = fourth >= 0
        rest = np.full(possible.sum(), third), fourth[possible]
        counts = np.stack([first[possible], second[possible], *rest], axis=-1)
        logs = log_factorials[n_draws] - log_factorials[counts].sum(-1) + counts @ np.log(p)
        total += np.exp(logs[chi_square(counts, p) > limit]).sum()
    return float(total)
