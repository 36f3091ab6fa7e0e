"""Triangle updates: what is known of two sides of a triangle changes what is known of the third.

Two layers of AlphaFold 2 (Jumper et al. 2021, doi:10.1038/s41586-021-03819-2), supplement,
Algorithms 11 and 12. They work on one vector for every ordered pair of corners.

Axes: N corners; a pair has the two axes N N. C numbers for a pair, K numbers of a projected edge.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.layers import LayerNorm


class TriangleUpdate(nn.Module):
    """Let every third corner say something about every pair.

    Two gated projections make the edges; their products are summed over the third corner,
    normalised, projected back and gated. The caller adds the result to the pairs.

    Args:
        d_pair: Numbers for a pair (C).
        d_edge: Numbers of a projected edge (K).
        incoming: Whether the edges come in from the third corner (Algorithm 12), or leave towards
            it (Algorithm 11).
        generator: Source of the first weights. They have a variance of 1/`d_pair`, so that a
            normalised pair gives edges near a standard normal; the gates begin half open.
    """

    def __init__(
        self, d_pair: int, d_edge: int, *, incoming: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        if min(d_pair, d_edge) < 1:
            raise ValueError(f"both widths must be at least 1, got {d_pair=} and {d_edge=}")
        self.incoming = incoming
        self.norm = LayerNorm(d_pair)
        self.to_edges = nn.Linear(d_pair, 2 * d_edge)
        self.to_edge_gates = nn.Linear(d_pair, 2 * d_edge)
        self.sum_norm = LayerNorm(d_edge)
        self.to_out = nn.Linear(d_edge, d_pair)
        self.to_out_gate = nn.Linear(d_pair, d_pair)
        for layer in (self.to_edges, self.to_edge_gates, self.to_out, self.to_out_gate):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5, generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        pairs: Float[Tensor, "*batch N N C"],
        is_there: Bool[Tensor, "*batch N N"] | None = None,
    ) -> Float[Tensor, "*batch N N C"]:
        """Return what to add to every pair.

        Args:
            pairs: What is known of the pair of the first corner and the second.
            is_there: False where an edge belongs to a corner that is only padding, or is not to
                speak. None: all speak.

        Returns:
            The update. Edges that are not there change nothing, whatever finite numbers they hold.
        """
        x = self.norm(pairs)
        edges = self.to_edge_gates(x).sigmoid() * self.to_edges(x)  # *batch N N 2K
        if is_there is not None:
            edges = edges.masked_fill(~is_there.unsqueeze(-1), 0)
        first, second = edges.movedim(-1, -3).chunk(2, dim=-3)  # *batch K N N
        if self.incoming:  # the same with every edge turned round
            first, second = first.mT, second.mT
        sums = (first @ second.mT).movedim(-3, -1)  # *batch N N K
        return self.to_out_gate(x).sigmoid() * self.to_out(self.sum_norm(sums))


class SumsApart(TriangleUpdate):
    """The same layer with the triangle taken out, as a control; it has the same parameters.

    The edges of each corner are summed before they are multiplied, so that a pair learns what its
    two corners are told by all others, and not that it was the same third corner that said it.
    """

    def forward(
        self,
        pairs: Float[Tensor, "*batch N N C"],
        is_there: Bool[Tensor, "*batch N N"] | None = None,
    ) -> Float[Tensor, "*batch N N C"]:
        """Return what to add to every pair; see `TriangleUpdate`."""
        x = self.norm(pairs)
        edges = self.to_edge_gates(x).sigmoid() * self.to_edges(x)  # *batch N N 2K
        if is_there is not None:
            edges = edges.masked_fill(~is_there.unsqueeze(-1), 0)
        corners = edges.mean(dim=-3 if self.incoming else -2)  # *batch N 2K
        first, second = corners.chunk(2, dim=-1)  # *batch N K
        sums = first.unsqueeze(-2) * second.unsqueeze(-3)  # *batch N N K
        return self.to_out_gate(x).sigmoid() * self.to_out(self.sum_norm(sums))
