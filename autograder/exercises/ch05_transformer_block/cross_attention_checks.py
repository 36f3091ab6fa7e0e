"""Cross-attention: one sequence asks, another one answers."""

import math

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="cross_attention",
    points=8,
    exports=("cross_attention",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.attention.attention_scores",
        "course_lib.attention.masked_softmax",
        "course_lib.attention.grouped_attention",
        "course_lib.attention_paths.explicit_attention",
        "course_lib.attention_paths.fused_attention",
    ),
    hints=(
        "Who looks? The positions of x: they make the queries. What is looked at? The memory: it "
        "makes keys and values. The scores have one row a position of x and one column a position "
        "of the memory.",
        "The mask (B, Tk) says which columns there are; `memory_mask.unsqueeze(1)` or "
        "`memory_mask[:, None, :]` makes it fit all rows. Where a sentence has no memory at all, "
        "set the weights to 0 after the softmax, and let no row of nothing but −∞ get into it: "
        "its gradient is nan.",
    ),
    time_limit_s=5.0,
)

Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def _attend(
    x: Tensor,
    memory: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """Compute what is expected, sentence by sentence, in float64, differentiably."""
    x, memory, W_q, W_k, W_v = (one.double() for one in (x, memory, W_q, W_k, W_v))
    outputs = []
    for i, sentence in enumerate(x):
        seen = memory[i] if memory_mask is None else memory[i][memory_mask[i]]
        scores = sentence @ W_q @ (seen @ W_k).mT / math.sqrt(W_q.shape[1])
        # Without any memory the product runs over no key, and is 0.
        outputs.append(scores.softmax(-1) @ (seen @ W_v))
    return torch.stack(outputs)


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> Inputs:
    """Draw sentences, memories of another length and width, and weights; all sizes differ."""
    batch_size, n_queries, n_keys, d_model, d_memory, d_head, d_value = draw.sizes(7)
    return (
        draw.normal(batch_size, n_queries, d_model, scale=0.6, dtype=dtype),
        draw.normal(batch_size, n_keys, d_memory, scale=0.6, dtype=dtype),
        draw.normal(d_model, d_head, dtype=dtype),
        draw.normal(d_memory, d_head, dtype=dtype),
        draw.normal(d_memory, d_value, dtype=dtype),
    )


def _alike(draw: Draw) -> Inputs:
    """Draw sentences and memories of one length and width, and square weights: everything fits."""
    batch_size, seq_len, d_model = draw.sizes(3)
    x, memory = (draw.normal(batch_size, seq_len, d_model, scale=0.6) for _ in range(2))
    W_q, W_k, W_v = (draw.normal(d_model, d_model) for _ in range(3))
    return x, memory, W_q, W_k, W_v


def _mask(draw: Draw, memory: Tensor) -> Tensor:
    """Draw what may be seen; the first sentence sees all but one key, so it has weights to share.

    Where every sentence sees a single key, that has all the weight, whatever its score.
    """
    batch_size, n_keys, _ = memory.shape
    mask = draw.mask(batch_size, n_keys)
    mask[0] = torch.arange(n_keys) != draw.integer(0, n_keys - 1)
    return mask


@exercise.item(
    "x asks, the memory answers",
    points=3,
    sentence="Queries are x W_q; keys and values are memory W_k and memory W_v. The scale is the "
    "root of the width of the queries, the softmax runs over the memory, and the result has one "
    "row a position of x.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    expect_close(learner.cross_attention(*inputs), _attend(*inputs).float())
    alike = _alike(draw)
    expect_close(learner.cross_attention(*alike), _attend(*alike).float())


@exercise.item(
    "the whole memory can be seen",
    points=1,
    sentence="No position is before another here: the first position of x sees the last of the "
    "memory, and shuffling the memory changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, memory, *weights = _alike(draw)
    want = _attend(x, memory, weights[0], weights[1], weights[2]).float()
    shuffled = memory[:, draw.order(memory.shape[1])]
    expect_close(learner.cross_attention(x, shuffled, *weights), want)


@exercise.item(
    "padding of the memory",
    points=2,
    sentence="memory_mask (B, Tk) is True where the memory may be looked at; it hides keys, each "
    "sentence's own, and what is hidden changes nothing, however low the others score.",
)
def _(learner: Learner, draw: Draw) -> None:
    for x, memory, W_q, W_k, W_v in (_inputs(draw), _alike(draw)):
        mask = _mask(draw, memory)
        want = _attend(x, memory, W_q, W_k, W_v, mask).float()
        expect_close(learner.cross_attention(x, memory, W_q, W_k, W_v, mask), want)
        other = torch.where(mask.unsqueeze(-1), memory, memory + 50.0)
        got = learner.cross_attention(x, other, W_q, W_k, W_v, memory_mask=mask)
        expect_close(got, want)
    _expect_below_every_number(learner, draw)


def _expect_below_every_number(learner: Learner, draw: Draw) -> None:
    """Judge that a hidden key has no weight where all others score below −10⁹."""
    x, memory, _, _, W_v = _inputs(draw)
    x[:, :, 0] = 1.0
    memory[:, :, 0] = torch.arange(1, memory.shape[1] + 1)
    # Queries are 10⁵ and keys −10⁵, −2 · 10⁵, …: the first key that is seen has all the weight.
    W_q, W_k = torch.zeros(x.shape[2], 1), torch.zeros(memory.shape[2], 1)
    W_q[0], W_k[0] = 1e5, -1e5
    mask = draw.mask(*memory.shape[:2])
    want = _attend(x, memory, W_q, W_k, W_v, mask).float()
    expect_close(learner.cross_attention(x, memory, W_q, W_k, W_v, mask), want)


@exercise.item(
    "no memory at all",
    points=1,
    sentence="A sentence whose memory is hidden altogether gets rows of 0, not nan and not a mean.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, memory, W_q, W_k, W_v = _inputs(draw)
    mask = _mask(draw, memory)
    mask[draw.integer(1, len(mask) - 1)] = False
    want = _attend(x, memory, W_q, W_k, W_v, mask).float()
    expect_close(learner.cross_attention(x, memory, W_q, W_k, W_v, mask), want)


@exercise.item(
    "everything learns",
    points=1,
    sentence="Gradients reach x, the memory and all three weights and hold no nan; float64 stays "
    "float64, and the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, torch.float64)
    some = draw.mask(*inputs[1].shape[:2])
    some[0] = False
    for mask in (some, None):
        own = [one.clone().requires_grad_() for one in inputs]
        want = _attend(own[0], own[1], own[2], own[3], own[4], mask)
        cotangent = draw.normal(*want.shape, dtype=torch.float64)
        got, gradients = learner.cross_attention.vjp(
            cotangent, *(one.clone().requires_grad_() for one in inputs), mask
        )
        expect_close(got, want)
        for gradient, expected in zip(
            gradients, torch.autograd.grad(want, own, cotangent), strict=True
        ):
            expect_gradient(gradient, expected)
    expect_unchanged(learner)
