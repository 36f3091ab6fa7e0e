"""Scaled dot-product attention, and several heads of it side by side.

Axes: B batch, Tq queries, Tk keys, T positions where both are one sequence, H query heads,
Hkv key/value heads, D width of the residual stream, Dh width of a head, Dv width of a value.
Masks are boolean, True where a query may look at a key, and broadcast to the scores.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


@dataclass(frozen=True)
class AttentionOutput:
    """What one attention computed, with the steps on the way.

    Attributes:
        values: One mixture of the value rows per query.
        weights: Share of each key in that mixture; a query's weights sum to 1, or are all 0
            when it may look at nothing.
        scores: How well each query matches each key, before the mask.
    """

    values: Float[Tensor, "*batch Tq Dv"]
    weights: Float[Tensor, "*batch Tq Tk"]
    scores: Float[Tensor, "*batch Tq Tk"]


def scaled_dot_product_attention(
    q: Float[Tensor, "*batch Tq Dh"],
    k: Float[Tensor, "*batch Tk Dh"],
    v: Float[Tensor, "*batch Tk Dv"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
) -> AttentionOutput:
    """Mix the values by how well each query matches each key.

    Implements Vaswani et al. 2017 (arXiv:1706.03762), equation 1, in three steps.

    Args:
        q: Queries.
        k: Keys.
        v: Values.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The mixtures, with the weights and scores that made them.

    Raises:
        ValueError: `q` and `k` differ in width.
    """
    scores = attention_scores(q, k)
    weights = masked_softmax(scores, mask)
    return AttentionOutput(values=weights @ v, weights=weights, scores=scores)


def attention_scores(
    q: Float[Tensor, "*batch Tq _"],
    k: Float[Tensor, "*batch Tk _"],
) -> Float[Tensor, "*batch Tq Tk"]:
    """Compare every query with every key: their dot product over the root of their width.

    Implements the argument of the softmax in Vaswani et al. 2017 (arXiv:1706.03762), equation 1.

    Args:
        q: Queries.
        k: Keys, as wide as the queries.

    Returns:
        One score per query and key; the larger, the better they match.

    Raises:
        ValueError: `q` and `k` differ in width.
    """
    d_head = q.shape[-1]
    if k.shape[-1] != d_head:
        raise ValueError(f"queries of width {d_head} cannot meet keys of width {k.shape[-1]}")
    # Unit-variance q and k give dot products of variance Dh; the scale brings that back to 1,
    # so that the softmax is not saturated at the start of training.
    return q @ k.mT / math.sqrt(d_head)


def masked_softmax(
    scores: Float[Tensor, "*batch Tq Tk"],
    mask: Bool[Tensor, "*#batch #Tq #Tk"] | None = None,
) -> Float[Tensor, "*batch Tq Tk"]:
    """Turn each query's scores into weights over the keys that it may look at.

    Args:
        scores: One score per query and key.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        Weights that sum to 1 over the keys. A query that may look at nothing gets zeros, and
        passes back a zero gradient; left-padded batches have such queries.
    """
    if mask is None:
        return scores.softmax(dim=-1)
    may_look = mask.any(dim=-1, keepdim=True)  # *batch Tq 1
    # A row of nothing but -inf would be 0/0 in the softmax and in its gradient. Such rows are
    # left as they are until the softmax is done, so that no nan is ever made.
    hidden = ~mask & may_look
    return scores.masked_fill(hidden, -torch.inf).softmax(dim=-1).masked_fill(~may_look, 0.0)


def grouped_attention(
    q: Float[Tensor, "B H Tq Dh"],
    k: Float[Tensor, "B Hkv Tk Dh"],
    v: Float[Tensor, "B Hkv Tk Dv"],
    mask: Bool[Tensor, "*#B_H #Tq #Tk"] | None = None,
) -> AttentionOutput:
    """Attend with several heads, each key/value head serving a run of adjacent query heads.

    Implements Ainslie et al. 2023 (arXiv:2305.13245), section 2.2. With as many key/value heads
    as query heads it is plain multi-head attention, with a single one it is multi-query
    attention.

    Args:
        q: Queries by head.
        k: Keys by key/value head.
        v: Values by key/value head.
        mask: True where a query may look at a key. None lets every query see every key.

    Returns:
        The mixtures, weights and scores by query head.

    Raises:
        ValueError: The query heads cannot be shared out evenly.
    """
    n_heads, n_kv_heads = q.shape[1], k.shape[1]
    if n_heads % n_kv_heads:
        raise ValueError(
            f"{n_heads} query heads are not a multiple of {n_kv_heads} key/value heads"
        )
    n_queries_per_kv = n_heads // n_kv_heads
    k = k.repeat_interleave(n_queries_per_kv, dim=1)  # B H Tk Dh: [k0, k0, k1, k1]
    v = v.repeat_interleave(n_queries_per_kv, dim=1)  # B H Tk Dv
    return scaled_dot_product_attention(q, k, v, mask)


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Sizes of one attention layer.

    Attributes:
        d_model: Width of the residual stream (D).
        n_heads: Number of query heads (H).
        n_kv_heads: Number of key/value heads (Hkv). Equal to `n_heads` in plain multi-head
            attention, 1 in multi-query attention.
    """

    d_model: int
    n_heads: int
    n_kv_heads: int

    def __post_init__(self) -> None:
        if min(self.d_model, self.n_heads, self.n_kv_heads) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % self.n_heads:
            raise ValueError(f"{self.d_model=} is not a multiple of {self.n_heads=}")
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"{self.n_heads=} is not a multiple of {self.n_kv_heads=}")

    @property
    def d_head(self) -> int:
        """Width of one head (Dh)."""
        return self.d_model // self.n_heads


