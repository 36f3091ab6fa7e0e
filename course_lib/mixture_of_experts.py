"""A feed-forward layer of many experts, of which each position visits a few.

Axes: N positions of all sequences, E experts, K experts chosen by each position, D width of the
residual stream.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.layers import GatedFeedForward


@dataclass(frozen=True)
class Route:
    """Where each position goes.

    Attributes:
        experts: The chosen experts, best first.
        weights: Share of each in the result.
    """

    experts: Int[Tensor, "N K"]
    weights: Float[Tensor, "N K"]


def choose_experts(router_logits: Float[Tensor, "N E"], n_chosen: int) -> Route:
    """Choose the best few experts of each position and share it out among them.

    Implements Jiang et al. 2024 (arXiv:2401.04088), section 2.1: softmax over the chosen logits.

    Args:
        router_logits: How well each expert suits each position.
        n_chosen: How many experts a position visits.

    Returns:
        The chosen experts and their shares, which sum to 1.
    """
    best = router_logits.topk(n_chosen, dim=-1)
    return Route(experts=best.indices, weights=best.values.softmax(dim=-1))


def choose_by_probability(router_logits: Float[Tensor, "N E"], n_chosen: int) -> Route:
    """Choose the best few experts of each position, each with its probability among all experts.

    Implements Fedus et al. 2022 (arXiv:2101.03961), equations 1 and 2, for any number of chosen
    experts. What the others would have got is lost.

    Args:
        router_logits: How well each expert suits each position.
        n_chosen: How many experts a position visits.

    Returns:
        The chosen experts and their shares, which sum to 1 at most.
    """
    best = router_logits.softmax(dim=-1).topk(n_chosen, dim=-1)
    return Route(experts=best.indices, weights=best.values)


class MixtureOfExperts(nn.Module):
    """Own a router and the experts; `choose_experts` sends each position to a few of them.

    Another rule can be given, such as `choose_by_probability`.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        *,
        n_experts: int,
        n_chosen: int,
        activation: Callable[[Tensor], Tensor],
        choose: Callable[[Tensor, int], Route] = choose_experts,
    ) -> None:
        super().__init__()
        if not 1 <= n_chosen <= n_experts:
            raise ValueError(f"a position cannot visit {n_chosen} of {n_experts} experts")
        self.n_chosen = n_chosen
        self.choose = choose
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.experts = nn.ModuleList(
            GatedFeedForward(d_model, d_ff, activation) for _ in range(n_experts)
        )

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Transform each position on its own, by the experts that it chooses."""
        rows = x.flatten(0, -2)  # N D
        route = self.choose(self.router(rows), self.n_chosen)
        out = torch.zeros_like(rows)
        for number, expert in enumerate(self.experts):
            row, choice = torch.where(route.experts == number)
            # One visit for all positions that chose this expert; an expert nobody chose rests.
            if len(row):
                share = route.weights[row, choice, None]
                out.index_add_(0, row, share * expert(rows[row]))
        return out.view_as(x)
