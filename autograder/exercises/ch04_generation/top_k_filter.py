"""Answers to the exercise about the k best tokens: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.top_k_filter_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You keep all that is at least as large as the k-th largest: of several equal ones at the edge "
    "all stay, more than k. Go by the places that `topk` gives, not by comparing."
)
def equals_kept_beyond_k(logits: Tensor, k: int) -> Tensor:
    """Compare with the k-th largest."""
    least = logits.topk(min(k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < least, -torch.inf)


@exercise.misconception(
    "You keep what is *larger* than the k-th largest, which is itself one of the k."
)
def kth_not_kept(logits: Tensor, k: int) -> Tensor:
    """Lose the one on the edge."""
    if k >= logits.shape[-1]:
        return logits.clone()
    least = logits.topk(k).values[..., -1:]
    return logits.masked_fill(logits <= least, -torch.inf)


@exercise.misconception(
    "A k larger than the vocabulary is an error for `topk`. It should change nothing: take the "
    "smaller of k and the number of tokens."
)
def larger_k_fails(logits: Tensor, k: int) -> Tensor:
    """Ask for more tokens than there are."""
    kept = logits.topk(k).indices
    stays = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, kept, True)
    return torch.where(stays, logits, -torch.inf)


@exercise.misconception(
    "One threshold serves the whole batch: the k largest of all rows together stay. Each row has "
    "its own k."
)
def one_threshold_for_the_batch(logits: Tensor, k: int) -> Tensor:
    """Look at all rows at once."""
    flat = logits.flatten()
    kept = flat.topk(min(k, len(flat))).indices
    stays = torch.zeros_like(flat, dtype=torch.bool).scatter(0, kept, True)
    return torch.where(stays.view_as(logits), logits, -torch.inf)


@exercise.misconception(
    "The others become 0. A score of 0 is a score like any other, and often a good one: −∞ is what "
    "softmax makes a probability of 0 of."
)
def zero_for_infinity(logits: Tensor, k: int) -> Tensor:
    """Fill with zeros."""
    kept = logits.topk(min(k, logits.shape[-1])).indices
    stays = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, kept, True)
    return torch.where(stays, logits, 0.0)


@exercise.misconception(
    "You write −∞ into the logits that were handed in, and whoever reads them next finds it. Make "
    "a new tensor: `masked_fill` without the underscore."
)
def changes_its_input(logits: Tensor, k: int) -> Tensor:
    """Fill in place."""
    kept = logits.topk(min(k, logits.shape[-1])).indices
    stays = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, kept, True)
    return logits.masked_fill_(~stays, -torch.inf)


@exercise.misconception(
    "You give the k largest numbers, and which tokens they belong to is lost. The result has the "
    "shape of the logits, −∞ where a token falls away."
)
def only_the_values(logits: Tensor, k: int) -> Tensor:
    """Give what `topk` gives."""
    return logits.topk(min(k, logits.shape[-1])).values


@exercise.alternative
def by_sorting_twice(logits: Tensor, k: int) -> Tensor:
    """Give each token its rank."""
    rank = logits.argsort(dim=-1, descending=True).argsort(dim=-1)
    return torch.where(rank < k, logits, float("-inf"))


@exercise.alternative
def by_putting_back(logits: Tensor, k: int) -> Tensor:
    """Begin with nothing and put the best back in their places."""
    best, places = torch.topk(logits, k=min(logits.size(-1), k), dim=-1)
    empty = logits.new_full(logits.shape, -torch.inf)
    return empty.scatter(-1, places, best)


@exercise.alternative
def row_by_row(logits: Tensor, k: int) -> Tensor:
    """Let Python sort each row."""
    rows = logits.reshape(-1, logits.shape[-1])
    fallen = torch.ones(rows.shape, dtype=torch.bool)
    for number, row in enumerate(rows.tolist()):
        for token in sorted(range(len(row)), key=row.__getitem__)[-k:]:
            fallen[number, token] = False
    return logits.masked_fill(fallen.reshape(logits.shape), -torch.inf)


@exercise.alternative
def by_counting_rivals(logits: Tensor, k: int) -> Tensor:
    """Count who is larger, or equal and further left."""
    places = torch.arange(logits.shape[-1])
    mine, others = logits.unsqueeze(-1), logits.unsqueeze(-2)
    further_left = places.unsqueeze(0) < places.unsqueeze(1)
    ahead = (others > mine) | ((others == mine) & further_left)
    return logits.masked_fill(ahead.sum(-1) >= k, -torch.inf)
