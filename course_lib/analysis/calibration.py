"""Whether a model is right as often as it says it is.

Axes: N answers, M bins of confidence.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Reliability:
    """Answers sorted into bins of equal width by how sure the model was.

    Attributes:
        n_answers: How many answers lie in each bin, from the least to the most confident.
        confidence: Mean confidence in each bin; nan where there is no answer.
        accuracy: Share of right answers in each bin; nan where there is no answer.
    """

    n_answers: Int[Tensor, " M"]
    confidence: Float[Tensor, " M"]
    accuracy: Float[Tensor, " M"]

    @property
    def error(self) -> float:
        """Mean distance of confidence and accuracy, each bin counted by its answers.

        The expected calibration error of Guo et al. 2017 (arXiv:1706.04599), equation 3.
        """
        filled = self.n_answers > 0
        gaps = (self.confidence - self.accuracy).abs()[filled]
        shares = self.n_answers[filled].to(gaps.dtype) / self.n_answers.sum()
        return (gaps * shares).sum().item()


def reliability(
    confidence: Float[Tensor, " N"], is_right: Bool[Tensor, " N"], n_bins: int = 10
) -> Reliability:
    """Sort answers by confidence and count in each bin how many are right.

    Args:
        confidence: The probability that the model gave to its answer.
        is_right: Whether the answer was right.
        n_bins: How many bins (M) share the interval from 0 to 1. A confidence at an edge lies in
            the lower bin, as in Guo et al. 2017.

    Returns:
        Counts and means, in the dtype of `confidence`.

    Raises:
        ValueError: There is no answer or no bin, or a confidence is no probability.
    """
    check_answers(confidence, is_right)
    if n_bins < 1:
        raise ValueError(f"at least one bin is needed, not {n_bins}")
    bins = (confidence * n_bins).ceil().long().sub(1).clamp(0, n_bins - 1)  # N
    counts = torch.bincount(bins, minlength=n_bins)
    sums = torch.zeros(2, n_bins, dtype=confidence.dtype, device=confidence.device)
    sums[0].index_add_(0, bins, confidence)
    sums[1].index_add_(0, bins, is_right.to(confidence.dtype))
    means = sums / counts  # an empty bin is 0/0, which is nan
    return Reliability(counts, means[0], means[1])


def check_answers(confidence: Float[Tensor, " N"], is_right: Bool[Tensor, " N"]) -> None:
    """Refuse what are no answers with a confidence each.

    Raises:
        ValueError: There is no answer, the numbers differ, or a confidence is no probability.
    """
    if len(confidence) == 0 or len(confidence) != len(is_right):
        raise ValueError(f"{len(confidence)} confidences do not fit {len(is_right)} answers")
    # Written so that nan is refused too. Sums of rounded probabilities may be a little above 1.
    if not ((confidence >= 0) & (confidence <= 1 + 1e-5)).all():
        raise ValueError(f"confidences lie between 0 and 1, unlike some of {confidence.tolist()}")
