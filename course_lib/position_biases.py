"""Where a key stands, told by a number that is added to its score: ALiBi's and T5's.

Axes: H heads, Tq queries, Tk keys. The queries are the last of the positions that the keys stand
for.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

# The steepest of H slopes is 2^(−8/H): Press et al. 2022, section 3.
ALIBI_STEEPNESS = 8


def alibi_slopes(n_heads: int) -> Float[Tensor, " {n_heads}"]:
    """Give each head its own impatience with distance.

    Implements Press et al. 2022 (arXiv:2108.12409), section 3: for a power of two a geometric
    sequence that begins with, and has as its ratio, 2^(−8/H). For another number of heads it is,
    as in the code published with the paper, the sequence of the power of two below it, filled up
    with every other slope of the power of two above it.

    Args:
        n_heads: How many heads.

    Returns:
        Score lost per position of distance.

    Raises:
        ValueError: There is no head.
    """
    if n_heads < 1:
        raise ValueError(f"slopes are for at least one head, not for {n_heads}")
    n_below = 2 ** math.floor(math.log2(n_heads))
    slopes = _geometric_slopes(n_below)
    if n_below < n_heads:
        between = _geometric_slopes(2 * n_below)[0::2]
        slopes = slopes + between[: n_heads - n_below]
    return torch.tensor(slopes)


def _geometric_slopes(n_heads: int) -> list[float]:
    return [2 ** (-ALIBI_STEEPNESS * (head + 1) / n_heads) for head in range(n_heads)]


def alibi_bias(
    slopes: Float[Tensor, " H"], n_queries: int, n_keys: int
) -> Float[Tensor, "H {n_queries} {n_keys}"]:
    """Lower the score of each key by its distance from the query.

    Implements Press et al. 2022 (arXiv:2108.12409), section 3.

    Args:
        slopes: Score lost per position of distance, by head.
        n_queries: How many positions ask, the last ones.
        n_keys: How many positions there are.

    Returns:
        What to add to the scores; 0 at the query itself, and at keys ahead of it, which are for
        the causal mask to hide.
    """
    n_behind = -_relative_positions(n_queries, n_keys, slopes.device).clamp(max=0)  # Tq Tk
    return -slopes[:, None, None] * n_behind


def relative_position_buckets(
    relative_positions: Int[Tensor, "*batch"],
    *,
    n_buckets: int,
    max_distance: int,
    is_bidirectional: bool,
) -> Int[Tensor, "*batch"]:
    """Sort distances into buckets: the near ones each in its own, the far ones ever more together.

    The buckets of Raffel et al. 2020 (arXiv:1910.10683), section 2.1, whose spacing the code
    published with the paper gives: half of them hold one distance each, the other half grow
    geometrically up to `max_distance`.

    Args:
        relative_positions: Position of the key minus position of the query.
        n_buckets: How many buckets there are.
        max_distance: Distances from here on share the last bucket.
        is_bidirectional: Whether keys ahead of the query have buckets of their own, half of all,
            behind those of the others. If not, they share the bucket of distance 0.

    Returns:
        The bucket of each distance.
    """
    first = torch.zeros_like(relative_positions)
    distances = -relative_positions
    if is_bidirectional:
        n_buckets //= 2
        first = first + n_buckets * (relative_positions > 0)
        distances = distances.abs()
    distances = distances.clamp(min=0)
    n_exact = n_buckets // 2
    # In single precision, as in the published code: at the edge of a bucket the rounding decides.
    growth = torch.log(distances.clamp(min=1).float() / n_exact)
    growth = growth / math.log(max_distance / n_exact) * (n_buckets - n_exact)
    far = (n_exact + growth.to(distances.dtype)).clamp(max=n_buckets - 1)
    return first + torch.where(distances < n_exact, distances, far)


class RelativePositionBias(nn.Module):
    """Own a number per bucket and head; `relative_position_buckets` says which is whose."""

    def __init__(
        self, *, n_heads: int, n_buckets: int, max_distance: int, is_bidirectional: bool
    ) -> None:
        super().__init__()
        self.n_buckets = n_buckets
        self.max_distance = max_distance
        self.is_bidirectional = is_bidirectional
        self.table = nn.Parameter(torch.randn(n_buckets, n_heads))

    def forward(self, n_queries: int, n_keys: int) -> Float[Tensor, "H {n_queries} {n_keys}"]:
        """Give what to add to the scores of the last queries against all keys."""
        buckets = relative_position_buckets(
            _relative_positions(n_queries, n_keys, self.table.device),
            n_buckets=self.n_buckets,
            max_distance=self.max_distance,
            is_bidirectional=self.is_bidirectional,
        )
        return self.table[buckets].movedim(-1, 0)  # H Tq Tk


def _relative_positions(
    n_queries: int, n_keys: int, device: torch.device
) -> Int[Tensor, "{n_queries} {n_keys}"]:
    """How many positions each key lies ahead of each query; negative where it lies behind."""
    keys = torch.arange(n_keys, device=device)
    queries = keys[n_keys - n_queries :]
    return keys - queries[:, None]
