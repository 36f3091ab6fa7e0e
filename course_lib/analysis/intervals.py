"""How far a measured score may be from the true one: intervals for shares and for means.

Axes: N questions, R repetitions.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Between:
    """A score and the ends of its interval.

    Attributes:
        score: What was measured.
        low: The lower end.
        high: The upper end.
    """

    score: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write it with two decimals."""
        return f"{self.score:.2f} [{self.low:.2f}, {self.high:.2f}]"


def wilson(n_right: int, n_questions: int, level: float = 0.95) -> Between:
    """Return the interval of a share that is counted, such as an accuracy.

    It holds those true shares from which the count is not surprisingly far away, and so stays
    between 0 and 1 and has a width even when all answers were right (Wilson 1927).

    Args:
        n_right: How many of the answers were right.
        n_questions: How many there were, each independent of the others.
        level: In what share of such measurements the interval should hold the truth, about.

    Raises:
        ValueError: The numbers are not those of a share, or the level is not between 0 and 1.
    """
    if not 0 <= n_right <= n_questions or n_questions == 0:
        raise ValueError(f"{n_right} of {n_questions} is no share")
    z = _deviations(level)
    share = n_right / n_questions
    shrink = 1 + z**2 / n_questions
    centre = (share + z**2 / (2 * n_questions)) / shrink
    spread = share * (1 - share) / n_questions + z**2 / (4 * n_questions**2)
    half = z / shrink * math.sqrt(spread)
    return Between(share, max(0.0, centre - half), min(1.0, centre + half))


def bootstrap_mean(
    values: Float[Tensor, " N"],
    generator: torch.Generator,
    *,
    groups: Int[Tensor, " _"] | None = None,
    level: float = 0.95,
    n_repetitions: int = 2000,
) -> Between:
    """Return the interval of a mean, from means of samples that are drawn from the sample itself.

    The percentile interval of Efron and Tibshirani 1993, "An Introduction to the Bootstrap",
    chapter 13. For two models on the same questions, hand over the differences: what is hard for
    both then adds nothing to the width.

    Args:
        values: A score for each question.
        generator: Source of the draws.
        groups: The group of each question, where questions of a group share what makes them easy
            or hard, such as those about one text. Then groups are drawn, each as a whole.
        level: See `wilson`.
        n_repetitions: How many samples (R) to draw.

    Raises:
        ValueError: There are no values, not as many groups, no repetition, or no such level.
    """
    _deviations(level)
    if len(values) == 0 or n_repetitions < 1:
        raise ValueError(f"{len(values)} values, drawn {n_repetitions} times, have no interval")
    if groups is None:
        groups = torch.arange(len(values))
    if groups.shape != values.shape:
        raise ValueError(f"{len(groups)} groups do not fit {len(values)} values")
    _, group = groups.unique(return_inverse=True)
    sizes = torch.bincount(group).to(values.dtype)
    sums = torch.zeros_like(sizes).index_add_(0, group, values)
    drawn = torch.randint(len(sizes), (n_repetitions, len(sizes)), generator=generator)
    means = sums[drawn].sum(dim=1) / sizes[drawn].sum(dim=1)  # R
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=means.dtype)
    low, high = means.quantile(ends).tolist()
    return Between(values.mean().item(), low, high)


def _deviations(level: float) -> float:
    """Return how many standard deviations to each side hold so much of a bell curve."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, unlike {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
