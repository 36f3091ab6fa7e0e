"""Attention whose query heads share keys and values in runs."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="grouped_query_attention",
    points=8,
    exports=("grouped_query_attention",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
        "course_lib.attention.grouped_attention",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention_paths.explicit_attention",
        "course_lib.attention_paths.fused_attention",
        "course_lib.kernels.flash_attention.flash_attention",
    ),
    hints=(
        "With H query heads and H_kv key/value heads, each of the latter serves H / H_kv query "
        "heads that stand next to each other: of six query heads and two key/value heads, 0, 1 "
        "and 2 use the first, 3, 4 and 5 the second.",
        "Two ways. Copy each key/value head as often as it is used, copies side by side: "
        "`repeat_interleave` along the axis of heads (`repeat` would give 0, 1, 0, 1). Or cut the "
        "axis of query heads into (H_kv, H / H_kv), give keys and values an axis of length 1 "
        "there, and let them broadcast: nothing is copied.",
    ),
    time_limit_s=5.0,
)

Qkv = tuple[Tensor, Tensor, Tensor]


def _expected(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Compute what is expected in float64, head by head."""
    n_sharing = q.shape[1] // k.shape[1]
    heads = []
    for head in range(q.shape[1]):
        keys, values = k[:, head // n_sharing].double(), v[:, head // n_sharing].double()
        scores = q[:, head].double() @ keys.mT * q.shape[3] ** -0.5
        powers = (scores - scores.amax(dim=-1, keepdim=True)).exp()
        heads.append(powers @ values / powers.sum(dim=-1, keepdim=True))
    return torch.stack(heads, dim=1).to(q.dtype)


def _qkv(draw: Draw, n_kv_heads: int, n_sharing: int, dtype: torch.dtype = torch.float32) -> Qkv:
    """Draw queries, keys and values; the heads of each differ much."""
    batch_size, seq_len, d_head = (1, 2, 2) if draw.small else (2, draw.integer(5, 7), 4)
    own = (batch_size, n_kv_heads * n_sharing, seq_len, d_head)
    shared = (batch_size, n_kv_heads, seq_len, d_head)
    q, k, v = (draw.normal(*one, scale=1.5, dtype=dtype) for one in (own, shared, shared))
    return q, k, v


@exercise.item(
    "neighbours share keys and values",
    points=3,
    sentence="Of H query heads the first H / H_kv use the first key/value head, the next ones the "
    "second, and so on.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_kv_heads, n_sharing = (2, 2) if draw.small else draw.choice(((2, 3), (3, 2), (3, 4)))
    q, k, v = _qkv(draw, n_kv_heads, n_sharing)
    expect_close(learner.grouped_query_attention(q, k, v), _expected(q, k, v))


@exercise.item(
    "one head for all",
    points=2,
    sentence="With a single key/value head all query heads share it, and still each asks its own "
    "question.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, 1, 2 if draw.small else draw.integer(3, 5))
    expect_close(learner.grouped_query_attention(q, k, v), _expected(q, k, v))


@exercise.item(
    "as many of one as of the other",
    points=1,
    sentence="With H = H_kv each query head has keys and values of its own: plain attention of "
    "several heads.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, 2 if draw.small else draw.integer(3, 5), 1)
    expect_close(learner.grouped_query_attention(q, k, v), _expected(q, k, v))


@exercise.item(
    "gradients of a shared head, float64",
    points=2,
    sentence="The gradient of a shared key or value is the sum over all query heads that use it; "
    "the result has the dtype of the queries, and the inputs are unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    leaves = tuple(one.requires_grad_() for one in _qkv(draw, 2, 3, torch.float64))
    slopes = draw.normal(*leaves[0].shape, dtype=torch.float64)
    got, gradients = learner.grouped_query_attention.vjp(slopes, *leaves)
    want = _expected(*leaves)
    expect_close(got, want)
    for one, expected in zip(gradients, torch.autograd.grad(want, leaves, slopes), strict=True):
        expect_gradient(one, expected)
    expect_unchanged(learner)


@exercise.misconception(
    "The key/value heads take turns (0, 1, 0, 1): that is `repeat`. Neighbouring query heads share "
    "one (0, 0, 1, 1): `repeat_interleave`."
)
def takes_turns(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Repeat the whole run of heads."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat(1, n_sharing, 1, 1), v.repeat(1, n_sharing, 1, 1)
    return (q @ k.mT / q.shape[3] ** 0.5).softmax(-1) @ v


@exercise.misconception(
    "The scores are scaled by the width of all heads together. Each product runs over the width of "
    "a *head*: divide by √Dh."
)
def scaled_by_the_model(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Scale by H · Dh."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(n_sharing, 1), v.repeat_interleave(n_sharing, 1)
    return (q @ k.mT / (q.shape[1] * q.shape[3]) ** 0.5).softmax(-1) @ v


@exercise.misconception(
    "The queries of the heads that share keys are averaged, so that they all give the same. They "
    "share keys and values, not questions: each query head has weights and a mixture of its own."
)
def heads_averaged(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Ask one question for each key/value head."""
    n_sharing = q.shape[1] // k.shape[1]
    asked = q.unflatten(1, (-1, n_sharing)).mean(2)
    found = (asked @ k.mT / q.shape[3] ** 0.5).softmax(-1) @ v
    return found.repeat_interleave(n_sharing, 1)


@exercise.misconception(
    "All query heads use the first key/value head; the others are never read. Only with a single "
    "one would that be right."
)
def first_head_for_all(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Let everything broadcast against one head."""
    return (q @ k[:, :1].mT / q.shape[3] ** 0.5).softmax(-1) @ v[:, :1]


@exercise.misconception(
    "Keys and values are paired in different orders: one is repeated in a run (0, 0, 1, 1), the "
    "other in turn (0, 1, 0, 1). A query head takes key *and* value from the same head."
)
def values_take_turns(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Repeat the two in two ways."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(n_sharing, 1), v.repeat(1, n_sharing, 1, 1)
    return (q @ k.mT / q.shape[3] ** 0.5).softmax(-1) @ v


@exercise.misconception(
    "The key/value heads are averaged into one before anything is compared. Grouping shares heads "
    "out; it does not mix them."
)
def keys_averaged(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Mix the heads that are to be shared out."""
    k, v = k.mean(1, keepdim=True), v.mean(1, keepdim=True)
    return (q @ k.mT / q.shape[3] ** 0.5).softmax(-1) @ v


@exercise.misconception("The scores are not scaled: divide each product by √Dh.")
def no_scale(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Leave the root out."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(n_sharing, 1), v.repeat_interleave(n_sharing, 1)
    return (q @ k.mT).softmax(-1) @ v


@exercise.misconception(
    "The softmax runs over the queries. Each query shares its attention out over the *keys*: the "
    "last axis of the scores."
)
def softmax_over_queries(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Take the axis before the last."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(n_sharing, 1), v.repeat_interleave(n_sharing, 1)
    return (q @ k.mT / q.shape[3] ** 0.5).softmax(-2) @ v


@exercise.misconception(
    "Each key/value head comes back once, not each query head: the result has H heads, as many as "
    "there are queries."
)
def one_result_a_group(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Add the query heads of a group up."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(n_sharing, 1), v.repeat_interleave(n_sharing, 1)
    found = (q @ k.mT / q.shape[3] ** 0.5).softmax(-1) @ v
    return found.unflatten(1, (-1, n_sharing)).mean(2)


@exercise.alternative
def copied_for_each_query_head(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Copy keys and values, and attend as always."""
    n_sharing = q.size(1) // k.size(1)
    k = torch.repeat_interleave(k, n_sharing, dim=1)
    v = torch.repeat_interleave(v, n_sharing, dim=1)
    weights = torch.softmax(torch.matmul(q, k.transpose(-2, -1)) * q.size(-1) ** -0.5, dim=-1)
    return torch.matmul(weights, v)


@exercise.alternative
def by_index(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Say of each query head which key/value head it uses."""
    used = torch.arange(q.shape[1], device=q.device) * k.shape[1] // q.shape[1]
    scores = torch.einsum("bhid,bhjd->bhij", q, k[:, used]) / q.shape[3] ** 0.5
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    return torch.einsum("bhij,bhjd->bhid", powers / powers.sum(-1, keepdim=True), v[:, used])


@exercise.alternative
def as_longer_sequences(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Let the queries of all heads that share keys stand below each other."""
    batch_size, n_heads, seq_len, d_head = q.shape
    n_kv_heads = k.shape[1]
    rows = q.reshape(batch_size, n_kv_heads, -1, d_head)
    found = (rows @ k.mT / d_head**0.5).softmax(dim=3) @ v
    return found.reshape(batch_size, n_heads, seq_len, d_head)


@exercise.alternative
def head_by_head(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Go through the key/value heads and the queries of each."""
    found = []
    for queries, keys, values in zip(
        q.chunk(k.shape[1], dim=1), k.unbind(1), v.unbind(1), strict=True
    ):
        for one in queries.unbind(1):
            scores = one.bmm(keys.transpose(1, 2)) / one.shape[2] ** 0.5
            found.append(scores.softmax(2).bmm(values))
    return torch.stack(found, dim=1)
