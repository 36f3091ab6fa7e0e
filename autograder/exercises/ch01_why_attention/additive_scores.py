"""How well keys fit a query, as a small network judges it."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="additive_scores",
    points=10,
    exports=("additive_scores",),
    not_allowed=(
        "course_lib.early_attention.additive_scores",
        "course_lib.early_attention.additive_attention",
        "course_lib.early_attention.AdditiveAttention",
    ),
    hints=(
        "Bring query and keys to the same width first: one row for the query, one row for each "
        "key. Then the query is added to every row.",
        "`torch.tanh(query @ W_q + keys @ W_k)` has one row a key. Its product with `v`, the "
        "vector on the right, gives one number a row. No softmax: these are scores, not weights.",
    ),
    time_limit_s=5.0,
)


def _scores(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Compute what is expected, key by key, in float64, in the dtype of the query."""
    q, from_q, from_k, weigh = (one.double() for one in (query, W_q, W_k, v))
    return torch.stack(
        [((q @ from_q + key @ from_k).tanh() * weigh).sum() for key in keys.double()]
    ).to(query.dtype)


def _inputs(
    draw: Draw, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Draw a query and keys of different widths, and what brings them to a third."""
    n_keys, d_query, d_key, d_head = draw.sizes(4)
    return (
        draw.normal(d_query, dtype=dtype),
        draw.normal(n_keys, d_key, dtype=dtype),
        draw.normal(d_query, d_head, scale=0.5, dtype=dtype),
        draw.normal(d_key, d_head, scale=0.5, dtype=dtype),
        draw.normal(d_head, scale=2.0, dtype=dtype),
    )


@exercise.item(
    "v · tanh(query W_q + key W_k)",
    points=4,
    sentence="Each score is the weighted sum, with weights v, of the tanh of the projected query "
    "plus the projected key.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    expect_close(learner.additive_scores(*inputs), _scores(*inputs))


@exercise.item(
    "a score for each key, by itself",
    points=3,
    sentence="Scores are not shares: a key's score stays the same whatever the other keys are, and "
    "keys in another order give the same scores in that order.",
)
def _(learner: Learner, draw: Draw) -> None:
    query, keys, W_q, W_k, v = _inputs(draw)
    order = draw.order(len(keys))
    want = _scores(query, keys, W_q, W_k, v)
    expect_close(learner.additive_scores(query, keys[order], W_q, W_k, v), want[order])
    expect_close(learner.additive_scores(query, keys[:1], W_q, W_k, v), want[:1])


@exercise.item(
    "the bend saturates",
    points=2,
    sentence="A key as large as you like has no score beyond the sum of |v|: tanh acts before v "
    "weighs, component by component.",
)
def _(learner: Learner, draw: Draw) -> None:
    query, keys, W_q, W_k, v = _inputs(draw)
    expect_close(
        learner.additive_scores(query, 1000 * keys, W_q, W_k, v),
        _scores(query, 1000 * keys, W_q, W_k, v),
    )
    expect_close(
        learner.additive_scores(query, keys, W_q, W_k, 10 * v),
        10 * _scores(query, keys, W_q, W_k, v),
    )


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Gradients reach all five arguments, float64 stays float64, and nothing given is "
    "changed.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _scores(*own)
    cotangent = draw.normal(*want.shape, dtype=torch.float64)
    got, gradients = learner.additive_scores.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs)
    )
    expect_close(got, want)
    for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "Nothing bends the sum. Without tanh the score is one number from the query plus one from the "
    "key, so that the query shifts all scores alike and cannot prefer one key to another."
)
def no_tanh(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Weigh the plain sum."""
    return (query @ W_q + keys @ W_k) @ v


@exercise.misconception(
    "tanh comes after v. It bends each component of the sum first; then v weighs the bent "
    "components."
)
def tanh_after_v(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Bend the score itself."""
    return torch.tanh((query @ W_q + keys @ W_k) @ v)


@exercise.misconception(
    "You give weights. A softmax comes later; asked for are the scores before it, which need not "
    "be positive or sum to one."
)
def softmax_inside(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Go one step too far."""
    return (torch.tanh(query @ W_q + keys @ W_k) @ v).softmax(-1)


@exercise.misconception(
    "Query and key are bent apart and then added. The bend has to see their *sum*: only so does "
    "the score depend on how the two fit together."
)
def bent_apart(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Add two bends in place of bending a sum."""
    return (torch.tanh(query @ W_q) + torch.tanh(keys @ W_k)) @ v


@exercise.misconception(
    "Query and key are multiplied component by component. That is the idea of the dot product; the "
    "additive score adds them."
)
def multiplied(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Let the two meet in a product."""
    return torch.tanh((query @ W_q) * (keys @ W_k)) @ v


@exercise.alternative
def key_by_key(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Score one key after the other."""
    wanted = query @ W_q
    return torch.stack([torch.dot(v, torch.tanh(wanted + key @ W_k)) for key in keys])


@exercise.alternative
def side_by_side(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Write the query before every key, and one matrix above the other."""
    pairs = torch.cat([query.expand(len(keys), -1), keys], dim=1)
    return (pairs @ torch.cat([W_q, W_k])).tanh().matmul(v)


@exercise.alternative
def with_einsum(query: Tensor, keys: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Write every product with its indices."""
    total = torch.einsum("i,ih->h", query, W_q) + torch.einsum("ni,ih->nh", keys, W_k)
    return torch.einsum("h,nh->n", v, 2 * torch.sigmoid(2 * total) - 1)
