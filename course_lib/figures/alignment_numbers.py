"""What the alignment explorer computes of one example; `alignment/arithmetic.js` does the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AlignmentNumbers:
    """Where a writer looked, letter by letter, and what came of it.

    Attributes:
        looked: For each letter written, the column of its largest weight, counted from 0. Among
            equal weights the first counts as the largest.
        weight: That weight.
        on_line: Whether it lies on the anti-diagonal, where the letter stands that is due.
        share_on_line: The share of letters for which it does.
        right: Whether the letter written is the one that was due.
        accuracy: The share of letters that are right.
    """

    looked: tuple[int, ...]
    weight: tuple[float, ...]
    on_line: tuple[bool, ...]
    share_on_line: float
    right: tuple[bool, ...]
    accuracy: float


def align(
    expected: Sequence[str], produced: Sequence[str], weights: np.ndarray
) -> AlignmentNumbers:
    """Compute where each letter looked most, and whether it is right.

    Args:
        expected: The letters that were due.
        produced: The letters that were written.
        weights: One row for each letter written, one column for each letter read.
    """
    n_letters = len(produced)
    looked = weights.argmax(axis=1)
    on_line = looked == np.arange(n_letters)[::-1]
    right = tuple(due == written for due, written in zip(expected, produced, strict=True))
    return AlignmentNumbers(
        looked=tuple(looked.tolist()),
        weight=tuple(weights.max(axis=1).tolist()),
        on_line=tuple(on_line.tolist()),
        share_on_line=float(on_line.mean()),
        right=right,
        accuracy=sum(right) / n_letters,
    )
