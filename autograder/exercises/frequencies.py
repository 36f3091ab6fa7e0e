"""Judge random draws by how often each outcome came.

Pearson's statistic compares the counts with what the probabilities let one expect. A check states
the number of draws and the limit of the statistic; its test shows how seldom a right answer passes
the limit (at most once in 10⁹), and how seldom a wrong one stays below (at most once in 1,000).
"""

from collections.abc import Sequence

import numpy as np

from autograder.exercises.expect import CheckError


def chi_square(counts: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Add up the squared differences from the expected counts, each over the expected count.

    Args:
        counts: How often each outcome came, along the last axis.
        probabilities: Of each outcome, all above 0.

    Returns:
        The statistic, one for each set of counts.
    """
    expected = counts.sum(-1, keepdims=True) * probabilities
    return ((counts - expected) ** 2 / expected).sum(-1)


def expect_frequencies(drawn: Sequence[int], probabilities: Sequence[float], limit: float) -> None:
    """Judge that outcomes 0, 1, 2, … came as often as their probabilities say.

    Args:
        drawn: The outcomes.
        probabilities: Of each, all above 0.
        limit: The largest value of the statistic that is let through.

    Raises:
        CheckError: Another outcome came, or one came too often or too seldom.
    """
    p = np.array(probabilities)
    if others := sorted(set(drawn) - set(range(len(p)))):
        raise CheckError(f"{others[0]} was drawn, expected one of 0 to {len(p) - 1}")
    counts = np.bincount(drawn, minlength=len(p))
    if chi_square(counts, p) > limit:
        expected = np.rint(len(drawn) * p).astype(int)
        raise CheckError(
            f"in {len(drawn)} draws the tokens 0 to {len(p) - 1} came {_listed(counts)} times, "
            f"expected about {_listed(expected)}"
        )


def _listed(counts: np.ndarray) -> str:
    *others, last = map(str, counts.tolist())
    return f"{', '.join(others)} and {last}"
