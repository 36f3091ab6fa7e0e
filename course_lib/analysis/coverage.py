"""What a model gains by answering only where it is sure: coverage against error.

Axes: N answers, K thresholds.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.analysis.calibration import check_answers


@dataclass(frozen=True)
class CoverageCurve:
    """The trade-off of all thresholds, from the strictest to the one that lets all pass.

    Attributes:
        thresholds: Every confidence that occurs, the largest first. Questions are answered whose
            answer has at least this confidence.
        coverage: Share of the questions that are answered.
        error: Share of wrong answers among those given.
    """

    thresholds: Float[Tensor, " K"]
    coverage: Float[Tensor, " K"]
    error: Float[Tensor, " K"]


def coverage_curve(confidence: Float[Tensor, " N"], is_right: Bool[Tensor, " N"]) -> CoverageCurve:
    """Try every threshold.

    Follows the risk and the coverage of a selective classifier in Geifman and El-Yaniv 2017
    (arXiv:1705.08500), section 2.

    Args:
        confidence: The probability that the model gave to its answer.
        is_right: Whether the answer was right.

    Returns:
        One point a threshold. Equally confident answers are given or withheld together.

    Raises:
        ValueError: There is no answer, or a confidence is no probability.
    """
    check_answers(confidence, is_right)
    falling, order = confidence.sort(descending=True)
    n_given = torch.arange(1, len(falling) + 1, device=confidence.device)
    n_wrong = (~is_right[order]).cumsum(0)
    is_last = torch.ones_like(falling, dtype=torch.bool)
    is_last[:-1] = falling[1:] < falling[:-1]  # of equals only the last counts all of them
    n_given, n_wrong = n_given[is_last].to(confidence.dtype), n_wrong[is_last]
    return CoverageCurve(falling[is_last], n_given / len(falling), n_wrong / n_given)


def mean_score(
    confidence: Float[Tensor, " N"],
    is_right: Bool[Tensor, " N"],
    threshold: float,
    penalty: float,
) -> float:
    """Return the mean score of a test in which a wrong answer costs something.

    Args:
        confidence: The probability that the model gave to its answer.
        is_right: Whether the answer was right.
        threshold: Answers less confident than this are withheld.
        penalty: What a wrong answer costs; a right one earns 1, "I do not know" nothing.

    Returns:
        Points a question.

    Raises:
        ValueError: There is no answer, a confidence is no probability, or the penalty is negative.
    """
    check_answers(confidence, is_right)
    if penalty < 0:
        raise ValueError(f"a penalty is at least 0, not {penalty}")
    given = confidence >= threshold
    n_right = (given & is_right).sum().item()
    n_wrong = (given & ~is_right).sum().item()
    return (n_right - penalty * n_wrong) / len(confidence)
