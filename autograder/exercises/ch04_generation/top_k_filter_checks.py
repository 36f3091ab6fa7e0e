"""Leave only the k most probable tokens to the draw."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
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
    name="top_k_filter",
    points=8,
    exports=("top_k_filter",),
    not_allowed=(
        "course_lib.generation.sampling.keep_top_k",
        "course_lib.generation.sampling.keep_only",
        "course_lib.generation.sampling.filter_logits",
        "course_lib.generation.fast_sampling.top_k_candidates",
    ),
    hints=(
        "`logits.topk(k)` gives the k largest numbers of each row *and where they stand*. With the "
        "places you need not compare anything, and equals do no harm.",
        "Take `min(k, logits.shape[-1])`. Make a boolean tensor of the logits' shape that is False "
        "everywhere, put True at the places of each row (`scatter(-1, indices, True)`), and fill "
        "the rest with −∞ (`masked_fill`).",
    ),
    time_limit_s=5.0,
)


def _filtered(logits: Tensor, k: int) -> Tensor:
    """Compute what is expected where no two numbers of a row are equal."""
    rows = logits.reshape(-1, logits.shape[-1])
    kept = [[(row > one).sum() < k for one in row] for row in rows]
    return logits.masked_fill(~torch.tensor(kept).reshape(logits.shape), -torch.inf)


def _logits(draw: Draw, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw rows in which no two numbers are equal."""
    n_rows = torch.Size(shape[:-1]).numel()
    steps = torch.stack([draw.order(shape[-1]) for _ in range(n_rows)])
    shift = draw.integers(-3, 3, n_rows, 1)
    return (0.5 * (steps + shift) - 0.2).to(dtype).reshape(shape)


@exercise.item(
    "the k largest stay",
    points=2,
    sentence="The k largest logits stay as they are, all others become −∞.",
)
def _(learner: Learner, draw: Draw) -> None:
    (vocab_size,) = draw.sizes(1)
    logits = _logits(draw, vocab_size + 1)
    for k in (1, 2, vocab_size):
        expect_close(learner.top_k_filter(logits, k), _filtered(logits, k))


@exercise.item(
    "each row for itself",
    points=2,
    sentence="Axes before the last one are rows of their own: in each of them the k largest stay.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_heads, batch_size, vocab_size = sorted(draw.sizes(3))
    k = draw.integer(1, vocab_size - 1)
    logits = _logits(draw, batch_size, vocab_size)
    logits += 100 * torch.arange(batch_size).unsqueeze(1)
    expect_close(learner.top_k_filter(logits, k), _filtered(logits, k))
    logits = _logits(draw, n_heads, batch_size, vocab_size)
    expect_close(learner.top_k_filter(logits, k), _filtered(logits, k))


@exercise.item(
    "exactly k, equals or not",
    points=2,
    sentence="Exactly k tokens stay a row, also when several at the edge are equal (which of them "
    "is up to you): comparing with the k-th largest keeps too many or too few.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size = draw.integer(5, 9)
    logits = torch.full((2, vocab_size), -1.5)
    first, second, *_ = draw.order(vocab_size).tolist()
    logits[:, first], logits[1, second] = 2.0, -3.0
    for k in (2, 3, 1):
        kept = _kept(learner.top_k_filter(logits, k), logits)
        for row, count in enumerate(kept.sum(-1).tolist()):
            expect_true(count == k, f"{count} tokens stay in row {row}, expected {k}")
        expect_true(kept[:, first].all(), "the largest logit does not stay")
        expect_true(not kept[1, second], "the smallest logit stays")


def _kept(got: object, logits: Tensor) -> Tensor:
    """Say which tokens stay, and judge that they stay as they are."""
    found = expect_tensor(got, tuple(logits.shape), logits.dtype)
    kept = found != -torch.inf
    expect_true((found == logits)[kept].all(), "a logit that stays is not what it was", got)
    return kept


@exercise.item(
    "k of the vocabulary or more",
    points=1,
    sentence="With k as large as the vocabulary, or larger, all tokens stay: it is no error.",
)
def _(learner: Learner, draw: Draw) -> None:
    (vocab_size,) = draw.sizes(1)
    logits = _logits(draw, 2, vocab_size)
    for k in (vocab_size, vocab_size + 1, 1000):
        expect_close(learner.top_k_filter(logits, k), logits)


@exercise.item(
    "gradients, float64, input unchanged",
    points=1,
    sentence="Gradients reach the logits that stay and no others, float64 stays float64, and the "
    "input is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, vocab_size = sorted(draw.sizes(2))
    k = draw.integer(1, vocab_size - 1)
    logits = _logits(draw, batch_size, vocab_size, dtype=torch.float64)
    expect_close(learner.top_k_filter(logits, k), _filtered(logits, k))
    cotangent = draw.normal(batch_size, vocab_size, dtype=torch.float64)
    got, gradients = learner.top_k_filter.vjp(cotangent, logits.clone().requires_grad_(), k)
    want = _filtered(logits, k)
    expect_close(got, want)
    expect_gradient(gradients[0], cotangent * (want != -torch.inf))
    expect_unchanged(learner)
