"""Several heads side by side, as a module that owns its four projections."""  # noqa: N999

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner, LearnerInstance

exercise = Exercise(
    name="MultiHeadAttention",
    points=18,
    exports=("MultiHeadAttention",),
    classes={"MultiHeadAttention": ()},
    not_allowed=(
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.TransformerEncoderLayer",
        "course_lib.attention.MultiHeadAttention",
        "course_lib.attention.grouped_attention",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.masked_softmax",
        "course_lib.attention_layer.AttentionLayer",
    ),
    hints=(
        "Project, split, attend in every head at once, merge, project. With the heads on an axis "
        "of their own, (B, H, T, D/H), the scores of all heads are one product: `q @ k.mT`.",
        "Scale by the root of the width of a *head*. Hide with −∞ where the mask is False, take "
        "the softmax over the keys (the last axis), set rows without any key to 0, and give the "
        "merged heads to `self.to_out`.",
    ),
    time_limit_s=5.0,
)

PROJECTIONS = ("to_q", "to_k", "to_v", "to_out")


def _weights(draw: Draw, d_model: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Draw the four matrices, as `nn.Linear` keeps them."""
    scale = 1.5 / math.sqrt(d_model)
    return {
        f"{name}.weight": draw.normal(d_model, d_model, scale=scale, dtype=dtype)
        for name in PROJECTIONS
    }


def _attend(
    x: Tensor, weights: dict[str, Tensor], n_heads: int, mask: Tensor | None = None
) -> Tensor:
    """Compute what is expected, head by head, in float64, in the dtype of x."""
    q, k, v = (x.double() @ weights[f"{name}.weight"].double().T for name in PROJECTIONS[:3])
    width = x.shape[-1] // n_heads
    heads = []
    for head in range(n_heads):
        own = slice(head * width, (head + 1) * width)
        scores = q[..., own] @ k[..., own].mT / math.sqrt(width)
        if mask is not None:
            there = mask[:, 0] if mask.dim() > 2 else mask
            scores = scores.masked_fill(~there, -math.inf)
        shares = scores.softmax(-1).masked_fill((scores == -math.inf).all(-1, True), 0.0)
        heads.append(shares @ v[..., own])
    return (torch.cat(heads, -1) @ weights["to_out.weight"].double().T).to(x.dtype)


def _layer(learner: Learner, weights: dict[str, Tensor], n_heads: int) -> LearnerInstance:
    """Make the learner's layer with given weights."""
    layer = learner.MultiHeadAttention(len(weights["to_q.weight"]), n_heads)
    if weights["to_q.weight"].dtype == torch.float64:
        layer.double()
    try:
        layer.load_state_dict(weights)
    except RuntimeError as error:
        if ".bias" in str(error):  # torch's words name the missing keys and not the cause
            raise CheckError("the four layers have no bias: `nn.Linear(…, bias=False)`") from None
        raise
    return layer


def _inputs(
    draw: Draw, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, dict[str, Tensor], int]:
    """Draw a batch and weights; the sizes of all axes differ, the width of a head too."""
    batch_size, seq_len, n_heads, d_head = draw.sizes(4)
    d_model = n_heads * d_head
    x = draw.normal(batch_size, seq_len, d_model, dtype=dtype)
    return x, _weights(draw, d_model, dtype), n_heads


def _partly_blind(draw: Draw, seq_len: int) -> Tensor:
    """Draw a mask in which one query may look at nothing, and another one everywhere.

    Where each may look at one key alone, the scores would not matter.
    """
    mask = draw.mask(seq_len, seq_len)
    blind, seeing, *_ = draw.order(seq_len).tolist()
    mask[blind], mask[seeing] = False, True
    return mask


@exercise.item(
    "heads side by side",
    points=8,
    sentence="Each head attends with its own slice of queries, keys and values, scaled by the root "
    "of the head's width; the heads are merged and projected by to_out.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, weights, n_heads = _inputs(draw)
    expect_close(_layer(learner, weights, n_heads)(x), _attend(x, weights, n_heads))


@exercise.item(
    "one head is plain attention",
    points=2,
    sentence="With one head as wide as the model, it is the attention of chapter 2 and a "
    "projection.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, seq_len, d_model = draw.sizes(3)
    x, weights = draw.normal(batch_size, seq_len, d_model), _weights(draw, d_model)
    expect_close(_layer(learner, weights, 1)(x), _attend(x, weights, 1))


@exercise.item(
    "hidden keys count for nothing",
    points=4,
    sentence="True means: may look. A mask (T, T) holds for all sentences and heads, one of shape "
    "(B, 1, T, T) for each sentence; what is hidden changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, weights, n_heads = _inputs(draw)
    batch_size, seq_len, _ = x.shape
    causal = torch.ones(seq_len, seq_len, dtype=torch.bool).tril()
    layer = _layer(learner, weights, n_heads)
    expect_close(layer(x, causal), _attend(x, weights, n_heads, causal))
    own = draw.mask(batch_size, 1, seq_len, seq_len)
    expect_close(layer(x, mask=own), _attend(x, weights, n_heads, own))
    future = x.clone()
    future[:, -1] += 5.0
    got = expect_tensor(layer(future, causal), tuple(x.shape), torch.float32)
    expect_close(got[:, :-1], _attend(x, weights, n_heads, causal)[:, :-1])


@exercise.item(
    "who may look at nothing gets zeros",
    points=2,
    sentence="A query that may look at nothing gives a row of zeros, and no nan.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, weights, n_heads = _inputs(draw)
    mask = _partly_blind(draw, x.shape[1])
    expect_close(_layer(learner, weights, n_heads)(x, mask), _attend(x, weights, n_heads, mask))


@exercise.item(
    "gradients flow",
    points=2,
    sentence="Gradients reach x through every head and hold no nan; a layer turned to float64 "
    "computes in float64, and x is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, weights, n_heads = _inputs(draw, dtype=torch.float64)
    mask = _partly_blind(draw, x.shape[1])
    own = x.clone().requires_grad_()
    want = _attend(own, weights, n_heads, mask)
    cotangent = draw.normal(*x.shape, dtype=torch.float64)
    layer = _layer(learner, weights, n_heads)
    got, gradients = layer.vjp(cotangent, x.clone().requires_grad_(), mask)
    expect_close(got, want)
    expect_gradient(gradients[0], torch.autograd.grad(want, own, cotangent)[0])
    expect_unchanged(learner)
