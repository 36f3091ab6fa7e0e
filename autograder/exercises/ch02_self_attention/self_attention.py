"""Self-attention whole: project, compare, mix."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.ch02_self_attention.attention_weights import exercise as weights_exercise
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
    draw: Draw, *leading: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw tokens and weights of four different sizes, scores well apart."""
    seq_len, d_model, d_head, d_value = draw.sizes(4)
    return (
        draw.normal(*leading, seq_len, d_model, dtype=dtype),
        draw.normal(d_model, d_head, dtype=dtype),
        draw.normal(d_model, d_head, dtype=dtype),
        draw.normal(d_model, d_value, dtype=dtype),
    )


@exercise.item(
    "each token mixes the values by its weights",
    points=4,
    sentence="The output is softmax(q kᵀ / √d_head) v with q = x W_q, k = x W_k and v = x W_v; its "
    "last axis is as wide as W_v.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw)
    x = x / 2  # weights far from 0 and 1, so that every one of them counts
    expect_close(learner.self_attention(x, W_q, W_k, W_v), _attend(x, W_q, W_k, W_v).float())
    # Square weights, which fit whichever way they lie.
    d_model = x.shape[-1]
    W_q, W_k, W_v = (draw.normal(d_model, d_model) for _ in range(3))
    expect_close(learner.self_attention(x, W_q, W_k, W_v), _attend(x, W_q, W_k, W_v).float())


@exercise.item(
    "a token sees only what its mask shows",
    points=4,
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
    "a token that may look at nothing",
    points=2,
    sentence="Its output is all 0, not nan and not an average.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, W_q, W_k, W_v = _inputs(draw)
    mask = draw.mask(len(x), len(x))
    mask[draw.integer(0, len(x) - 1)] = False
    want = _attend(x, W_q, W_k, W_v, mask).float()
    expect_close(learner.self_attention(x, W_q, W_k, W_v, mask), want)


@exercise.item(
    "a batch, and tokens in any order",
    points=3,
    sentence="Leading axes stay, each sequence keeps to itself, and when the tokens are shuffled "
    "the outputs are shuffled with them.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size = draw.integer(2, 3)
    x, W_q, W_k, W_v = _inputs(draw, batch_size)
    x = x / 2
    want = _attend(x, W_q, W_k, W_v).float()
    expect_close(learner.self_attention(x, W_q, W_k, W_v), want)
    order = draw.order(x.shape[-2])
    expect_close(learner.self_attention(x[:, order], W_q, W_k, W_v), want[:, order])
    mask = draw.mask(batch_size, 1, x.shape[-2])
    mask[0] = False  # a sequence that is all padding, beside others that are not
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
    mask = draw.mask(seq_len, seq_len)
    mask[0] = False
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


@exercise.misconception("The scores are not scaled. Divide them by √d_head.")
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
