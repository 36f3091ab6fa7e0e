"""All numbers that the attention explorer shows of one head, computed with `course_lib.attention`.

Axes: T tokens, Dh width of queries and keys, Dv width of values.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.attention import attention_scores, masked_softmax


@dataclass(frozen=True)
class ExplorerNumbers:
    """All that the figure shows of one head.

    Attributes:
        products: Dot product of each query with each key.
        scores: The products times the scale; a hidden pair has a score too.
        weights: Softmax of the scores over the keys that a query may look at.
        outputs: Each query's mixture of the values.
        spread: How many tokens, looked at alike, are as spread out as a query's weights: e to
            their entropy, from 1 (all on one) to T; 0 for a query that may look at nothing.
    """

    products: Float[Tensor, "T T"]
    scores: Float[Tensor, "T T"]
    weights: Float[Tensor, "T T"]
    outputs: Float[Tensor, "T Dv"]
    spread: Float[Tensor, " T"]


def attend(
    q: Float[Tensor, "T Dh"],
    k: Float[Tensor, "T Dh"],
    v: Float[Tensor, "T Dv"],
    scale_factor: float,
    mask: Bool[Tensor, "T T"] | None,
) -> ExplorerNumbers:
    """Attend, and keep every step that the figure writes out.

    Args:
        q: Queries.
        k: Keys.
        v: Values.
        scale_factor: Multiple of 1/√Dh by which dot products are scaled.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The steps, in the dtype of `q`.
    """
    scores = scale_factor * attention_scores(q, k)
    weights = masked_softmax(scores, mask)
    entropy = -torch.special.xlogy(weights, weights).sum(dim=-1)
    return ExplorerNumbers(
        products=q @ k.mT,
        scores=scores,
        weights=weights,
        outputs=weights @ v,
        spread=entropy.exp() * weights.any(dim=-1),
    )
