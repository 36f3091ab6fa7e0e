"""Answers to the exercise about self-attention whole: mistakes, and other right ways."""

import math

import torch
from torch import Tensor

from autograder.exercises.ch02_self_attention.self_attention_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You mix x itself. What is mixed are the values, x @ W_v: what a token gives need not be what "
    "it is found by."
)
def values_not_projected(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Leave W_v out."""
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ x
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0) @ x


@exercise.misconception(
    "You scale by the width of x. The dot product runs over the width of the queries: the scale is "
    "the root of `W_q.shape[-1]`."
)
def scale_from_d_model(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Divide by the root of d_model."""
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(x.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    empty = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "Queries and keys are exchanged. Rows belong to the token that looks (W_q), columns to the "
    "token that is looked at (W_k); the mask is read the same way."
)
def queries_and_keys_exchanged(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Compare keys with queries."""
    scores = (x @ W_k) @ (x @ W_q).mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    empty = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception("The scores are not scaled. Divide them by √d_k.")
def no_scale(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Use the bare dot products."""
    scores = (x @ W_q) @ (x @ W_k).mT
    if mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    empty = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "Your softmax runs over the queries. Each token shares out its own attention: softmax is over "
    "the keys, the last axis of the scores."
)
def softmax_over_the_queries(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Normalise the columns."""
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return scores.softmax(-2) @ (x @ W_v)
    empty = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~empty, -math.inf).softmax(-2).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "Your mask is upside down: True at [i, j] means that token i may look at token j."
)
def mask_inverted(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Hide what may be seen."""
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    empty = mask.all(-1, keepdim=True)
    weights = scores.masked_fill(mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


@exercise.misconception(
    "A token that may look at nothing comes out as nan: the softmax of nothing but −inf is 0 / 0. "
    "Give such rows zero weights."
)
def nan_on_an_empty_row(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Hide all keys and take the softmax."""
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1) @ (x @ W_v)


@exercise.misconception(
    "You multiply with the weights lying on their side (`W.T`, as nn.Linear keeps them). In this "
    "course weights multiply from the right: x @ W, W is (d_in, d_out)."
)
def weights_transposed(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Multiply with the transposed weights."""
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ v
    empty = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0) @ v


@exercise.alternative
def with_einsum(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Name the axes; hide with a huge negative number, then empty the rows."""
    q = torch.einsum("...td,dh->...th", x, W_q)
    k = torch.einsum("...td,dh->...th", x, W_k)
    v = torch.einsum("...td,dv->...tv", x, W_v)
    scores = torch.einsum("...ih,...jh->...ij", q, k) * W_q.shape[1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights * mask
    return torch.einsum("...ij,...jv->...iv", weights, v)


@exercise.alternative
def one_matrix_for_q_and_k(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Multiply W_q with W_k first; project the mixed tokens last."""
    scores = x @ (W_q @ W_k.mT) @ x.mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return torch.softmax(scores, -1) @ x @ W_v
    some = mask.any(-1, keepdim=True)
    # Rows that will be emptied are made harmless first.
    scores = torch.where(some, torch.where(mask, scores, -math.inf), 0.0)
    return (torch.softmax(scores, -1) * some) @ x @ W_v


@exercise.alternative
def token_by_token(
    x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Loop over the sequences and over the tokens that look."""
    seq_len = x.shape[-2]
    seen = torch.ones(seq_len, seq_len, dtype=torch.bool) if mask is None else mask
    seen = seen.expand(*x.shape[:-2], seq_len, seq_len).reshape(-1, seq_len, seq_len)
    outputs = []
    for tokens, visible in zip(x.reshape(-1, seq_len, x.shape[-1]), seen, strict=True):
        keys, values = tokens @ W_k, tokens @ W_v
        for i in range(seq_len):
            output = torch.zeros(W_v.shape[-1], dtype=x.dtype)
            if visible[i].any():
                scores = keys[visible[i]] @ (tokens[i] @ W_q) / math.sqrt(W_q.shape[-1])
                output = torch.softmax(scores, -1) @ values[visible[i]]
            outputs.append(output)
    return torch.stack(outputs).reshape(*x.shape[:-1], W_v.shape[-1])
