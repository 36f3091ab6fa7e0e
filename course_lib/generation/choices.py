"""Choices of one token from the scores of one position.

`decoding.ChooseToken` picks for a whole batch and knows the text; these are what a loop over a
single text needs. Axes: V vocabulary.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Choice = Callable[[Tensor], int]
"""Takes the scores of one position, of the shape (V,), and gives a token."""


def pick_largest() -> Choice:
    """Return a function that picks the token of the largest score, of equals the first."""

    def pick(logits: Tensor) -> int:
        _check_one_position(logits)
        return int(logits.argmax())

    return pick


def pick_at_random(seed: int) -> Choice:
    """Return a function that draws a token, each with its probability.

    It picks where the running sum of the probabilities passes a number drawn between 0 and 1: a
    rounding of the scores practically never changes the token.

    Args:
        seed: Where the randomness comes from; every call goes on from the one before.
    """
    generator = torch.Generator().manual_seed(seed)

    def pick(logits: Tensor) -> int:
        _check_one_position(logits)
        running = logits.detach().cpu().double().softmax(dim=0).cumsum(dim=0)
        drawn = torch.rand(1, generator=generator, dtype=torch.float64) * running[-1]
        return int(torch.searchsorted(running, drawn, right=True))

    return pick


def _check_one_position(logits: Tensor) -> None:
    if logits.dim() != 1:
        raise ValueError(
            f"one score a token is needed, of the shape (V,), not {tuple(logits.shape)}"
        )
