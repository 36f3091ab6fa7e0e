"""The random numbers of figures that draw, and the draw itself: the page repeats both exactly."""

import torch

from course_lib.figures.playground_numbers import PlaygroundNumbers

_WORD = 2**32
_STEP = 0x6D2B79F5  # by which the state grows


def random_share(seed: int, index: int) -> float:
    """Return one number of a row that depends on the seed alone.

    Ettinger 2017, "mulberry32" (public domain). Its state grows by the same step each time,
    so that any number of the row can be had without those before it.

    Args:
        seed: Chooses the row.
        index: Place in the row, from 0.

    Returns:
        A number in [0, 1), a multiple of 2⁻³².
    """
    state = (seed + (index + 1) * _STEP) % _WORD
    mixed = (state ^ state >> 15) * (state | 1) % _WORD
    mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % _WORD
    return (mixed ^ mixed >> 14) / _WORD


def pick(numbers: PlaygroundNumbers, share: float) -> int:
    """Return the token that a random number points at, the most probable at the lower end.

    Args:
        numbers: Probabilities, of which those that may be drawn sum to 1.
        share: A number in [0, 1).

    Returns:
        Index of the token.
    """
    probs, order = numbers.probs.sort(descending=True, stable=True)
    place = torch.tensor(share, dtype=probs.dtype)
    rank = int(torch.searchsorted(probs.cumsum(0), place, right=True))
    # Where rounding leaves the sum below 1 and the number above the sum, the last is meant.
    return int(order[min(rank, numbers.n_kept - 1)])
