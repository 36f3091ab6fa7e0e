"""Self-attention whole: project, compare, mix."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.ch02_self_attention.attention_weights_checks import (
    exercise as weights_exercise,
)
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
    name="self_attention",
    points=14,
    exports=("self_attention",),
    not_allowed=weights_exercise.not_allowed,
    hints=(
        "Queries, keys and values are three different views of the same tokens: `x @ W_q`, "
        "`x @ W_k`, `x @ W_v`. The weights come from the first two, and mix the third.",
        "The scale is the root of the width of the *queries*, `W_q.shape[-1]`, which is not the "
        "width of x. Give queries that may look at nothing zero weights before `weights @ v`; a "
        "nan times anything is nan.",
    ),
    time_limit_s=5.0,
)


def _attend(x: Tensor, W_q: Tensor, W_k: Tensor, W_v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    x, W_q, W_k, W_v = (one.double() for one in (x, W_q, W_k, W_v))
    scores = (x @ W_q) @ (x @ W_k).mT / math.sqrt(W_q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ (x @ W_v)
    empty = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~empty, -math.inf).softmax(-1).masked_fill(empty, 0.0)
    return weights @ (x @ W_v)


def _inputs(
    draw: Draw, n_leading: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw tokens and weights whose axes all differ in size, scores neither alike nor far apart.

    Tokens are small enough that no token has all the attention: every score counts.
    """
    *leading, seq_len, d_model, d_head, d_value = draw.sizes(n_leading + 4)
    return (
        draw.normal(*leading, seq_len, d_model, scale=0.5, dtype=dtype),
        draw.normal(d_model, d_head, dtype=dtype),
        draw.normal(d_model, d_head, dtype=dtype),
        draw.normal(d_model, d_value, dtype=dtype),
    )


@exercise.item(
    "each token mixes the values by its weights",
    points=4,
    sentence="The output is softmax(q kᵀ / √d_k) v with q = x W_q, k = x W_k and v = x W_v; its "
    "last axis is as wide as W_v.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw)
    expect_close(learner.self_attention(x, W_q, W_k, W_v), _attend(x, W_q, W_k, W_v).float())
    # Square weights, which fit whichever way they lie.
    d_model = x.shape[-1]
    W_q, W_k, W_v = (draw.normal(d_model, d_model) for _ in range(3))
    expect_close(learner.self_attention(x, W_q, W_k, W_v), _attend(x, W_q, W_k, W_v).float())


@exercise.item(
    "a token sees only what its mask shows",
    points=3,
    sentence="Row i of the mask says at which tokens token i may look; what it may not see does "
    "not change its output.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw)
    seq_len = len(x)
    causal = torch.ones(seq_len, seq_len, dtype=torch.bool).tril()
    want = _attend(x, W_q, W_k, W_v, causal).float()
    before = learner.self_attention(x, W_q, W_k, W_v, causal)
    expect_close(before, want)
    x[-1] = draw.normal(x.shape[-1], scale=5.0)
    got = learner.self_attention(x, W_q, W_k, W_v, mask=causal)
    after = expect_tensor(got, tuple(want.shape), torch.float32)
    expect_true(
        torch.allclose(after[:-1], want[:-1], rtol=1e-4, atol=1e-4),
        "the last token changed, and earlier outputs changed with it though their mask hides it",
        got,
    )
    mask = draw.mask(seq_len, seq_len)
    want = _attend(x, W_q, W_k, W_v, mask).float()
    expect_close(learner.self_attention(x, W_q, W_k, W_v, mask), want)


@exercise.item(
    "hidden means minus infinity",
    points=1,
    sentence="A hidden score is −∞, below every number: a token that scores −10¹⁰ has more weight "
    "than any hidden one.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_model, d_value = draw.sizes(3)
    x = draw.normal(seq_len, d_model)
    x[:, 0] = torch.arange(1, seq_len + 1)
    # Queries are 10⁵ times the first column of x and keys −10⁵ times: every score is below −10⁹,
    # and that of the first token, which all may see, is the highest by far.
    W_q = torch.zeros(d_model, 1)
    W_q[0] = 1e5
    W_v = draw.normal(d_model, d_value)
    causal = torch.ones(seq_len, seq_len, dtype=torch.bool).tril()
    got = learner.self_attention(x, W_q, -W_q, W_v, causal)
    expect_close(got, (x[:1] @ W_v).expand(seq_len, -1))


@exercise.item(
    "a token that may look at nothing",
    points=2,
    sentence="Its output is all 0, not nan and not an average.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw)
    mask = draw.mask_with_extremes(len(x), len(x))
    want = _attend(x, W_q, W_k, W_v, mask).float()
    expect_close(learner.self_attention(x, W_q, W_k, W_v, mask), want)


@exercise.item(
    "a batch, and tokens in any order",
    points=3,
    sentence="Leading axes stay, each sequence keeps to itself, and when the tokens are shuffled "
    "the outputs are shuffled with them.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw, n_leading=1)
    want = _attend(x, W_q, W_k, W_v).float()
    expect_close(learner.self_attention(x, W_q, W_k, W_v), want)
    order = draw.order(x.shape[-2])
    expect_close(learner.self_attention(x[:, order], W_q, W_k, W_v), want[:, order])
    padding = draw.mask(len(x), 1, x.shape[-2])
    padding[0] = False  # a sequence that is all padding, beside others that are not
    rows = draw.mask(len(x), x.shape[-2], x.shape[-2])
    rows[0, 0] = False  # a token that may look at nothing in one sequence only
    for mask in (padding, rows):
        want = _attend(x, W_q, W_k, W_v, mask).float()
        expect_close(learner.self_attention(x, W_q, W_k, W_v, mask), want)


@exercise.item(
    "everything learns",
    points=1,
    sentence="Gradients reach x and all three weights and hold no nan, float64 stays float64, and "
    "the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, dtype=torch.float64)
    seq_len, d_value = inputs[0].shape[0], inputs[3].shape[1]
    mask = draw.mask_with_extremes(seq_len, seq_len)
    cotangent = draw.normal(seq_len, d_value, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _attend(own[0], own[1], own[2], own[3], mask)
    got, gradients = learner.self_attention.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs), mask
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)
