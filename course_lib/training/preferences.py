"""Learn from which of two answers was preferred: the model of Bradley and Terry.

Axes: P pairs of answers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class ScoredPairs:
    """The scores of pairs of answers to the same question, of which one was preferred.

    The chosen one is preferred with the probability sigmoid(chosen − rejected) (Bradley and Terry
    1952). Only the difference counts: a number added to all scores changes nothing.

    Attributes:
        chosen: Scores of the answers that were preferred.
        rejected: Scores of the others, as many.

    Raises:
        ValueError: There is no pair, or not one rejected answer for each chosen one.
    """

    chosen: Float[Tensor, " P"]
    rejected: Float[Tensor, " _"]

    def __post_init__(self) -> None:
        if len(self.chosen) != len(self.rejected):
            raise ValueError(
                f"{len(self.chosen)} chosen answers have {len(self.rejected)} rejected ones"
            )
        if not len(self.chosen):
            raise ValueError("there is no pair of answers")

    @property
    def margins(self) -> Float[Tensor, " P"]:
        """By how much the chosen answer scores higher; below 0 where the model would err."""
        return self.chosen - self.rejected

    @property
    def loss(self) -> Float[Tensor, ""]:
        """The mean of −log of the probability of what was preferred.

        Ouyang et al. 2022 (arXiv:2203.02155), equation 1, for pairs that count the same.
        """
        # log(1 + exp(−margin)) is −log sigmoid(margin); `softplus` does it without overflow.
        return F.softplus(-self.margins).mean()

    @property
    def accuracy(self) -> Float[Tensor, ""]:
        """The share of pairs whose chosen answer scores higher; a tie counts one half."""
        return torch.heaviside(self.margins, self.margins.new_tensor(0.5)).mean()
