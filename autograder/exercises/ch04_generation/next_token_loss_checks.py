"""How surprised a model is by each next token, some of which do not count."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="next_token_loss",
    points=12,
    exports=("next_token_loss",),
    not_allowed=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.CrossEntropyLoss",
        "torch.nn.NLLLoss",
    ),
    hints=(
        "Position t predicts token t + 1. The last position predicts nothing that is known, and "
        "the first token is predicted by nobody: compare `logits[:, :-1]` with `token_ids[:, 1:]`.",
        "`log_softmax` over the last axis, then pick the number of each target with "
        "`gather(-1, targets.unsqueeze(-1))`. For `ignore`: a boolean tensor `targets != ignore`; "
        "add up where it is True and divide by how many there are. 0 is a token too: ask "
        "`ignore is None`.",
    ),
    time_limit_s=5.0,
)


def _loss(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Compute what is expected, target by target, in float64."""
    log_p = logits.double().log_softmax(-1)
    surprises = [
        -log_p[row, t, target]
        for row, tokens in enumerate(token_ids.tolist())
        for t, target in enumerate(tokens[1:])
        if target != ignore
    ]
    return torch.stack(surprises).mean().to(logits.dtype)


def _text(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, int]:
    """Draw logits, tokens, and the size of the vocabulary; all sizes differ."""
    batch_size, seq_len, vocab_size = sorted(draw.sizes(3))
    logits = draw.normal(batch_size, seq_len, vocab_size, scale=2.0, dtype=dtype)
    return logits, draw.integers(0, vocab_size - 1, batch_size, seq_len), vocab_size


def _text_to_ignore(draw: Draw, ignore: int) -> tuple[Tensor, Tensor]:
    """Draw rows in which a token stands often, once at the beginning and never everywhere."""
    logits, token_ids, vocab_size = _text(draw)
    other = (ignore + draw.integer(1, vocab_size - 1)) % vocab_size
    token_ids[token_ids == ignore] = other
    token_ids[0, 1:-1] = ignore  # leaves one target, the last
    token_ids[1, 0] = ignore  # no target, but position 0 predicts one all the same
    # The one target that is left in the first row is the most surprising of all.
    logits[0, -2] = 0.0
    logits[0, -2, token_ids[0, -1]] = -20.0
    return logits, token_ids


@exercise.item(
    "each position predicts the next token",
    points=4,
    sentence="The loss is the mean of −ln p over all targets: position t predicts token t + 1, "
    "with p from a softmax over the vocabulary.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, _ = _text(draw)
    expect_close(learner.next_token_loss(logits, token_ids), _loss(logits, token_ids))
    two = draw.integers(0, logits.shape[-1] - 1, len(logits), 2)
    expect_close(learner.next_token_loss(logits[:, :2], two), _loss(logits[:, :2], two))


@exercise.item(
    "ignored targets do not count",
    points=3,
    sentence="A target equal to `ignore` adds nothing to the sum and is not counted either. A "
    "position that *reads* such a token still predicts the next one.",
)
def _(learner: Learner, draw: Draw) -> None:
    ignore = draw.integer(1, 3)
    logits, token_ids = _text_to_ignore(draw, ignore)
    expect_close(
        learner.next_token_loss(logits, token_ids, ignore), _loss(logits, token_ids, ignore)
    )
    expect_close(
        learner.next_token_loss(logits, token_ids, ignore=ignore), _loss(logits, token_ids, ignore)
    )


@exercise.item(
    "all targets count alike",
    points=2,
    sentence="One mean over the targets of all rows together: a row with many targets weighs more "
    "than one with few.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids = _text_to_ignore(draw, 2)
    expect_close(learner.next_token_loss(logits, token_ids, 2), _loss(logits, token_ids, 2))


@exercise.item(
    "token 0 can be ignored",
    points=1,
    sentence="0 is a token like others: `ignore=0` leaves it out, and only None counts all.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids = _text_to_ignore(draw, 0)
    expect_close(learner.next_token_loss(logits, token_ids, 0), _loss(logits, token_ids, 0))
    expect_close(learner.next_token_loss(logits, token_ids, None), _loss(logits, token_ids))


@exercise.item(
    "large scores, gradients, float64",
    points=2,
    sentence="Scores of some hundreds neither overflow nor give ∞; gradients flow to the logits; "
    "the loss is a tensor without axes, of their dtype; inputs stay unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, _ = _text(draw)
    got = learner.next_token_loss(300 * logits, token_ids)
    expect_true(got.isfinite(), "large scores give a loss that is not finite", got)
    expect_close(got, _loss(300 * logits, token_ids))
    logits, token_ids, _ = _text(draw, torch.float64)
    one = torch.tensor(1.0, dtype=torch.float64)
    mine = logits.clone().requires_grad_()
    _loss(mine, token_ids).backward()
    got, gradients = learner.next_token_loss.vjp(one, logits.clone().requires_grad_(), token_ids)
    expect_close(got, _loss(logits, token_ids))
    expect_gradient(gradients[0], mine.grad if mine.grad is not None else mine)
    expect_unchanged(learner)
