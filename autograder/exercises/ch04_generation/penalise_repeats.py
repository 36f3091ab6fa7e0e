"""Answers to the exercise about repetition: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.penalise_repeats_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You divide negative logits too. −2 divided by 1.5 is −1.33: the token becomes *more* "
    "probable. Multiply negative ones."
)
def negatives_divided(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Divide whatever the sign."""
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, token_ids, True)
    return torch.where(seen, logits / penalty, logits)


@exercise.misconception(
    "A token is penalised once for each time that it stands there. Once is asked for, however "
    "often it occurred: find the set of tokens first."
)
def once_per_occurrence(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Go through the text and penalise at each token."""
    rows = torch.arange(len(logits))
    for tokens in token_ids.T:
        score = logits[rows, tokens]
        lower = torch.where(score > 0, score / penalty, score * penalty)
        logits = logits.index_put((rows, tokens), lower)
    return logits


@exercise.misconception(
    "You write into the logits that were handed in. Whoever looks at them afterwards, for the loss "
    "or for another filter, finds the penalised ones: make a new tensor."
)
def changes_its_input(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Write into the tensor that was given."""
    score = logits.gather(1, token_ids)
    lower = torch.where(score > 0, score / penalty, score * penalty)
    return logits.scatter_(1, token_ids, lower)


@exercise.misconception(
    "Every row is penalised for the tokens of all rows. Each text has tokens of its own: row b of "
    "the logits belongs to row b of the tokens."
)
def rows_mixed(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Collect the tokens of the whole batch."""
    seen = torch.zeros(logits.shape[1], dtype=torch.bool)
    seen[token_ids.flatten()] = True
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


@exercise.misconception(
    "You subtract the penalty. That is another penalty (the *presence penalty* of some services); "
    "here positive logits are divided and negative ones multiplied."
)
def subtracted(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Take the penalty off the score."""
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, token_ids, True)
    return torch.where(seen, logits - penalty, logits)


@exercise.misconception(
    "It is the wrong way round: positive logits are multiplied and negative ones divided, so that "
    "repeated tokens become *more* probable."
)
def rewarded(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Exchange the two cases."""
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, token_ids, True)
    return torch.where(seen, torch.where(logits > 0, logits * penalty, logits / penalty), logits)


@exercise.misconception(
    "Every token is penalised, also those that do not stand in the text. Then nothing is gained: "
    "lower only those that do."
)
def all_tokens_penalised(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Leave the text out of it."""
    return torch.where(logits > 0, logits / penalty, logits * penalty)


@exercise.alternative
def by_gathering(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Read the scores of the text's tokens, and write them back; twice the same is no harm."""
    lowered = logits.clone()
    for row in range(len(logits)):
        tokens = token_ids[row].unique()
        score = logits[row, tokens]
        lowered[row, tokens] = torch.where(score < 0, penalty * score, score / penalty)
    return lowered


@exercise.alternative
def token_by_token(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Multiply by a table of factors, filled in entry by entry."""
    factors = torch.ones_like(logits)
    for row, tokens in enumerate(token_ids):
        for token in tokens.tolist():
            factors[row, token] = 1 / penalty if logits[row, token].item() > 0 else penalty
    return logits * factors


@exercise.alternative
def with_one_hot(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Compare each token of the text with the whole vocabulary."""
    is_seen = (token_ids.unsqueeze(-1) == torch.arange(logits.shape[1])).any(dim=1)
    positive, negative = logits.clamp(min=0), logits.clamp(max=0)
    return torch.where(is_seen, positive / penalty + negative * penalty, logits)


@exercise.alternative
def with_powers(logits: Tensor, token_ids: Tensor, penalty: float) -> Tensor:
    """Take the penalty to the power −1, 0 or 1."""
    counts = torch.zeros_like(logits).scatter_add(
        1, token_ids, torch.ones_like(token_ids, dtype=logits.dtype)
    )
    seen = counts.clamp(max=1)
    return logits * penalty ** (-logits.detach().sign() * seen)
