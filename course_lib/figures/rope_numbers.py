"""What the RoPE dial computes of one query and one key; `rope/arithmetic.js` does the same.

Axes: Dh width of a head, two components a pair. Each pair is an arrow in a plane, whose direction
is counted anticlockwise from its first component.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.rotary import rotary_frequencies, rotate_interleaved

FULL_TURN = 360  # degrees


@dataclass(frozen=True, kw_only=True)
class PairNumbers:
    """The two arrows of one pair, and what they add to the score.

    Attributes:
        speed: Radians a position.
        positions_a_turn: In how many positions an arrow goes once round.
        query_length: Length of the query's arrow.
        key_length: Length of the key's arrow.
        query_direction: Where the query's arrow points to at its position, in degrees from 0 to
            360. None for an arrow without length.
        key_direction: Where the key's arrow points to.
        angle: Between the two, in degrees from 0 to 180. None where an arrow has no length.
        share: Dot product of the two arrows.
    """

    speed: float
    positions_a_turn: float
    query_length: float
    key_length: float
    query_direction: float | None
    key_direction: float | None
    angle: float | None
    share: float


@dataclass(frozen=True, kw_only=True)
class RopeNumbers:
    """The score of a query and a key at their positions.

    Attributes:
        pairs: The pairs of neighbouring components, first pair first.
        score: Dot product of the turned query and the turned key, not scaled.
    """

    pairs: tuple[PairNumbers, ...]
    score: float


def rope_numbers(
    query: Sequence[float], key: Sequence[float], query_at: int, key_at: int, base: float | int
) -> RopeNumbers:
    """Turn a query and a key to their positions, and compare them pair by pair.

    Args:
        query: The query as it is before it is turned (Dh), an even number of components.
        key: The key, as wide.
        query_at: Position of the query.
        key_at: Position of the key.
        base: See `rotary_frequencies`.

    Returns:
        All numbers in float64.
    """
    speeds = rotary_frequencies(len(query), float(base))
    turned_query, turned_key = _turned(query, query_at, speeds), _turned(key, key_at, speeds)
    arrows = turned_query.unflatten(-1, (-1, 2)), turned_key.unflatten(-1, (-1, 2))  # Dh/2 2
    pairs = tuple(
        _pair(q, k, speed)
        for q, k, speed in zip(*(each.tolist() for each in (*arrows, speeds)), strict=True)
    )
    return RopeNumbers(pairs=pairs, score=(turned_query @ turned_key).item())


def scores_by_difference(
    query: Sequence[float], key: Sequence[float], reach: int, base: float | int
) -> dict[int, float]:
    """Return the score at each difference of positions, the query's minus the key's.

    Args:
        query: The query before it is turned.
        key: The key before it is turned.
        reach: The largest difference, to both sides.
        base: See `rotary_frequencies`.
    """
    return {
        difference: rope_numbers(query, key, difference, 0, base).score
        for difference in range(-reach, reach + 1)
    }


def _turned(
    row: Sequence[float], position: int, speeds: Float[Tensor, " n_pairs"]
) -> Float[Tensor, " Dh"]:
    angles = (position * speeds).unsqueeze(0)  # 1 Dh/2
    rows = torch.tensor([list(row)], dtype=torch.float64)
    return rotate_interleaved(rows, angles.cos(), angles.sin())[0]


def _pair(q: Sequence[float], k: Sequence[float], speed: float) -> PairNumbers:
    dot, cross = q[0] * k[0] + q[1] * k[1], q[0] * k[1] - q[1] * k[0]
    lengths = math.hypot(*q), math.hypot(*k)
    # The arc cosine would lose half of the digits where the arrows nearly agree.
    between = math.degrees(math.atan2(abs(cross), dot)) if all(lengths) else None
    return PairNumbers(
        speed=speed,
        positions_a_turn=2 * math.pi / speed,
        query_length=lengths[0],
        key_length=lengths[1],
        query_direction=_direction(q),
        key_direction=_direction(k),
        angle=between,
        share=dot,
    )


def _direction(arrow: Sequence[float]) -> float | None:
    if not any(arrow):
        return None
    degrees = math.degrees(math.atan2(arrow[1], arrow[0]))
    return degrees + FULL_TURN if degrees < 0 else degrees
