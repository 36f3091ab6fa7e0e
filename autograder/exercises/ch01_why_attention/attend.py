"""From scores to a mixture, where sentences of a batch have different lengths."""

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
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="attend",
    points=15,
    exports=("attend",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.MultiheadAttention",
        "course_lib.attention.masked_softmax",
        "course_lib.attention.scaled_dot_product_attention",
        "course_lib.early_attention.dot_attention",
        "course_lib.early_attention.general_attention",
        "course_lib.early_attention.additive_attention",
    ),
    hints=(
        "Which keys are there? Position j of sentence i counts while j < lengths[i]: compare "
        "`torch.arange(n)` with `lengths[:, None]`. All others must score −∞ *before* the softmax.",
        "A sentence of length 0 has nothing but −∞, and its softmax is nan. Leave its scores alone "
        "(hide only where the length is above 0), take the softmax, and set the whole row to 0 "
        "afterwards. The context is the weights, as a row, times the values.",
    ),
    time_limit_s=5.0,
)


def _parts(result: object) -> tuple[object, object]:
    """Take the answer apart, saying what is wrong when it is not a pair."""
    if type(result) is not tuple or len(result) != 2:
        raise CheckError("give two things: `return context, weights`", result)
    return result


def _attend(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Compute what is expected, sentence by sentence, in float64, in the dtype of the scores."""
    rows = []
    for row, length in zip(scores.double(), lengths.tolist(), strict=True):
        there = row[:length].softmax(0) if length else row[:0]
        rows.append(torch.cat([there, row.new_zeros(len(row) - length)]))
    weights = torch.stack(rows)
    context = torch.einsum("bn,bnd->bd", weights, values.double())
    return context.to(scores.dtype), weights.to(scores.dtype)


def _inputs(
    draw: Draw, dtype: torch.dtype = torch.float32, empty: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw scores whose largest stand behind the end, values, lengths: the first alone is whole."""
    batch_size, n_keys, d_value = draw.sizes(3)
    lengths = draw.integers(1, n_keys - 1, batch_size)
    lengths[0], lengths[1] = n_keys, max(1, n_keys // 2)
    if empty:
        lengths[1] = 0
    scores = draw.normal(batch_size, n_keys, scale=1.5, dtype=dtype)
    scores = scores + 3 * (torch.arange(n_keys) >= lengths[:, None])
    return scores, draw.normal(batch_size, n_keys, d_value, dtype=dtype), lengths


@exercise.item(
    "shares of what is there",
    points=4,
    sentence="The weights are the softmax of the scores at the first `length` positions, and "
    "exactly 0 behind them.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    _, weights = _parts(learner.attend(*inputs))
    expect_close(weights, _attend(*inputs)[1])
    shares = expect_tensor(weights, inputs[0].shape, torch.float32)
    behind = torch.arange(shares.shape[1]) >= inputs[2][:, None]
    expect_true((shares[behind] == 0).all(), "a position behind the end has weight", weights)


@exercise.item(
    "they sum to one",
    points=2,
    sentence="The weights of each sentence that is not empty sum to 1: what is behind the end is "
    "left out before the softmax, not after it.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    _, weights = _parts(learner.attend(*inputs))
    shares = expect_tensor(weights, inputs[0].shape, torch.float32)
    expect_close(shares.sum(-1), torch.ones(len(shares)))
    expect_close(weights, _attend(*inputs)[1])


@exercise.item(
    "the mixture",
    points=3,
    sentence="The context of each sentence is the sum of its values, each times its weight; it has "
    "shape (B, d).",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    context, _ = _parts(learner.attend(*inputs))
    expect_close(context, _attend(*inputs)[0])


@exercise.item(
    "what is behind the end does not matter",
    points=2,
    sentence="Other scores and other values behind the end of a sentence change nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    scores, values, lengths = _inputs(draw)
    behind = torch.arange(scores.shape[1]) >= lengths[:, None]
    others = scores.masked_fill(behind, 50.0), values.masked_fill(behind[..., None], -7.0)
    want = _attend(scores, values, lengths)
    expect_close(_parts(learner.attend(scores, values, lengths)), want)
    expect_close(_parts(learner.attend(*others, lengths)), want)
    # Behind the end stands minus infinity, below every number: below −10¹⁰ too.
    low = torch.where(behind, 0.0, -1e10)
    expect_close(_parts(learner.attend(low, values, lengths)), _attend(low, values, lengths))


@exercise.item(
    "an empty sentence gives zeros",
    points=3,
    sentence="A sentence of length 0 has zero weights and a zero context; the others are as ever. "
    "A nan that comes in with the scores is not yours to hide.",
)
def _(learner: Learner, draw: Draw) -> None:
    scores, values, lengths = _inputs(draw, empty=True)
    want = _attend(scores, values, lengths)
    expect_close(_parts(learner.attend(scores, values, lengths)), want)
    scores[0, 0] = math.nan
    _, weights = _parts(learner.attend(scores, values, lengths))
    shares = expect_tensor(weights, scores.shape, torch.float32)
    expect_true(shares[0].isnan().any(), "a nan in the scores was replaced by a number", weights)
    expect_close(shares[1:], want[1][1:])


@exercise.item(
    "gradients flow, and stay finite",
    points=1,
    sentence="Gradients reach scores and values and hold no nan, beside an empty sentence too; "
    "float64 stays float64, and nothing given is changed.",
)
def _(learner: Learner, draw: Draw) -> None:
    scores, values, lengths = _inputs(draw, dtype=torch.float64, empty=True)
    own = [scores.clone().requires_grad_(), values.clone().requires_grad_()]
    want = _attend(own[0], own[1], lengths)
    cotangent = tuple(draw.normal(*one.shape, dtype=torch.float64) for one in want)
    got, gradients = learner.attend.vjp(
        cotangent, scores.clone().requires_grad_(), values.clone().requires_grad_(), lengths
    )
    expect_close(_parts(got), want)
    for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "The weights behind the end are set to 0 after the softmax, so that the others sum to less "
    "than 1. Hide the scores *before* it, or divide again by the new sum."
)
def not_renormalised(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Cut the weights off, and leave it at that."""
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    weights = scores.softmax(-1) * there
    return (weights[:, None] @ values)[:, 0], weights


@exercise.misconception(
    "The scores behind the end are set to 0, and 0 is a score like any other: e⁰ = 1. Nothing has "
    "weight only at −∞."
)
def scores_set_to_zero(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Take 0 for nothing."""
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    weights = (scores * there).softmax(-1)
    return (weights[:, None] @ values)[:, 0], weights


@exercise.misconception(
    "One position too many is let in. Positions are counted from 0: a sentence of length 3 has "
    "0, 1 and 2, which is j < length."
)
def one_too_many(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Count the end in."""
    there = torch.arange(scores.shape[1]) <= lengths[:, None]
    weights = scores.masked_fill(~there, -torch.inf).softmax(-1)
    return (weights[:, None] @ values)[:, 0], weights


@exercise.misconception(
    "An empty sentence gives nan: the softmax of nothing but −∞ divides 0 by 0. Its weights and "
    "its context are zeros."
)
def nan_for_an_empty_sentence(
    scores: Tensor, values: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Let the softmax of nothing be."""
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    weights = scores.masked_fill(~there, -torch.inf).softmax(-1)
    return (weights[:, None] @ values)[:, 0], weights


@exercise.misconception(
    "Every nan is swept away at the end, one that came in with the scores too: that hides a fault "
    "somewhere else. Make no nan in the first place, and leave the others alone."
)
def nan_swept_away(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Replace every nan by 0."""
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    weights = scores.masked_fill(~there, -torch.inf).softmax(-1).nan_to_num(0.0)
    return (weights[:, None] @ values)[:, 0], weights


@exercise.misconception(
    "An empty sentence looks at everything evenly. A large negative number in place of −∞ is a "
    "score like any other when there is nothing else: set the weights of such a row to 0."
)
def large_number_for_infinity(
    scores: Tensor, values: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Hide with a finite number."""
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    weights = scores.masked_fill(~there, -1e9).softmax(-1)
    return (weights[:, None] @ values)[:, 0], weights


@exercise.alternative
def with_exponentials(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Write the softmax out, with a sum that is never 0."""
    there = (torch.arange(scores.shape[1]) < lengths.unsqueeze(1)).to(scores.dtype)
    largest = scores.detach().amax(dim=1, keepdim=True)
    hidden = torch.where(there.bool(), scores, largest)
    highest = torch.where(there.bool(), scores.detach(), -1e30).amax(1, keepdim=True)
    highest = torch.where(lengths.unsqueeze(1) > 0, highest, largest)
    powers = torch.exp(torch.where(there.bool(), hidden - highest, 0.0)) * there
    total = powers.sum(dim=1, keepdim=True)
    weights = powers / torch.where(total == 0, 1.0, total)
    return torch.einsum("bn,bnd->bd", weights, values), weights


@exercise.alternative
def sentence_by_sentence(scores: Tensor, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Work on each sentence alone."""
    contexts, rows = [], []
    for row, value, length in zip(scores, values, lengths.tolist(), strict=True):
        weights = torch.zeros_like(row)
        if length > 0:
            weights = torch.cat([row[:length].softmax(dim=0), weights[length:]])
        contexts.append(weights @ value)
        rows.append(weights)
    return torch.stack(contexts), torch.stack(rows)


@exercise.alternative
def with_an_empty_row_kept(
    scores: Tensor, values: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Let an empty sentence look everywhere, and take its weights back."""
    positions = torch.arange(scores.size(1), device=scores.device)
    hidden = (positions >= lengths[:, None]) & (lengths[:, None] > 0)
    weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
    weights = weights * (lengths[:, None] > 0)
    return weights.unsqueeze(1).bmm(values).squeeze(1), weights
