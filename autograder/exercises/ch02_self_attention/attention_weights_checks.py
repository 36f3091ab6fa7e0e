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
        "course_lib.attention_paths.explicit_attention",
        "course_lib.early_attention.dot_attention",
        "course_lib.kernels.flash_attention.flash_attention",
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


def _queries_and_keys(draw: Draw, n_leading: int = 0) -> tuple[Tensor, Tensor]:
    """Draw queries and keys whose axes all differ in size."""
    *leading, n_queries, n_keys, d_head = draw.sizes(n_leading + 3)
    return draw.normal(*leading, n_queries, d_head), draw.normal(*leading, n_keys, d_head)


@exercise.item(
    "softmax of q · k / √d_k",
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
    # Which key is first, and not by how much: that is for the item on the scale.
    best = _weights(q, k).argmax(-1, keepdim=True)
    more = weights.gather(-1, best) > 1 / len(k)
    expect_true(more.all(), "the key that suits a query best gets no more than an equal share", got)


@exercise.item(
    "hidden keys get no weight",
    points=3,
    sentence="Where the mask is False the weight is exactly 0, and the others still sum to 1: the "
    "mask acts before the softmax. True means: may look.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    mask = draw.mask(len(q), len(k))
    mask[draw.integer(0, len(q) - 1)] = True  # where one key alone is seen, no score matters
    got = learner.attention_weights(q, k, mask)
    expect_close(got, _weights(q, k, mask))
    hidden = expect_tensor(got, mask.shape, torch.float32)[~mask]
    expect_true((hidden == 0).all(), "a hidden key has a small weight, expected exactly 0", got)
    q, k = draw.normal(5, 3, scale=20.0), draw.normal(5, 3, scale=20.0)
    causal = torch.ones(5, 5, dtype=torch.bool).tril()
    expect_close(learner.attention_weights(q, k, mask=causal), _weights(q, k, causal), atol=1e-3)


@exercise.item(
    "hidden means minus infinity",
    points=1,
    sentence="A hidden score is −∞, below every number: a key that scores −10¹⁰ has more weight "
    "than any hidden one.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_keys, d_head = draw.sizes(2)
    first, second = draw.order(n_keys)[:2].tolist()
    q, k = torch.full((1, d_head), 1e5), draw.normal(n_keys, d_head)
    k[first], k[second] = -1e5, -2e5
    mask = torch.zeros(1, n_keys, dtype=torch.bool)
    mask[0, [first, second]] = True
    # The second is lower by far more than softmax can tell from nothing.
    expect_close(learner.attention_weights(q, k, mask), torch.eye(n_keys)[[first]])


@exercise.item(
    "a query that may look at nothing",
    points=2,
    sentence="Its weights are all 0, not nan and not equal shares.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw)
    mask = draw.mask_with_extremes(len(q), len(k))
    expect_close(learner.attention_weights(q, k, mask), _weights(q, k, mask))


@exercise.item(
    "leading axes, and masks that broadcast",
    points=2,
    sentence="Batches and heads come before (T_q, d_head) and stay; a mask of fewer axes, or with "
    "axes of size 1, holds for all of them.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k = _queries_and_keys(draw, n_leading=2)
    batch_size, n_queries, n_keys = len(q), q.shape[-2], k.shape[-2]
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
    some = draw.mask(n_queries, n_keys)
    some[0] = False
    cotangent = draw.normal(n_queries, n_keys, dtype=torch.float64)
    for mask in (some, None):
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
