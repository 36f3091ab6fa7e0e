"""Weights of one attention: who looks at whom, and how much."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="attention_weights",
    points=16,
    exports=("attention_weights",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.MultiheadAttention",
        "course_lib.attention.attention_scores",
        "course_lib.attention.masked_softmax",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.grouped_attention",
        "course_lib.attention.MultiHeadAttention",
    ),
    hints=(
        "Three steps: dot products of every query with every key (`q @ k.mT`), divided by the "
        "root of their width; −inf where the mask is False; softmax over the keys, the last axis.",
        "A row of nothing but −inf gives nan. Find the queries that may look at nothing "
        "(`~mask.any(-1, keepdim=True)`), leave their scores alone, and set their weights to 0 "
        "after the softmax (`masked_fill`).",
    ),
    time_limit_s=5.0,
)


def _weights(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute what is expected, in float64, in the dtype of q."""
    scores = q.double() @ k.double().mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1).masked_fill((scores == -math.inf).all(-1, True), 0.0).to(q.dtype)


def _queries_and_keys(draw: Draw, *leading: int) -> tuple[Tensor, Tensor]:
    """Draw queries and keys whose numbers and widths all differ."""
    n_queries, n_keys, d_head = draw.sizes(3)
    return draw.normal(*leading, n_queries, d_head), draw.normal(*leading, n_keys, d_head)


@exercise.item(
    "softmax of q · k / √d_head",
    points=5,
    sentence="The weights are the softmax, over the keys, of each query's dot products divided by "
    "the root of the width of the queries.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    expect_close(learner.attention_weights(q, k), _weights(q, k))
    # A width that is a power of four, where the root is a whole number.
    q, k = draw.normal(2, 4, scale=2.0), draw.normal(3, 4, scale=2.0)
    expect_close(learner.attention_weights(q, k), _weights(q, k))


@exercise.item(
    "each query's weights sum to one",
    points=2,
    sentence="Over the keys the weights of a query sum to 1, however large its scores are.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    q, k = 20 * q, 20 * k
    got = learner.attention_weights(q, k)
    weights = expect_tensor(got, (len(q), len(k)), torch.float32)
    expect_close(weights.sum(-1), torch.ones(len(q)))
    expect_close(got, _weights(q, k), rtol=1e-3, atol=1e-3)  # scores of 1000 round to 1e-4


@exercise.item(
    "hidden keys get no weight",
    points=4,
    sentence="Where the mask is False the weight is exactly 0, and the others still sum to 1: the "
    "mask acts before the softmax. True means: may look.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    mask = draw.mask(len(q), len(k))
    got = learner.attention_weights(q, k, mask)
    expect_close(got, _weights(q, k, mask))
    hidden = expect_tensor(got, mask.shape, torch.float32)[~mask]
    expect_true((hidden == 0).all(), "a hidden key has a small weight, expected exactly 0", got)
    q, k = draw.normal(5, 3, scale=20.0), draw.normal(5, 3, scale=20.0)
    causal = torch.ones(5, 5, dtype=torch.bool).tril()
    expect_close(learner.attention_weights(q, k, mask=causal), _weights(q, k, causal), atol=1e-3)


@exercise.item(
    "a query that may look at nothing",
    points=2,
    sentence="Its weights are all 0, not nan and not equal shares.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    mask = draw.mask(len(q), len(k))
    mask[draw.integer(0, len(q) - 1)] = False
    expect_close(learner.attention_weights(q, k, mask), _weights(q, k, mask))


@exercise.item(
    "leading axes, and masks that broadcast",
    points=2,
    sentence="Batches and heads come before (T_q, d_head) and stay; a mask of fewer axes, or with "
    "axes of size 1, holds for all of them.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, n_heads = draw.sizes(2)
    q, k = _queries_and_keys(draw, batch_size, n_heads)
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    expect_close(learner.attention_weights(q, k), _weights(q, k))
    for shape in ((n_queries, n_keys), (1, n_keys)):
        mask = draw.mask(*shape)
        expect_close(learner.attention_weights(q, k, mask), _weights(q, k, mask))
    mask = draw.mask(batch_size, 1, 1, n_keys)
    mask[0] = False  # a sequence that is all padding, beside others that are not
    expect_close(learner.attention_weights(q, k, mask), _weights(q, k, mask))


@exercise.item(
    "gradients flow, and stay finite",
    points=1,
    sentence="Gradients reach q and k and hold no nan, float64 stays float64, and the inputs are "
    "left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_queries, n_keys, d_head = draw.sizes(3)
    q = draw.normal(n_queries, d_head, dtype=torch.float64)
    k = draw.normal(n_keys, d_head, dtype=torch.float64)
    mask = draw.mask(n_queries, n_keys)
    mask[0] = False
    cotangent = draw.normal(n_queries, n_keys, dtype=torch.float64)
    p = _weights(q, k, mask)
    got, gradients = learner.attention_weights.vjp(
        cotangent, q.clone().requires_grad_(), k.clone().requires_grad_(), mask
    )
    expect_close(got, p)
    # Backwards through the softmax, then through the scaled product.
    to_scores = p * (cotangent - (p * cotangent).sum(-1, keepdim=True)) / math.sqrt(d_head)
    expect_gradient(gradients[0], to_scores @ k)
    expect_gradient(gradients[1], to_scores.mT @ q)
    expect_unchanged(learner)


@exercise.misconception(
    "The scores are not scaled. Divide them by √d_head, or they grow with the width and the "
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
    "what is divided is its standard deviation, √d_head."
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
