"""Attention before the Transformer: two other ways to score how well a query matches a key.

Axes: Tq queries, Tk keys, Dq and Dk their widths, Dh width in which the two are compared, Dv width
of a value; any axes may stand before them.
Masks are boolean, True where a query may look at a key, and broadcast to the scores.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.attention import AttentionOutput, masked_softmax


def additive_attention(
    q: Float[Tensor, "*batch Tq Dh"],
    k: Float[Tensor, "*batch Tk Dh"],
    v: Float[Tensor, "*batch Tk Dv"],
    w_score: Float[Tensor, " Dh"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
) -> AttentionOutput:
    """Mix the values by how well each query matches each key, as a small network judges it.

    Implements Bahdanau et al. 2015 (arXiv:1409.0473), equations 5 and 6, with the scores of
    `additive_scores`.

    Args:
        q: Queries, already projected.
        k: Keys, already projected. A decoder projects them once, however many queries follow.
        v: Values.
        w_score: Weight of each component in the score.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The mixtures, with the weights and scores that made them. Zeros for a query that may look
        at nothing.

    Raises:
        ValueError: `q`, `k` and `w_score` differ in width.
    """
    return _attend(additive_scores(q, k, w_score), v, mask)


def dot_attention(
    q: Float[Tensor, "*batch Tq _"],
    k: Float[Tensor, "*batch Tk _"],
    v: Float[Tensor, "*batch Tk Dv"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
) -> AttentionOutput:
    """Mix the values by the plain dot product of each query with each key.

    Implements the score called "dot" in Luong et al. 2015 (arXiv:1508.04025), section 3.1. Unlike
    Vaswani et al. 2017, it does not divide by the root of the width.

    Args:
        q: Queries.
        k: Keys, as wide as the queries.
        v: Values.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The mixtures, with the weights and scores that made them. Zeros for a query that may look
        at nothing.

    Raises:
        ValueError: `q` and `k` differ in width.
    """
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"queries of width {q.shape[-1]} cannot meet keys of width {k.shape[-1]}")
    return _attend(q @ k.mT, v, mask)


def general_attention(
    q: Float[Tensor, "*batch Tq _"],
    k: Float[Tensor, "*batch Tk _"],
    v: Float[Tensor, "*batch Tk Dv"],
    W_score: Float[Tensor, "_ _"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
) -> AttentionOutput:
    """Mix the values by a learned product of each query with each key.

    Implements the score called "general" in Luong et al. 2015 (arXiv:1508.04025), section 3.1.
    With the identity as `W_score` it is `dot_attention`.

    Args:
        q: Queries.
        k: Keys; they may differ from the queries in width.
        v: Values.
        W_score: Turns a query into the key that it looks for.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The mixtures, with the weights and scores that made them. Zeros for a query that may look
        at nothing.

    Raises:
        ValueError: `W_score` does not lead from the width of `q` to that of `k`.
    """
    if W_score.shape != (q.shape[-1], k.shape[-1]):
        raise ValueError(
            f"a matrix of shape {tuple(W_score.shape)} does not lead from queries of width "
            f"{q.shape[-1]} to keys of width {k.shape[-1]}"
        )
    return dot_attention(q @ W_score, k, v, mask)


def additive_scores(
    q: Float[Tensor, "*batch Tq _"],
    k: Float[Tensor, "*batch Tk _"],
    w_score: Float[Tensor, " _"],
) -> Float[Tensor, "*batch Tq Tk"]:
    """Add every query to every key, bend the sum with a tanh, and weigh its components.

    Implements the alignment model of Bahdanau et al. 2015 (arXiv:1409.0473), appendix A.1.2, for
    queries and keys that are already projected. Memory: O(Tq Tk Dh), where a dot product needs
    O(Tq Tk).

    Args:
        q: Queries.
        k: Keys.
        w_score: Weight of each component in the score.

    Returns:
        One score per query and key; the larger, the better they match.

    Raises:
        ValueError: `q`, `k` and `w_score` differ in width.
    """
    if not q.shape[-1] == k.shape[-1] == len(w_score):
        raise ValueError(
            f"queries of width {q.shape[-1]}, keys of width {k.shape[-1]} and {len(w_score)} "
            "weights do not fit together"
        )
    bent = torch.tanh(q.unsqueeze(-2) + k.unsqueeze(-3))  # *batch Tq Tk Dh
    return bent @ w_score


class AdditiveAttention(nn.Module):
    """Own the two projections and the weights of the score; see `additive_attention`."""

    def __init__(self, d_query: int, d_key: int, d_head: int, generator: torch.Generator) -> None:
        super().__init__()
        self.W_q = uniform_weights(d_query, d_head, generator=generator)
        self.W_k = uniform_weights(d_key, d_head, generator=generator)
        self.w_score = uniform_weights(d_head, generator=generator)

    def forward(
        self,
        q: Float[Tensor, "*batch Tq Dq"],
        k: Float[Tensor, "*batch Tk Dk"],
        v: Float[Tensor, "*batch Tk Dv"],
        mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
    ) -> AttentionOutput:
        """Project queries and keys into the width in which they are compared, and attend."""
        return additive_attention(q @ self.W_q, k @ self.W_k, v, self.w_score, mask)


class GeneralAttention(nn.Module):
    """Own the matrix between queries and keys; see `general_attention`."""

    def __init__(self, d_query: int, d_key: int, generator: torch.Generator) -> None:
        super().__init__()
        self.W_score = uniform_weights(d_query, d_key, generator=generator)

    def forward(
        self,
        q: Float[Tensor, "*batch Tq Dq"],
        k: Float[Tensor, "*batch Tk Dk"],
        v: Float[Tensor, "*batch Tk Dv"],
        mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
    ) -> AttentionOutput:
        """Attend by the learned product."""
        return general_attention(q, k, v, self.W_score, mask)


def uniform_weights(*shape: int, generator: torch.Generator) -> nn.Parameter:
    """Draw weights to start from.

    Args:
        shape: Sizes, first how many numbers each column adds up (n).
        generator: Source of the weights.

    Returns:
        Weights spread evenly between −1/√n and 1/√n, as torch's linear layers start.

    Raises:
        ValueError: A size is less than 1.
    """
    if min(shape) < 1:
        raise ValueError(f"every size must be at least 1, got {shape}")
    bound = 1 / math.sqrt(shape[0])
    weights = nn.Parameter(torch.empty(shape))
    nn.init.uniform_(weights, -bound, bound, generator=generator)
    return weights


def _attend(
    scores: Float[Tensor, "*batch Tq Tk"],
    v: Float[Tensor, "*batch Tk Dv"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None,
) -> AttentionOutput:
    weights = masked_softmax(scores, mask)
    return AttentionOutput(values=weights @ v, weights=weights, scores=scores)
