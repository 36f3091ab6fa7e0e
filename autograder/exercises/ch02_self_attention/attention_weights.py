"""Answers to the exercise about the weights of one attention: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch02_self_attention.attention_weights_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The scores are not scaled. Divide them by √d_k, or they grow with the width and the "
    "softmax saturates."
)
def no_scale(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Use the bare dot products."""
    scores = q @ k.mT
    if mask is None:
        return scores.softmax(-1)
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)


@exercise.misconception(
    "You divide by d_head, not by its root. The *variance* of a dot product grows with the width; "
    "what is divided is its standard deviation, √d_k."
)
def scaled_by_the_width(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Divide by the width itself."""
    scores = q @ k.mT / q.shape[-1]
    if mask is None:
        return scores.softmax(-1)
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)


@exercise.misconception(
    "You divide by the root of the number of keys. The scale comes from the width of the queries, "
    "`q.shape[-1]`: that is how many products each score adds up."
)
def scaled_by_the_number_of_keys(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Take the wrong axis for the width."""
    scores = q @ k.mT / math.sqrt(k.shape[-2])
    if mask is None:
        return scores.softmax(-1)
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)


@exercise.misconception(
    "Your weights sum to 1 over the queries: softmax is over the keys, the last axis, so that each "
    "query shares out what it has."
)
def softmax_over_the_queries(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Normalise the columns."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-2)
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-2).masked_fill(empty, 0.0)


@exercise.misconception(
    "Your mask is upside down: True means *may look*. (`nn.MultiheadAttention` means the opposite; "
    "`scaled_dot_product_attention` and this course do not.)"
)
def mask_inverted(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Hide what may be seen."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1)
    empty = mask.all(-1, keepdim=True)
    return scores.masked_fill(mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)


@exercise.misconception(
    "A query that may look at nothing gets nan: the softmax of nothing but −inf is 0 / 0. Give "
    "such rows zeros, without making the nan on the way."
)
def nan_on_an_empty_row(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Hide all keys and take the softmax."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1)


@exercise.misconception(
    "You hide with a large negative number. A query that may look at nothing then looks at "
    "everything in equal shares: hide with −inf, and give empty rows zeros."
)
def large_number_for_infinity(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Hide with −1e9."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return scores.softmax(-1)


@exercise.misconception(
    "You set weights to 0 after the softmax, so that the others no longer sum to 1. Hide the "
    "scores (−inf) before it."
)
def masked_after_the_softmax(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Let hidden keys take their share, then drop it."""
    weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1)
    return weights if mask is None else weights.masked_fill(~mask, 0.0)


@exercise.misconception(
    "You set hidden scores to 0. e^0 is 1, a weight like any other: hide with −inf."
)
def zero_for_infinity(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Multiply the scores with the mask."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return scores.softmax(-1) if mask is None else (scores * mask).softmax(-1)


@exercise.misconception(
    "You take e to the power of the scores as they are, which overflows when they are large. "
    "Subtract each row's maximum first, or use `torch.softmax`."
)
def no_maximum_subtracted(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Follow the formula to the letter."""
    powers = (q @ k.mT / math.sqrt(q.shape[-1])).exp()
    if mask is not None:
        powers = powers * mask
    total = powers.sum(-1, keepdim=True)
    return powers / torch.where(total == 0, torch.ones_like(total), total)


@exercise.alternative
def with_einsum_and_exp(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Scale the queries first; the softmax by hand, hidden powers multiplied away."""
    scores = torch.einsum("...qd,...kd->...qk", q * q.shape[-1] ** -0.5, k)
    if mask is not None:
        scores = torch.where(mask, scores, torch.full_like(scores, torch.finfo(scores.dtype).min))
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    if mask is not None:
        powers = powers * mask
    return powers / powers.sum(-1, keepdim=True).clamp(min=1e-30)


@exercise.alternative
def query_by_query(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Loop over batches, heads and queries; look only at the keys that may be seen."""
    leading = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    seen = torch.ones(n_queries, n_keys, dtype=torch.bool) if mask is None else mask
    seen = seen.expand(*leading, n_queries, n_keys).reshape(-1, n_queries, n_keys)
    q = q.expand(*leading, -1, -1).reshape(-1, n_queries, q.shape[-1])
    k = k.expand(*leading, -1, -1).reshape(-1, n_keys, k.shape[-1])
    rows = []
    for one_q, one_k, one_seen in zip(q, k, seen, strict=True):
        for query, visible in zip(one_q, one_seen, strict=True):
            row = torch.zeros(n_keys, dtype=q.dtype)
            if visible.any():
                scores = one_k[visible] @ query / q.shape[-1] ** 0.5
                row = row.masked_scatter(visible, torch.softmax(scores, 0))
            rows.append(row)
    return torch.stack(rows).reshape(*leading, n_queries, n_keys)


@exercise.alternative
def emptied_afterwards(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Let an empty row be nan for a moment; neither fill lets its gradient through."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)
    if mask is None:
        return torch.nn.functional.softmax(scores, dim=-1)
    hidden = ~mask
    weights = torch.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1)
    return weights.masked_fill(hidden.all(dim=-1, keepdim=True), 0)


@exercise.alternative
def with_logsumexp(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Add 0 or −inf to the scores; keep one finite score in rows that will be emptied."""
    scores = torch.matmul(q, k.transpose(-2, -1)).div(math.sqrt(q.size(-1)))
    if mask is None:
        return (scores - scores.logsumexp(-1, keepdim=True)).exp()
    some = mask.any(-1, keepdim=True)
    bias = torch.zeros_like(scores).masked_fill(~(mask | ~some), -math.inf)
    scores = scores + bias
    return (scores - scores.logsumexp(-1, keepdim=True)).exp() * some
