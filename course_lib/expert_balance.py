"""How evenly experts are used: their shares, a loss that evens them out, and a limit to their work.

Axes: N positions, E experts, K experts chosen by each position.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def expert_shares(experts: Int[Tensor, "N K"], n_experts: int) -> Float[Tensor, " E"]:
    """Return which share of all choices falls on each expert.

    Args:
        experts: The choices.
        n_experts: How many experts there are.

    Raises:
        ValueError: Nothing was chosen.
    """
    if not experts.numel():
        raise ValueError("no position has chosen an expert, so there are no shares")
    return torch.bincount(experts.flatten(), minlength=n_experts) / experts.numel()


def uneven_use(router_logits: Float[Tensor, "N E"], n_chosen: int) -> Float[Tensor, ""]:
    """Return 1 for experts that are used alike, and up to the number of experts where one does all.

    Implements Fedus et al. 2022 (arXiv:2101.03961), equations 4 to 6, without the factor α, for
    any number of chosen experts: shares of the choices, times mean probabilities. Only the
    probabilities have a gradient.

    Args:
        router_logits: How well each expert suits each position.
        n_chosen: How many experts a position visits (K).
    """
    n_experts = router_logits.shape[-1]
    best = router_logits.detach().topk(n_chosen).indices
    wanted = router_logits.softmax(dim=-1)  # N E
    # Every position brings its own probabilities; the shares weigh the experts.
    return n_experts * (wanted @ expert_shares(best, n_experts).to(wanted)).mean()


def expert_capacity(n_positions: int, n_experts: int, n_chosen: int, factor: float) -> int:
    """Return how many positions an expert takes at most.

    Fedus et al. 2022 (arXiv:2101.03961), equation 3, for any number of chosen experts.

    Args:
        n_positions: Positions that share the experts (N).
        n_experts: How many experts there are.
        n_chosen: How many experts a position visits (K).
        factor: At 1 there is just enough room if all experts are used alike.
    """
    return math.ceil(n_positions * n_chosen / n_experts * factor)


def within_capacity(experts: Int[Tensor, "N K"], capacity: int) -> Bool[Tensor, "N K"]:
    """Tell which choices are granted when each expert takes only so many positions.

    All first choices come before all second ones, as in Lepikhin et al. 2020 (arXiv:2006.16668,
    algorithm 1), and earlier positions before later ones.

    Args:
        experts: The choices, best first.
        capacity: How many positions an expert takes.
    """
    granted = torch.zeros_like(experts, dtype=torch.bool)
    taken: dict[int, int] = {}
    for rank in range(experts.shape[1]):
        for position, expert in enumerate(experts[:, rank].tolist()):
            taken[expert] = taken.get(expert, 0) + 1
            granted[position, rank] = taken[expert] <= capacity
    return granted
