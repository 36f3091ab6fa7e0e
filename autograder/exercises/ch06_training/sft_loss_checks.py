"""How badly the answers of a conversation are foretold, and nothing else of it."""

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
    name="sft_loss",
    points=10,
    exports=("sft_loss",),
    not_allowed=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.CrossEntropyLoss",
        "torch.nn.NLLLoss",
        "course_lib.training.answer_loss.measure_answers",
        "course_lib.training.answer_loss.answer_loss",
        "course_lib.training.answer_log_probs.answer_log_probs",
    ),
    hints=(
        "The mask says of each *token* whether it belongs to an answer. A token is foretold one "
        "position earlier: targets and mask lose their first column, the logits their last.",
        "Take −`log_softmax` at each target, a table of (B, T − 1). Then keep the entries whose "
        "*target* is marked, of all rows together, and take their mean: their sum divided by how "
        "many they are. A boolean tensor in square brackets picks them.",
    ),
    time_limit_s=5.0,
)


def _loss(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Compute what is expected, token by token, in float64."""
    log_p = logits.double().log_softmax(-1)
    surprises = [
        -log_p[row, t - 1, token_ids[row, t]]
        for row, t in answer_mask.nonzero().tolist()
        if t > 0  # nobody foretells the first token
    ]
    return torch.stack(surprises).mean().to(logits.dtype)


def _chat(
    draw: Draw, n_rows: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw logits, tokens and an empty mask, of lengths that differ from the vocabulary's."""
    seq_len, vocab_size = sorted(draw.sizes(2))
    seq_len, vocab_size = seq_len + 2, vocab_size + 3
    logits = draw.normal(n_rows, seq_len, vocab_size, scale=2.0, dtype=dtype)
    token_ids = draw.integers(0, vocab_size - 1, n_rows, seq_len)
    return logits, token_ids, torch.zeros(n_rows, seq_len, dtype=torch.bool)


def _answered(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Draw three conversations: a long answer, one of a single token, and two answers."""
    logits, token_ids, mask = _chat(draw, 3, dtype)
    mask[0, 1:-1] = True
    mask[1, draw.integer(1, mask.shape[1] - 2)] = True
    mask[2, 1] = mask[2, -1] = True
    return logits, token_ids, mask


@exercise.item(
    "the answer counts, the prompt does not",
    points=3,
    sentence="The loss is the mean of −ln p over the tokens of the answer: how well the model "
    "foretells prompt and padding changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, mask = _chat(draw, 1)
    mask[0, 2:-1] = True
    want = _loss(logits, token_ids, mask)
    expect_close(learner.sft_loss(logits, token_ids, mask), want)
    # Position 0 foretells the prompt, the last two the padding and what nobody knows.
    logits[:, 0], logits[:, -2:] = draw.normal(2, *logits[0, 0].shape, scale=2.0)[:, None]
    expect_close(learner.sft_loss(logits, token_ids, mask), want)


@exercise.item(
    "an answer's first token is foretold by the prompt",
    points=2,
    sentence="The mask marks tokens. Each is foretold one position earlier: the prompt's last "
    "position foretells the answer's first token, and what the answer's last position foretells "
    "does not count.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, mask = _chat(draw, 1)
    for t in range(1, mask.shape[1]):
        alone = mask.clone()
        alone[0, t] = True
        expect_close(learner.sft_loss(logits, token_ids, alone), _loss(logits, token_ids, alone))


@exercise.item(
    "one mean over all answer tokens of the batch",
    points=2,
    sentence="Every token of every answer counts alike, those of a long answer and those of a "
    "short one; a row may hold several answers, or none.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, mask = _answered(draw)
    # The answer of a single token is the most surprising of all.
    t = int(mask[1].nonzero())
    logits[1, t - 1] = 0.0
    logits[1, t - 1, token_ids[1, t]] = -20.0
    expect_close(learner.sft_loss(logits, token_ids, mask), _loss(logits, token_ids, mask))
    mask[2] = False
    expect_close(learner.sft_loss(logits, token_ids, mask), _loss(logits, token_ids, mask))


@exercise.item(
    "the first token never counts",
    points=1,
    sentence="Nothing foretells the first token of a row. Where the mask marks it, it is left out "
    "of the sum and of the number by which it is divided.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, mask = _chat(draw, 2)
    everything = ~mask
    expect_close(
        learner.sft_loss(logits, token_ids, everything), _loss(logits, token_ids, everything)
    )
    mask[0, :2] = True
    expect_close(learner.sft_loss(logits, token_ids, mask), _loss(logits, token_ids, mask))


@exercise.item(
    "large scores, gradients, float64",
    points=2,
    sentence="Scores of some hundreds neither overflow nor give ∞; gradients flow to the logits; "
    "the loss is a tensor without axes, of their dtype; inputs stay unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    logits, token_ids, mask = _answered(draw)
    got = learner.sft_loss(300 * logits, token_ids, mask)
    expect_true(got.isfinite(), "large scores give a loss that is not finite", got)
    expect_close(got, _loss(300 * logits, token_ids, mask))
    logits, token_ids, mask = _answered(draw, torch.float64)
    one = torch.tensor(1.0, dtype=torch.float64)
    mine = logits.clone().requires_grad_()
    _loss(mine, token_ids, mask).backward()
    got, gradients = learner.sft_loss.vjp(one, logits.clone().requires_grad_(), token_ids, mask)
    expect_close(got, _loss(logits, token_ids, mask))
    expect_gradient(gradients[0], mine.grad if mine.grad is not None else mine)
    expect_unchanged(learner)
