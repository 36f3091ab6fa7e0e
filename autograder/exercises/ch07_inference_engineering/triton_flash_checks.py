"""Attention by tiles as a Triton kernel, graded in Triton's interpreter; extra credit."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="triton_flash",
    points=10,
    exports=("triton_flash",),
    not_allowed=(
        "torch.matmul",
        "torch.bmm",
        "torch.mm",
        "torch.einsum",
        "torch.exp",
        "torch.exp2",
        "torch.softmax",
        "torch.nn.functional.softmax",
        "torch.logsumexp",
        "torch.nn.functional.scaled_dot_product_attention",
        "course_lib.kernels.flash_triton.flash_attention_triton",
        "course_lib.kernels.flash_triton_forward.forward_kernel",
        "course_lib.kernels.flash_triton_tiles.load_rows",
        "course_lib.kernels.flash_triton_tiles.store_rows",
        "course_lib.kernels.flash_triton_tiles.hide",
    ),
    hints=(
        "One program handles one tile of queries of one sequence. Numbers are reached by address: "
        "number d of row i of sequence n lies at (n · T + i) · D + d behind the pointer. "
        "`tl.arange` makes the rows and the columns, `[:, None]` and `[None, :]` make a table of "
        "addresses of them, and a mask keeps rows that do not exist from being read or written.",
        "The loop over the keys is that of `flash_attention`: maximum, sum and mixture, each "
        "scaled when the maximum grows. Keys that do not exist are read as 0, so their *scores* "
        "have to be hidden: `tl.where(…, scores, float('-inf'))`. Begin the maximum with a large "
        "negative number, not with −∞, and take 1 for a sum of 0 before you divide.",
    ),
    time_limit_s=20.0,
    bonus=True,
)

BLOCK = 16  # rows of a tile in the launch that is given

Qkv = tuple[Tensor, Tensor, Tensor]


def _expected(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Compute what is expected in float64 and in one piece."""
    n_queries, n_keys = q.shape[1], k.shape[1]
    scores = q.double() @ k.double().mT * q.shape[2] ** -0.5
    if causal:
        last = torch.arange(n_queries) + (n_keys - n_queries)
        scores = scores.masked_fill(torch.arange(n_keys) > last[:, None], -torch.inf)
    largest = scores.amax(dim=-1, keepdim=True).clamp(min=-1e30)
    powers = (scores - largest).exp()
    total = powers.sum(dim=-1, keepdim=True)
    return (powers @ v.double() / total.where(total > 0, 1.0)).to(q.dtype)


def _qkv(draw: Draw, n_queries: int, n_keys: int, width: int = BLOCK) -> Qkv:
    """Draw queries, keys and values whose scores grow along the keys."""
    n_rows = 1 if draw.small else 2
    q, k, v = (draw.normal(n_rows, n, width) for n in (n_queries, n_keys, n_keys))
    return q, k * torch.linspace(0.2, 2.0, n_keys)[:, None], v + 1


@exercise.item(
    "whole tiles",
    points=3,
    sentence="Each program mixes the values for one tile of queries, from tile to tile of the "
    "keys; when a tile brings a larger score, the sum and the mixture are scaled down.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_queries, n_keys in ((BLOCK, 2 * BLOCK), (2 * BLOCK, 3 * BLOCK)):
        q, k, v = _qkv(draw, n_queries, n_keys)
        expect_close(learner.triton_flash(q, k, v, causal=False), _expected(q, k, v, False))


@exercise.item(
    "tiles that are not full",
    points=3,
    sentence="Rows past the end are neither read nor written, and keys that do not exist take no "
    "part in the softmax.",
)
def _(learner: Learner, draw: Draw) -> None:
    for extra in (1, draw.integer(5, 9)):
        q, k, v = _qkv(draw, BLOCK + extra, 2 * BLOCK + 1 + extra)
        expect_close(learner.triton_flash(q, k, v, causal=False), _expected(q, k, v, False))
    q, k, v = _qkv(draw, 3, 5)
    expect_close(learner.triton_flash(q, k, v, causal=False), _expected(q, k, v, False))


@exercise.item(
    "causal",
    points=2,
    sentence="With `causal`, query i sees the keys up to i + (Tk − Tq); one that may see none gets "
    "zeros.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_queries, n_keys in ((BLOCK + 3, BLOCK + 3), (5, BLOCK + 6), (BLOCK + 6, 5)):
        q, k, v = _qkv(draw, n_queries, n_keys)
        expect_close(learner.triton_flash(q, k, v, causal=True), _expected(q, k, v, True))


@exercise.item(
    "large scores, wide heads",
    points=2,
    sentence="Large scores do not overflow, heads may be wider than a tile, and the inputs are "
    "unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, BLOCK + 1, BLOCK + 4, 2 * BLOCK)
    for factor in (1.0, 60.0):
        got = learner.triton_flash(q, factor * k, v, causal=False)
        expect_close(got, _expected(q, factor * k, v, False), rtol=1e-3, atol=1e-3)
    expect_unchanged(learner)
