"""Attention tile by tile: exact, and never a table of all scores."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="flash_attention",
    points=18,
    exports=("flash_attention",),
    not_allowed=(
        "torch.softmax",
        "torch.nn.functional.softmax",
        "torch.Tensor.softmax",
        "torch.nn.functional.scaled_dot_product_attention",
        "course_lib.kernels.flash_attention.flash_attention",
        "course_lib.kernels.flash_forward.flash_forward",
        "course_lib.kernels.flash_tiles.TileGrid",
        "course_lib.kernels.flash_tiles.hide",
        "course_lib.kernels.online_softmax.start",
        "course_lib.kernels.online_softmax.add_piece",
        "course_lib.kernels.online_softmax.finish",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.masked_softmax",
        "course_lib.attention.grouped_attention",
        "course_lib.attention_paths.explicit_attention",
        "course_lib.attention_paths.fused_attention",
    ),
    hints=(
        "Two loops: over the tiles of queries, and inside over the tiles of keys. Inside, carry "
        "three things for each query of the tile: the largest score so far, the sum of the "
        "exponentials, and the sum of the values times these exponentials. When the maximum "
        "grows, sum *and* mixture are scaled down. Divide once, behind the inner loop.",
        "A slice that runs past the end is simply shorter: no tile needs padding. For `causal`, "
        "number the queries and keys of the tile with `torch.arange`: query i stands at "
        "position i + (Tk − Tq). Hide with −∞ *before* the maximum is taken. A query that saw "
        "nothing has the maximum −∞ (subtract 0 in its place) and the sum 0 (divide by 1).",
    ),
    time_limit_s=30.0,
    memory_limit_mib=192,
)

LONG = 16_384
N_LOOKED_AT = 12  # queries of the long case whose results are judged

Qkv = tuple[Tensor, Tensor, Tensor]


def _expected(q: Tensor, k: Tensor, v: Tensor, causal: bool, rows: Tensor | None = None) -> Tensor:
    """Compute what is expected for some queries, or all, in float64 and in one piece."""
    n_queries, n_keys = q.shape[2], k.shape[2]
    rows = torch.arange(n_queries) if rows is None else rows
    scores = q[:, :, rows].double() @ k.double().mT * q.shape[3] ** -0.5
    if causal:
        last = rows + (n_keys - n_queries)
        scores = scores.masked_fill(torch.arange(n_keys) > last[:, None], -torch.inf)
    largest = scores.amax(dim=-1, keepdim=True).clamp(min=-1e30)
    powers = (scores - largest).exp()
    total = powers.sum(dim=-1, keepdim=True)
    return (powers @ v.double() / total.where(total > 0, 1.0)).to(q.dtype)


def _qkv(
    draw: Draw, n_queries: int, n_keys: int, *, like: int = 1, dtype: torch.dtype = torch.float32
) -> Qkv:
    """Draw queries, keys and values; sizes all differ, and scores grow along the keys."""
    if draw.small:
        batch_size, n_heads, d_head, d_value = 1, 1, 2, 1
    else:
        batch_size, n_heads, d_head, d_value = 2, 3, draw.choice((4, 5)), draw.choice((6, 7))
    leading = (batch_size, n_heads)
    q = draw.normal(*leading, n_queries, d_head, dtype=dtype)
    k = draw.normal(*leading, n_keys, d_head, dtype=dtype)
    v = draw.normal(*leading, n_keys, d_value, dtype=dtype)
    rising = torch.linspace(0.2, 2.5, n_keys, dtype=dtype)[:, None]
    return q, k * rising, v + like


def _whole_tiles(draw: Draw) -> tuple[int, int, int, int]:
    """Draw numbers of queries and keys that their tiles divide: three of queries, four of keys."""
    block_q, block_k = (1, 2) if draw.small else (draw.integer(2, 3), draw.integer(4, 5))
    return 3 * block_q, 4 * block_k, block_q, block_k


@exercise.item(
    "one tile of keys",
    points=2,
    sentence="With a tile of keys that holds all of them each query mixes the values by the "
    "softmax of its scores, the dot products over √Dh.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_queries, n_keys, block_q, _ = _whole_tiles(draw)
    q, k, v = _qkv(draw, n_queries, n_keys)
    got = learner.flash_attention(q, k, v, block_q, n_keys, causal=False)
    expect_close(got, _expected(q, k, v, causal=False))


@exercise.item(
    "tile after tile",
    points=4,
    sentence="When a tile of keys brings a larger score, both the sum and the mixture so far are "
    "scaled down to the new maximum.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_queries, n_keys, block_q, block_k = _whole_tiles(draw)
    q, k, v = _qkv(draw, n_queries, n_keys)
    for keys, values in ((k, v), (k.flip(2), v.flip(2))):
        got = learner.flash_attention(q, keys, values, block_q, block_k, causal=False)
        expect_close(got, _expected(q, k, v, causal=False))


@exercise.item(
    "ragged last tiles",
    points=3,
    sentence="The last tile of queries and the last tile of keys may hold fewer: nothing stands in "
    "place of what is missing, neither in the sum nor in the result.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_queries, n_keys, block_q, block_k = _whole_tiles(draw)
    n_keys = n_keys - 1
    q, k, v = _qkv(draw, n_queries - block_q + 1, n_keys)
    got = learner.flash_attention(q, k, v, block_q, block_k, causal=False)
    expect_close(got, _expected(q, k, v, causal=False))
    got = learner.flash_attention(q, k, v, 100, 200, causal=False)
    expect_close(got, _expected(q, k, v, causal=False))


@exercise.item(
    "causal, inside the tiles too",
    points=2,
    sentence="With `causal`, a query sees no key behind its own position: in the tiles that the "
    "diagonal cuts it is drawn between single keys.",
)
def _(learner: Learner, draw: Draw) -> None:
    block_q, block_k = (2, 3) if draw.small else draw.choice(((3, 5), (4, 3)))
    seq_len = block_q * block_k  # whole tiles of both kinds: ragged ones are judged elsewhere
    q, k, v = _qkv(draw, seq_len, seq_len)
    got = learner.flash_attention(q, k, v, block_q, block_k, causal=True)
    expect_close(got, _expected(q, k, v, causal=True))


@exercise.item(
    "causal with more keys than queries, or fewer",
    points=2,
    sentence="The queries are the *last* positions of the keys' sequence: query i sees the keys up "
    "to i + (Tk − Tq). One that may see none gets zeros.",
)
def _(learner: Learner, draw: Draw) -> None:
    few, many = (2, 4) if draw.small else (draw.integer(4, 5), draw.integer(11, 13))
    for n_queries, n_keys in ((few, many), (many, few)):
        q, k, v = _qkv(draw, n_queries, n_keys)
        got = learner.flash_attention(q, k, v, 2, 3, causal=True)
        expect_close(got, _expected(q, k, v, causal=True))


@exercise.item(
    "large scores, float64, gradients",
    points=2,
    sentence="Large scores do not overflow; the result has the dtype of the queries; gradients "
    "flow to queries, keys and values; the inputs are unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_queries, n_keys, block_q, block_k = _whole_tiles(draw)
    q, k, v = _qkv(draw, n_queries, n_keys, dtype=torch.float64)
    far = k + 2000.0
    got = learner.flash_attention(q, far, v, block_q, block_k, causal=False)
    expect_close(got, _expected(q, far, v, causal=False))
    leaves = tuple(one.clone().requires_grad_() for one in (q, k, v))
    slopes = draw.normal(*got.shape, dtype=torch.float64)
    got, gradients = learner.flash_attention.vjp(slopes, *leaves, block_q, block_k, causal=True)
    want = _expected(*leaves, causal=True)
    expect_close(got, want)
    for one, expected in zip(gradients, torch.autograd.grad(want, leaves, slopes), strict=True):
        expect_gradient(one, expected)
    expect_unchanged(learner)


@exercise.item(
    f"{LONG:,} positions in little memory",
    points=3,
    sentence=f"At T = {LONG:,} the table of all scores would take 1 GiB; the call has "
    f"{exercise.memory_limit_mib} MiB. Only one tile of block_q × block_k scores may exist at a "
    "time: cut the queries and the keys.",
)
def _(learner: Learner, draw: Draw) -> None:
    # What is wrong on a short sequence is not tried on the long one, which takes a second.
    q, k, v = _qkv(draw, 7, 9)
    got = learner.flash_attention(q, k, v, 4, 5, causal=True)
    expect_close(got, _expected(q, k, v, causal=True))
    block_q, block_k = draw.integer(4050, 4090), draw.integer(120, 127)
    q, k, v = (draw.normal(1, 1, LONG, 2) for _ in range(3))
    got = learner.flash_attention(q, k, v, block_q, block_k, causal=True)
    values = expect_tensor(got, v.shape, v.dtype)
    looked_at = torch.cat([torch.tensor([0, LONG - 1]), draw.integers(1, LONG - 2, N_LOOKED_AT)])
    expect_close(values[:, :, looked_at], _expected(q, k, v, causal=True, rows=looked_at))