@dataclass(frozen=True)
class MultiHeadOutput:
    """What one layer of heads computed, with the steps on the way.

    Attributes:
        x: The layer's output, to be added to the residual stream.
        weights: Share of each key, by head and query.
        q: Queries by head.
        k: Keys by key/value head.
        v: Values by key/value head.
    """

    x: Float[Tensor, "B T D"]
    weights: Float[Tensor, "B H T T"]
    q: Float[Tensor, "B H T Dh"]
    k: Float[Tensor, "B Hkv T Dh"]
    v: Float[Tensor, "B Hkv T Dh"]


class MultiHeadAttention(nn.Module):
    """Own the four projections; the arithmetic is `grouped_attention`."""

    def __init__(self, cfg: AttentionConfig) -> None:
        super().__init__()
        d_kv = cfg.n_kv_heads * cfg.d_head
        self.cfg = cfg
        self.to_q = nn.Linear(cfg.d_model, cfg.d_model, bias=False)
        self.to_k = nn.Linear(cfg.d_model, d_kv, bias=False)
        self.to_v = nn.Linear(cfg.d_model, d_kv, bias=False)
        self.to_out = nn.Linear(cfg.d_model, cfg.d_model, bias=False)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "*#B_H #T #T"] | None = None,
        head_gains: Float[Tensor, " H"] | None = None,
    ) -> MultiHeadOutput:
        """Attend over one sequence, and write the result in the residual stream's width.

        Args:
            x: The residual stream, normalised.
            mask: True where a query may look at a key. None lets every query see every key.
                A mask per sequence has a head axis too: B 1 T T.
            head_gains: Factor on each head's output before the output projection; 0 silences
                a head. None leaves every head as it is.

        Returns:
            The layer's output, with what the heads computed on the way.
        """
        q = split_heads(self.to_q(x), self.cfg.n_heads)  # B H T Dh
        k = split_heads(self.to_k(x), self.cfg.n_kv_heads)  # B Hkv T Dh
        v = split_heads(self.to_v(x), self.cfg.n_kv_heads)  # B Hkv T Dh
        attention = grouped_attention(q, k, v, mask)
        heads = attention.values  # B H T Dh
        if head_gains is not None:
            heads = heads * head_gains[:, None, None]
        out = self.to_out(merge_heads(heads))  # B T D
        return MultiHeadOutput(x=out, weights=attention.weights, q=q, k=k, v=v)


def split_heads(x: Float[Tensor, "B T HDh"], n_heads: int) -> Float[Tensor, "B {n_heads} T Dh"]:
    """Cut the last axis into heads and move the head axis next to the batch axis."""
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def merge_heads(x: Float[Tensor, "B H T Dh"]) -> Float[Tensor, "B T HDh"]:
    """Undo `split_heads`."""
    return x.transpose(1, 2).flatten(-2)
