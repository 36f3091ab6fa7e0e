"""Make what stands in the text already less probable."""

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
    name="penalise_repeats",
    points=8,
    exports=("penalise_repeats",),
    not_allowed=(
        "course_lib.generation.sampling.penalise_repetition",
        "course_lib.generation.sampling.filter_logits",
    ),
    hints=(
        "Lower a positive number by dividing it, a negative one by multiplying it: −2 divided by "
        "1.5 would be *higher* than −2.",
        "First find out which tokens of the vocabulary stand in each row, as a boolean tensor of "
        "the shape (B, V): begin with False and put True at the row's tokens (`scatter`). Then "
        "take the penalised logits there and the old ones elsewhere (`torch.where`). A token that "
        "stands twice is True once.",
    ),
    time_limit_s=5.0,
)


def _penalised(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Compute what is expected, token by token, in float64."""
    want = logits.double().clone()
    for row, tokens in enumerate(token_ids.tolist()):
        for token in set(tokens):
            score = want[row, token]
            want[row, token] = score / penalty if score > 0 else score * penalty
    return want.to(logits.dtype)


def _tokens(draw: Draw, batch_size: int) -> tuple[Tensor, int]:
    """Draw rows of tokens, none twice in its row, of a vocabulary of which some are left over."""
    seq_len = draw.sizes(2)[0]
    vocab_size = 2 * seq_len + 3
    rows = [draw.order(vocab_size)[:seq_len] for _ in range(batch_size)]
    return torch.stack(rows), vocab_size


def _penalty(draw: Draw) -> float:
    return 1 + draw.integer(2, 9) / 10


def _both_signs(draw: Draw) -> Tensor:
    """Draw a positive and a negative score, in some order, neither of them near 0."""
    sizes = draw.normal(2).abs() + 0.5
    return sizes * draw.choice([1, -1]) * torch.tensor([1.0, -1.0])


@exercise.item(
    "positive scores are divided",
    points=2,
    sentence="The positive logit of a token that stands in the row is divided by the penalty; "
    "tokens that do not stand there keep theirs.",
)
def _(learner: Learner, draw: Draw) -> None:
    token_ids, vocab_size = _tokens(draw, 1)
    logits, penalty = draw.normal(1, vocab_size).abs() + 0.5, _penalty(draw)
    want = _penalised(logits, token_ids, penalty)
    expect_close(learner.penalise_repeats(logits, token_ids, penalty), want)


@exercise.item(
    "negative scores are multiplied",
    points=2,
    sentence="A negative logit is multiplied by the penalty, so that it becomes lower too.",
)
def _(learner: Learner, draw: Draw) -> None:
    token_ids, vocab_size = _tokens(draw, 1)
    signs = torch.tensor([-1.0, 1.0]).repeat(vocab_size)[:vocab_size]
    logits = (draw.normal(1, vocab_size).abs() + 0.5) * signs
    for penalty in (_penalty(draw), 0.5):
        want = _penalised(logits, token_ids, penalty)
        expect_close(learner.penalise_repeats(logits, token_ids, penalty), want)
    logits = -logits.abs()
    want = _penalised(logits, token_ids, 2.0)
    expect_close(learner.penalise_repeats(logits, token_ids, 2.0), want)


@exercise.item(
    "once a token, however often it stands there",
    points=2,
    sentence="A token that stands in the row three times is penalised once.",
)
def _(learner: Learner, draw: Draw) -> None:
    once, vocab_size = _tokens(draw, 1)
    logits, penalty = draw.normal(1, vocab_size, scale=2.0), _penalty(draw)
    logits[0, once[0, :2]] = _both_signs(draw)
    token_ids = torch.cat([once, once[:, :2], once[:, :1]], dim=1)
    want = _penalised(logits, token_ids, penalty)
    expect_close(learner.penalise_repeats(logits, token_ids, penalty), want)


@exercise.item(
    "each row by its own tokens",
    points=1,
    sentence="Each row of logits is penalised by the tokens of the same row, and by no others.",
)
def _(learner: Learner, draw: Draw) -> None:
    vocab_size = draw.integer(5, 9)
    a, b, c, d, *_ = draw.order(vocab_size).tolist()
    logits = draw.normal(3, vocab_size).abs() + 0.5
    token_ids = torch.tensor([[a, b], [c, c], [d, a]])
    want = _penalised(logits, token_ids, 2.0)
    expect_close(learner.penalise_repeats(logits, token_ids, 2.0), want)


@exercise.item(
    "input unchanged, gradients, float64",
    points=1,
    sentence="The logits that were handed in are what they were; gradients flow to them, and "
    "float64 stays float64.",
)
def _(learner: Learner, draw: Draw) -> None:
    batch_size, penalty = draw.integer(2, 4), _penalty(draw)
    token_ids, vocab_size = _tokens(draw, batch_size)
    logits = draw.normal(batch_size, vocab_size, dtype=torch.float64)
    logits = logits + 0.25 * torch.where(logits < 0, -1.0, 1.0)
    logits[0, token_ids[0, :2]] = _both_signs(draw).double()
    got = learner.penalise_repeats(logits, token_ids, penalty)
    expect_tensor(got, (batch_size, vocab_size), torch.float64)
    want = _penalised(logits, token_ids, penalty)
    expect_close(got, want)
    cotangent = draw.normal(batch_size, vocab_size, dtype=torch.float64)
    _, gradients = learner.penalise_repeats.vjp(
        cotangent, logits.clone().requires_grad_(), token_ids, penalty
    )
    expect_gradient(gradients[0], cotangent * want / logits)
    expect_unchanged(learner)
