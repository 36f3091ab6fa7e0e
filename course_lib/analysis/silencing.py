"""What a model answers when some of its heads are silenced.

A head that looks at a word need not matter for the answer, and a head that matters need not look
there. Silencing tells: a head's output is multiplied by 0 before the output projection, as in
Michel et al. 2019 (arXiv:1905.10650), section 2.

Axes: B batch, L layers, H heads.
"""

from collections.abc import Callable, Iterable
from itertools import combinations, product

import torch
from jaxtyping import Float, Int
from torch import Tensor

Head = tuple[int, int]
"""Layer and head, counted from 0."""


def gains_without(heads: Iterable[Head], n_layers: int, n_heads: int) -> Float[Tensor, "L H"]:
    """Return the gains that silence some heads and leave the others as they are.

    Raises:
        ValueError: There is no such head.
    """
    gains = torch.ones(n_layers, n_heads)
    for layer, head in heads:
        if not (0 <= layer < n_layers and 0 <= head < n_heads):
            raise ValueError(
                f"there is no head {head} in layer {layer}: "
                f"the model has {n_layers} layers of {n_heads} heads, counted from 0"
            )
        gains[layer, head] = 0.0
    return gains


def share_flipped(before: Int[Tensor, " B"], after: Int[Tensor, " B"]) -> float:
    """Return the share of the answers that are no longer what they were."""
    return (before != after).float().mean().item()


def smallest_flipping_set(
    answer: Callable[[Float[Tensor, "L H"]], int], n_layers: int, n_heads: int
) -> tuple[Head, ...]:
    """Find the fewest heads whose silencing changes an answer.

    Tries every set of one head, then of two, and so on: exact, and quick for up to about 12 heads.
    Cost: at most 2^(L·H) calls of `answer`.

    Args:
        answer: What the model answers under given gains.
        n_layers: Layers of the model.
        n_heads: Heads in each layer.

    Returns:
        The heads of the first such set, or none at all if the answer stays the same even when every
        head is silent.
    """
    heads = list(product(range(n_layers), range(n_heads)))
    unchanged = answer(gains_without((), n_layers, n_heads))
    for size in range(1, len(heads) + 1):
        for silenced in combinations(heads, size):
            if answer(gains_without(silenced, n_layers, n_heads)) != unchanged:
                return silenced
    return ()
