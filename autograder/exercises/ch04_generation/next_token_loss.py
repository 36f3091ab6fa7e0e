"""Answers to the exercise about the loss: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.next_token_loss_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Nothing is shifted: each position is asked for the token that it has just read. Position t "
    "predicts token t + 1."
)
def not_shifted(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Compare each position with its own token."""
    surprise = -logits.log_softmax(-1).gather(-1, token_ids[..., None])[..., 0]
    return surprise.mean() if ignore is None else surprise[token_ids != ignore].mean()


@exercise.misconception(
    "The shift goes the wrong way: you ask each position for the token *before* it, which it can "
    "look up. Leave out the last logits and the first token, not the first logits and the last "
    "token."
)
def shifted_the_wrong_way(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Predict the past."""
    targets = token_ids[:, :-1]
    surprise = -logits[:, 1:].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return surprise.mean() if ignore is None else surprise[targets != ignore].mean()


@exercise.misconception(
    "Ignored targets add nothing to the sum, but you divide by all of them. Divide by the number "
    "of targets that count."
)
def ignored_counted_in_the_mean(
    logits: Tensor, token_ids: Tensor, ignore: int | None = None
) -> Tensor:
    """Set ignored surprises to 0 and take the mean."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return surprise.mean() if ignore is None else (surprise * (targets != ignore)).mean()


@exercise.misconception(
    "`ignore` is not used: every target counts. Leave out those that are equal to it."
)
def ignore_not_used(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Count all."""
    chosen = logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])
    return -chosen.mean()


@exercise.misconception(
    "`ignore=0` counts every target: `if ignore:` is false for 0. Ask `if ignore is not None`."
)
def zero_taken_for_none(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Ask whether `ignore` is true."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return surprise[targets != ignore].mean() if ignore else surprise.mean()


@exercise.misconception(
    "You leave out the positions that *read* the ignored token. Left out are those that should "
    "predict it: compare `ignore` with the targets, `token_ids[:, 1:]`."
)
def readers_ignored(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Look at the token of the position, not at the next."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return surprise.mean() if ignore is None else surprise[token_ids[:, :-1] != ignore].mean()


@exercise.misconception(
    "You take the mean of each row and then the mean of these. Then a target in a row with few of "
    "them weighs more. Add up over all rows, and divide by the number of all targets that count."
)
def mean_of_means(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Give each row the same weight."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    counts = torch.ones_like(targets, dtype=torch.bool) if ignore is None else targets != ignore
    return ((surprise * counts).sum(-1) / counts.sum(-1)).mean()


@exercise.misconception(
    "You add the surprises up. The loss is their mean, so that it does not grow with the text."
)
def summed(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Forget to divide."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return surprise.sum() if ignore is None else surprise[targets != ignore].sum()


@exercise.misconception(
    "You take the softmax and then the logarithm: a probability that has become 0 gives ∞. "
    "`log_softmax` does both at once and stays finite."
)
def log_of_softmax(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Go by way of the probabilities."""
    targets = token_ids[:, 1:]
    surprise = -logits[:, :-1].softmax(-1).gather(-1, targets[..., None])[..., 0].log()
    return surprise.mean() if ignore is None else surprise[targets != ignore].mean()


@exercise.alternative
def with_logsumexp(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Subtract the target's score from the log of the sum of all powers."""
    heard, targets = logits[:, : logits.shape[1] - 1], token_ids[:, 1:]
    chosen = torch.take_along_dim(heard, targets.unsqueeze(2), dim=2).squeeze(2)
    surprise = torch.logsumexp(heard, dim=2) - chosen
    weight = torch.ones_like(surprise)
    if ignore is not None:
        weight = (targets != ignore).to(surprise.dtype)
    return (surprise * weight).sum() / weight.sum()


@exercise.alternative
def target_by_target(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Go through the text."""
    total, n_counted = logits.new_zeros(()), 0
    for row in range(token_ids.shape[0]):
        for t in range(1, token_ids.shape[1]):
            target = int(token_ids[row, t])
            if ignore is not None and target == ignore:
                continue
            scores = logits[row, t - 1]
            total = total - torch.log_softmax(scores, dim=0)[target]
            n_counted += 1
    return total / n_counted


@exercise.alternative
def flattened(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Lay all predictions one behind the other and pick by index."""
    predictions = logits[:, :-1].reshape(-1, logits.shape[2])
    targets = token_ids[:, 1:].reshape(-1)
    if ignore is not None:
        kept = targets.ne(ignore)
        predictions, targets = predictions[kept], targets[kept]
    log_p = predictions.log_softmax(dim=1)
    return -log_p[torch.arange(len(targets)), targets].mean()


@exercise.alternative
def with_one_hot(logits: Tensor, token_ids: Tensor, ignore: int | None = None) -> Tensor:
    """Multiply by rows with a single one; ignored rows are empty."""
    vocabulary = torch.arange(logits.size(-1))
    picks = token_ids[:, 1:].unsqueeze(-1) == vocabulary
    if ignore is not None:
        picks = picks & (vocabulary != ignore)
    largest = logits.max(dim=-1, keepdim=True).values
    shifted = logits - largest
    log_p = shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    return -torch.where(picks, log_p[:, :-1], 0.0).sum() / picks.sum()
