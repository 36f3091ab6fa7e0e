"""One step of decoding with a cache: one new token, and keys and values of all before it."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="decode_step",
    points=14,
    exports=("decode_step",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
        "course_lib.generation.kv_cache.PlainCache",
        "course_lib.generation.kv_cache.SlidingCache",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.grouped_attention",
        "course_lib.attention.split_heads",
        "course_lib.attention.merge_heads",
        "course_lib.attention_layer.AttentionLayer",
        "course_lib.attention_paths.explicit_attention",
        "course_lib.attention_paths.fused_attention",
    ),
    hints=(
        "The new token makes three things: a query, which is used once and thrown away, and a key "
        "and a value, which are kept. Put key and value behind those that are kept *before* the "
        "query looks: a token looks at itself too.",
        "`x @ W_k` is (B, 1, H·Dh). Cut the last axis into H heads of Dh numbers, and move the "
        "axis of heads in front of the one of positions. `torch.cat` along the positions makes new "
        "tensors and leaves the old ones alone. The scores are divided by the root of the "
        "width of a head. In the end the heads go side by side again, and through W_o.",
    ),
    time_limit_s=5.0,
)

Cache = tuple[Tensor, Tensor]
Weights = tuple[Tensor, Tensor, Tensor, Tensor]


def _weights(
    draw: Draw, d_model: int, n_heads: int, d_head: int, dtype: torch.dtype = torch.float32
) -> Weights:
    inner = n_heads * d_head
    W_q, W_k, W_v = (draw.normal(d_model, inner, scale=0.7, dtype=dtype) for _ in range(3))
    return W_q, W_k, W_v, draw.normal(inner, d_model, dtype=dtype)


def _step(x: Tensor, cache: Cache, weights: Weights, n_heads: int) -> tuple[Tensor, Cache]:
    """Compute what is expected in float64, head by head."""
    W_q, W_k, W_v, W_o = (one.double() for one in weights)
    token, d_head = x.double(), W_q.shape[1] // n_heads
    y = torch.zeros_like(token)
    grown: tuple[list[Tensor], list[Tensor]] = ([], [])
    for head in range(n_heads):
        own = slice(head * d_head, (head + 1) * d_head)
        k = torch.cat([cache[0][:, head].double(), token @ W_k[:, own]], dim=1)  # B T+1 Dh
        v = torch.cat([cache[1][:, head].double(), token @ W_v[:, own]], dim=1)
        powers = (token @ W_q[:, own] @ k.mT / d_head**0.5).exp()  # B 1 T+1
        y = y + powers @ v / powers.sum(-1, keepdim=True) @ W_o[own]
        grown[0].append(k)
        grown[1].append(v)
    k, v = (torch.stack(kept, dim=1).to(x.dtype) for kept in grown)
    return y.to(x.dtype), (k, v)


def _empty(x: Tensor, n_heads: int, d_head: int) -> Cache:
    nothing = x.new_zeros(x.shape[0], n_heads, 0, d_head)
    return nothing, nothing.clone()


def _drawn(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Cache, Weights, int]:
    """Draw a token, a cache of several positions, the weights and the number of heads."""
    if draw.small:
        batch_size, n_heads, seq_len, d_head, d_model = 1, 2, draw.integer(1, 2), 2, 3
    else:
        batch_size, n_heads, seq_len, d_head, d_model = draw.sizes(5)
    x = draw.normal(batch_size, 1, d_model, dtype=dtype)
    k, v = (draw.normal(batch_size, n_heads, seq_len, d_head, dtype=dtype) for _ in range(2))
    return x, (k, v), _weights(draw, d_model, n_heads, d_head, dtype), n_heads


def _parts(got: object) -> tuple[object, Cache]:
    """Take result and cache apart."""
    if type(got) is not tuple or len(got) != 2:
        raise CheckError("the result is not a pair (y, cache)", got)
    y, cache = got
    if type(cache) is not tuple or len(cache) != 2:
        raise CheckError("the cache is not a pair (k, v)", cache)
    return y, cache


@exercise.item(
    "the cache grows by one position",
    points=3,
    sentence="The new key and value stand behind the kept ones, along the axis of positions; all "
    "that was kept stays what it was.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, cache, weights, n_heads = _drawn(draw)
    _, got = _parts(learner.decode_step(x, cache, *weights, n_heads))
    expect_close(got, _step(x, cache, weights, n_heads)[1])


@exercise.item(
    "the first token",
    points=2,
    sentence="With an empty cache the token looks at itself alone: its own value, through W_o.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, (k, _), weights, n_heads = _drawn(draw)
    cache = _empty(x, n_heads, k.shape[3])
    got = learner.decode_step(x, cache, *weights, n_heads)
    _parts(got)
    expect_close(got, _step(x, cache, weights, n_heads))


@exercise.item(
    "the query looks at all positions",
    points=4,
    sentence="The query is compared with every kept key and with that of its own token, each "
    "product over √Dh; the softmax runs over the positions, each head's for itself.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, cache, weights, n_heads = _drawn(draw)
    y, _ = _parts(learner.decode_step(x, cache, *weights, n_heads))
    expect_close(y, _step(x, cache, weights, n_heads)[0])


@exercise.item(
    "step after step",
    points=2,
    sentence="The cache that comes back goes into the next step: three tokens, one after the "
    "other, see what three positions under a causal mask would see.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, (k, _), weights, n_heads = _drawn(draw)
    mine = yours = _empty(x, n_heads, k.shape[3])
    for _ in range(3):
        x = draw.normal(*x.shape)
        want, mine = _step(x, mine, weights, n_heads)
        y, yours = _parts(learner.decode_step(x, yours, *weights, n_heads))
        expect_close(y, want)


@exercise.item(
    "the cache is a value",
    points=2,
    sentence="The cache that was handed in is what it was: whoever kept it can go on from there "
    "with another token. The other arguments are unchanged too.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, cache, weights, n_heads = _drawn(draw)
    _parts(learner.decode_step(x, cache, *weights, n_heads))
    expect_unchanged(learner)
    other = draw.normal(*x.shape)
    got = learner.decode_step(other, cache, *weights, n_heads)
    expect_close(_parts(got)[1], _step(other, cache, weights, n_heads)[1])
    expect_true(len(learner.calls) > 1, "no second step was made")


@exercise.item(
    "float64, and gradients",
    points=1,
    sentence="The result has the dtype of the inputs, and gradients flow back to the token and "
    "the weights.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, cache, weights, n_heads = _drawn(draw, torch.float64)
    slopes = draw.normal(*x.shape, dtype=torch.float64)
    x.requires_grad_()
    W_k = weights[1].requires_grad_()
    got, gradients = learner.decode_step.vjp((slopes,), x, cache, *weights, n_heads)
    _parts(got)
    want = _step(x, cache, weights, n_heads)
    expect_close(got, want)
    for one, expected in zip(
        gradients, torch.autograd.grad(want[0], (x, W_k), slopes), strict=True
    ):
        expect_gradient(one, expected)
