"""Answers to the exercise about the loss of answers: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch06_training.sft_loss_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The mask is not used: the prompt counts too. The model is to learn to answer, and not to ask "
    "the questions that people ask it."
)
def loss_on_the_prompt(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Count everything."""
    chosen = logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])
    return -chosen.mean()


@exercise.misconception(
    "The mask is not shifted: you count the positions that *read* a token of the answer. So the "
    "answer's first token is left out, and the one after its last counts. The mask speaks of the "
    "targets: it has to lose its first column, as they do."
)
def mask_not_shifted(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Mark the positions in place of their targets."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return surprise[answer_mask[:, :-1]].mean()


@exercise.misconception(
    "Tokens of the prompt add nothing to the sum, but you divide by all targets. Divide by the "
    "number of answer tokens; otherwise a long prompt makes the loss small."
)
def mean_over_all_tokens(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Set the others to 0 and take the mean."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return (surprise * answer_mask[:, 1:]).mean()


@exercise.misconception(
    "You divide by the size of the whole mask. Divide by how many of its entries are True, the "
    "first column left out."
)
def divided_by_the_size_of_the_mask(
    logits: Tensor, token_ids: Tensor, answer_mask: Tensor
) -> Tensor:
    """Count the entries of the mask in place of those that are True."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return (surprise * answer_mask[:, 1:]).sum() / answer_mask.numel()


@exercise.misconception(
    "You take the mean of each conversation and then the mean of these. Then a token of a short "
    "answer weighs more, and a row without an answer is 0/0. Add up over all rows, and divide by "
    "the number of all answer tokens."
)
def mean_of_means(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Give each row the same weight."""
    counts = answer_mask[:, 1:]
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return ((surprise * counts).sum(-1) / counts.sum(-1)).mean()


@exercise.misconception(
    "A marked first token is counted in the number by which you divide, though nothing foretells "
    "it. Count in the shifted mask, of which the sum is taken too."
)
def first_token_in_the_number(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Shift the mask for the sum, and not for the number."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return (surprise * answer_mask[:, 1:]).sum() / answer_mask.sum()


@exercise.misconception(
    "The mask is upside down: you train on the prompts and leave the answers out. True stands at "
    "the tokens that count."
)
def mask_upside_down(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Count what is not marked."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return surprise[~answer_mask[:, 1:]].mean()


@exercise.misconception(
    "Nothing is shifted: each position is asked for the token that it has just read. Position t "
    "foretells token t + 1."
)
def nothing_shifted(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Compare each position with its own token."""
    surprise = -logits.log_softmax(-1).gather(-1, token_ids[..., None])[..., 0]
    return surprise[answer_mask].mean()


@exercise.misconception(
    "You add the surprises up. The loss is their mean, so that it does not grow with the answers."
)
def summed(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Forget to divide."""
    surprise = -logits[:, :-1].log_softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0]
    return surprise[answer_mask[:, 1:]].sum()


@exercise.misconception(
    "You take the softmax and then the logarithm: a probability that has become 0 gives ∞. "
    "`log_softmax` does both at once and stays finite."
)
def log_of_softmax(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Go by way of the probabilities."""
    surprise = -logits[:, :-1].softmax(-1).gather(-1, token_ids[:, 1:, None])[..., 0].log()
    return surprise[answer_mask[:, 1:]].mean()


@exercise.alternative
def weighted_sum(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Multiply by 1 and 0, and divide by the number of ones."""
    heard, targets = logits[:, : logits.shape[1] - 1], token_ids[:, 1:]
    chosen = torch.take_along_dim(heard, targets.unsqueeze(2), dim=2).squeeze(2)
    surprise = torch.logsumexp(heard, dim=2) - chosen
    weight = answer_mask[:, 1:].to(surprise.dtype)
    return (surprise * weight).sum() / weight.sum()


@exercise.alternative
def token_by_token(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Go through the conversations."""
    total, n_counted = logits.new_zeros(()), 0
    for scores, tokens, marks in zip(logits, token_ids, answer_mask, strict=True):
        for t in range(1, len(tokens)):
            if marks[t]:
                total = total - torch.log_softmax(scores[t - 1], dim=0)[tokens[t]]
                n_counted += 1
    return total / n_counted


@exercise.alternative
def by_their_places(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """List the places of the answers' tokens and pick by three indices."""
    rows, places = answer_mask.nonzero(as_tuple=True)
    rows, places = rows[places > 0], places[places > 0]
    log_p = logits.log_softmax(dim=-1)
    return -log_p[rows, places - 1, token_ids[rows, places]].mean()


@exercise.alternative
def with_targets_left_out(logits: Tensor, token_ids: Tensor, answer_mask: Tensor) -> Tensor:
    """Mark what does not count by a target below 0, roll it to the position that foretells it."""
    labels = token_ids.masked_fill(~answer_mask, -100).roll(-1, dims=1)
    labels[:, -1] = -100
    flat, labels = logits.flatten(0, 1), labels.flatten()
    kept = labels >= 0
    scores = flat[kept]
    shifted = scores - scores.max(dim=1, keepdim=True).values.detach()
    one_hot = labels[kept].unsqueeze(1) == torch.arange(scores.shape[1], device=scores.device)
    return (shifted.exp().sum(dim=1).log() - (shifted * one_hot).sum(dim=1)).mean()
