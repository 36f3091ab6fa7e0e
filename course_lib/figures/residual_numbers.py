"""What the figure of the residual stream shows at one word; `residual/arithmetic.js` does the same.

Axes: S stages, the embedding and the stream after each part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.figures.residual_data import PER_LENGTH, PER_UNIT


@dataclass(frozen=True)
class Stage:
    """The stream at one stage, at one word.

    Attributes:
        length: Its length.
        added: Length of what the part added; 0 at the embedding, and where it is off.
        cosine: Of the angle between that and the stream before; 0 where nothing was added.
        read: The words that the lens reads, with their probabilities, best first.
        next_share: Probability of the word that follows in the text; 0 where none does.
        next_rank: Its rank among all words, 1 for the most probable; 0 where none follows.
    """

    length: float
    added: float
    cosine: float
    read: tuple[tuple[str, float], ...]
    next_share: float
    next_rank: int


def stages_of(readings: np.ndarray, vocabulary: Sequence[str]) -> tuple[Stage, ...]:
    """Read the records of one word in one case.

    Args:
        readings: One record a stage, as `unpack_readings` gives them.
        vocabulary: What their word numbers mean.
    """
    return tuple(_stage(record, vocabulary, is_first=i == 0) for i, record in enumerate(readings))


def _stage(record: np.void, vocabulary: Sequence[str], *, is_first: bool) -> Stage:
    return Stage(
        length=record["length"].item() / PER_LENGTH,
        added=record["added"].item() / PER_LENGTH,
        cosine=0.0 if is_first else (record["cosine"].item() - PER_UNIT) / PER_UNIT,
        read=tuple(
            (vocabulary[int(number)], share / PER_UNIT)
            for number, share in zip(
                record["words"].tolist(), record["shares"].tolist(), strict=True
            )
        ),
        next_share=record["next_share"].item() / PER_UNIT,
        next_rank=record["next_rank"].item(),
    )


def settled_at(stages: Sequence[Stage]) -> int:
    """Return the stage from which on the lens always reads the word that comes out."""
    first = len(stages) - 1
    while first and stages[first - 1].read[0][0] == stages[-1].read[0][0]:
        first -= 1
    return first


def largest_part(stages: Sequence[Stage]) -> int:
    """Return the stage at which most was added, of equal ones the first."""
    return max(range(1, len(stages)), key=lambda stage: (stages[stage].added, -stage))
