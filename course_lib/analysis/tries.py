"""What several tries are worth: when any right one counts, when they vote, when one is picked.

Axes: N tries, S questions, R orders of the tries.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def orders(n_tries: int, n_orders: int, generator: torch.Generator) -> Int[Tensor, "R N"]:
    """Draw orders in which the tries might have come, so that no curve hangs on one of them."""
    return torch.rand(n_orders, n_tries, generator=generator).argsort(dim=1)


def among_curve(is_right: Bool[Tensor, "N S"], order: Int[Tensor, "R N"]) -> Float[Tensor, " N"]:
    """Share of the questions that have a right answer among the first 1, 2, … N tries.

    Args:
        is_right: Whether a try was right.
        order: Orders to take the mean over.
    """
    found = is_right[order].int().cummax(dim=1).values  # R N S
    return found.double().mean(dim=(0, 2))


def vote_curve(
    answers: Int[Tensor, "N S"], truth: Int[Tensor, " S"], order: Int[Tensor, "R N"]
) -> Float[Tensor, " N"]:
    """Share of the questions whose commonest answer among the first 1, 2, … N tries is right.

    Of equally common ones the smallest counts.

    Args:
        answers: What each try came to. One that came to nothing holds a number that no answer is.
        truth: What is right.
        order: Orders to take the mean over.
    """
    shuffled = answers[order]  # R N S
    shares = [
        (shuffled[:, : n + 1].mode(dim=1).values == truth).double().mean()
        for n in range(len(answers))
    ]
    return torch.stack(shares)


def weighted_vote_curve(
    weights: Float[Tensor, "N S"],
    answers: Int[Tensor, "N S"],
    truth: Int[Tensor, " S"],
    order: Int[Tensor, "R N"],
) -> Float[Tensor, " N"]:
    """Share of the questions where the answer with the largest sum of weights is right.

    With the probabilities of a verifier for weights it is what Li et al. 2022 (arXiv:2206.02336)
    call a voting verifier.

    Args:
        weights: What each try's vote counts, at least 0.
        answers: What each try came to.
        truth: What is right.
        order: Orders to take the mean over.
    """
    weights, answers = weights[order].double(), answers[order]  # R N S
    sums, shares = torch.zeros_like(weights), []
    for n in range(answers.shape[1]):
        sums = sums + (answers == answers[:, n : n + 1]) * weights[:, n : n + 1]
        best = sums[:, : n + 1].argmax(dim=1, keepdim=True)
        shares.append((answers.gather(1, best).squeeze(1) == truth).double().mean())
    return torch.stack(shares)


def pick_curve(
    scores: Float[Tensor, "N S"], is_right: Bool[Tensor, "N S"], order: Int[Tensor, "R N"]
) -> Float[Tensor, " N"]:
    """Share of the questions whose best-scored try among the first 1, 2, … N is right.

    Args:
        scores: What somebody gave each try; the largest is picked.
        is_right: Whether a try was right.
        order: Orders to take the mean over.
    """
    best = scores[order].cummax(dim=1).indices  # R N S, places in the order
    return is_right[order].gather(1, best).double().mean(dim=(0, 2))
