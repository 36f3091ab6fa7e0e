"""Answers to the exercise about the nucleus: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch04_generation.top_p_filter_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "You drop the token that crosses p and keep only the first whatever it holds. The one that "
    "crosses is needed to reach p: ask for the mass *before* each token, not up to and with it."
)
def crossing_token_dropped(logits: Tensor, p: float) -> Tensor:
    """Keep while the running sum is at most p, and the first."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    falling, order = logits.sort(descending=True)
    falls = falling.softmax(-1).cumsum(-1) > p
    falls[..., 0] = False
    return logits.masked_fill(falls.scatter(-1, order, falls), -torch.inf)


@exercise.misconception(
    "You drop the token that crosses p, even when it is the first: then nothing is left to draw. "
    "Ask for the mass *before* each token; before the first there is none."
)
def nothing_may_be_left(logits: Tensor, p: float) -> Tensor:
    """Keep while the running sum is at most p."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    falling, order = logits.sort(descending=True)
    falls = falling.softmax(-1).cumsum(-1) > p
    return logits.masked_fill(falls.scatter(-1, order, falls), -torch.inf)


@exercise.misconception(
    "What you decide in sorted order is applied in the order of the vocabulary. Bring it back to "
    "the tokens' own places: `scatter(-1, order, decided)`."
)
def sort_not_undone(logits: Tensor, p: float) -> Tensor:
    """Forget where the tokens stood."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    probs = logits.sort(descending=True).values.softmax(-1)
    return logits.masked_fill(probs.cumsum(-1) - probs >= p, -torch.inf)


@exercise.misconception(
    "The logits come back in sorted order: which token each belongs to is lost. Bring them back to "
    "their own places."
)
def given_in_sorted_order(logits: Tensor, p: float) -> Tensor:
    """Give what was sorted."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    falling = logits.sort(descending=True).values
    probs = falling.softmax(-1)
    return falling.masked_fill(probs.cumsum(-1) - probs >= p, -torch.inf)


@exercise.misconception(
    "You sort from the smallest up, and keep the *improbable* tokens. Begin with the largest: "
    "`sort(descending=True)`."
)
def from_the_smallest(logits: Tensor, p: float) -> Tensor:
    """Add up from the wrong end."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    rising, order = logits.sort()
    probs = rising.softmax(-1)
    falls = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(falls.scatter(-1, order, falls), -torch.inf)


@exercise.misconception(
    "You compare each token's own probability with p. It is the *sum* over the more probable ones "
    "that counts."
)
def own_probability_compared(logits: Tensor, p: float) -> Tensor:
    """Keep tokens of probability p or more, and the first."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.clone()
    probs = logits.softmax(-1)
    best = probs == probs.amax(-1, keepdim=True)
    return logits.masked_fill((probs < p) & ~best, -torch.inf)


@exercise.misconception(
    "You give probabilities. Filters take logits and give logits, so that they can follow one "
    "another; the softmax comes last."
)
def gives_probabilities(logits: Tensor, p: float) -> Tensor:
    """Share the mass out anew."""
    if p <= 0:
        raise ValueError("p must be positive")
    if p >= 1:
        return logits.softmax(-1)
    falling, order = logits.sort(descending=True)
    probs = falling.softmax(-1)
    falls = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(falls.scatter(-1, order, falls), -torch.inf).softmax(-1)


@exercise.misconception(
    "p is not looked at before you add up: with p ≤ 0 everything falls away without a word, and "
    "with p ≥ 1 tokens fall away whose probability is below what rounding leaves of 1."
)
def p_not_looked_at(logits: Tensor, p: float) -> Tensor:
    """Trust the caller."""
    falling, order = logits.sort(descending=True)
    probs = falling.softmax(-1)
    falls = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(falls.scatter(-1, order, falls), -torch.inf)


@exercise.alternative
def by_running_sum_moved_on(logits: Tensor, p: float) -> Tensor:
    """Move the running sum on by one place, with 0 at its beginning."""
    if not p > 0:
        raise ValueError(f"p is {p}, but a share of the mass is above 0")
    if p >= 1:
        return logits
    order = torch.argsort(logits, dim=-1, descending=True)
    running = torch.take_along_dim(torch.softmax(logits, dim=-1), order, dim=-1).cumsum(dim=-1)
    before = torch.cat([torch.zeros_like(running[..., :1]), running[..., :-1]], dim=-1)
    back = order.argsort(dim=-1)
    return torch.where(before.gather(-1, back) < p, logits, -torch.inf)


@exercise.alternative
def by_counting(logits: Tensor, p: float) -> Tensor:
    """Count how many stay, and keep as many of the best."""
    if p <= 0:
        raise ValueError(p)
    if p >= 1:
        return logits.clone()
    probs, order = logits.softmax(dim=-1).sort(dim=-1, descending=True)
    n_kept = 1 + (probs.cumsum(dim=-1)[..., :-1] < p).sum(dim=-1, keepdim=True)
    rank = order.argsort(dim=-1)
    return logits.masked_fill(rank >= n_kept, float("-inf"))


@exercise.alternative
def row_by_row(logits: Tensor, p: float) -> Tensor:
    """Take one token after the other until p is reached."""
    if p <= 0:
        raise ValueError("nothing would be left")
    if p >= 1:
        return logits + 0
    rows = logits.reshape(-1, logits.shape[-1])
    falls = torch.ones_like(rows, dtype=torch.bool)
    for number, probs in enumerate(rows.softmax(-1).tolist()):
        mass = 0.0
        for token in sorted(range(len(probs)), key=lambda token: -probs[token]):
            if mass >= p:
                break
            falls[number, token] = False
            mass += probs[token]
    return rows.masked_fill(falls, -torch.inf).reshape(logits.shape)


@exercise.alternative
def from_what_is_left(logits: Tensor, p: float) -> Tensor:
    """Add up from the smallest: what is not more probable holds more than 1 − p."""
    if p <= 0:
        raise ValueError(f"{p=} must be above 0")
    if p >= 1:
        return 1.0 * logits
    rising, order = torch.sort(logits.double(), dim=-1)
    up_to_here = rising.softmax(dim=-1).cumsum(dim=-1)
    stays = torch.zeros_like(logits, dtype=torch.bool)
    stays = stays.scatter(-1, order, up_to_here > 1 - p)
    return torch.where(stays, logits, torch.full_like(logits, -torch.inf))
