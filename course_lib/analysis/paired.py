"""Two models that answer the same questions: is one of them better?

Questions that both get right, or both get wrong, say nothing about it. What counts are those on
which they differ, and how unevenly they fall.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor


@dataclass(frozen=True)
class PairedAnswers:
    """How two models did on the same questions.

    Attributes:
        n_both: Questions that both got right.
        n_only_first: Questions that only the first got right.
        n_only_second: Questions that only the second got right.
        n_neither: Questions that neither got right.
    """

    n_both: int
    n_only_first: int
    n_only_second: int
    n_neither: int

    @property
    def chance(self) -> float:
        """How often coins would be as uneven as this, if neither model were better.

        Each question on which they differ is a coin; "as uneven" counts both sides. The exact
        form of McNemar 1947, "Note on the Sampling Error of the Difference Between Correlated
        Proportions or Percentages"; 1 if they differ nowhere.
        """
        n = self.n_only_first + self.n_only_second
        fewer = min(self.n_only_first, self.n_only_second)
        one_side = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
        return min(1.0, 2 * one_side)


def compare(first: Bool[Tensor, " n"], second: Bool[Tensor, " n"]) -> PairedAnswers:
    """Count on which questions two models differ.

    Args:
        first: Whether the first model got each question right.
        second: Whether the second did.

    Raises:
        ValueError: There are no questions.
    """
    if len(first) == 0:
        raise ValueError("two models need questions to be compared on")
    pairs = torch.stack([first & second, first & ~second, ~first & second, ~first & ~second])
    return PairedAnswers(*pairs.sum(dim=1).tolist())
