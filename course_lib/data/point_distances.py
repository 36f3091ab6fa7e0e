"""Points in the plane of which only some distances were measured, and those not exactly.

Axes: B clouds, N points.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Measurements:
    """What is known of some clouds of points, and what is true.

    Attributes:
        distances: The true distances of all pairs.
        measured: What was measured; 0 where nothing was.
        is_measured: Where something was. The same for both orders of a pair, never on the diagonal.
    """

    distances: Float[Tensor, "B N N"]
    measured: Float[Tensor, "B N N"]
    is_measured: Bool[Tensor, "B N N"]

    @property
    def is_hidden(self) -> Bool[Tensor, "B N N"]:
        """Pairs of two different points whose distance was not measured."""
        same = torch.eye(self.distances.shape[-1], dtype=torch.bool, device=self.distances.device)
        return ~self.is_measured & ~same


def measure_clouds(
    n_clouds: int,
    n_points: int,
    generator: torch.Generator,
    share: float = 0.4,
    noise: float = 0.03,
) -> Measurements:
    """Throw points into a square whose sides are 1 long, and measure some of their distances.

    Args:
        n_clouds: How many clouds (B).
        n_points: Points in each (N).
        generator: Source of the draws.
        share: Probability that a pair is measured.
        noise: Standard deviation of what is added to a measured distance; the result is not
            negative.

    Returns:
        Both sides of the task.

    Raises:
        ValueError: The share is no probability, or the noise is negative.
    """
    if not 0 <= share <= 1 or noise < 0:
        raise ValueError(f"a share from 0 to 1 and a noise of at least 0, not {share=}, {noise=}")
    points = torch.rand(n_clouds, n_points, 2, generator=generator)
    # Exact differences: `cdist` multiplies matrices and loses digits for points that are close.
    distances = (points.unsqueeze(-2) - points.unsqueeze(-3)).square().sum(dim=-1).sqrt()
    shape = n_clouds, n_points, n_points
    is_measured = (torch.rand(shape, generator=generator) < share).triu(diagonal=1)
    errors = (noise * torch.randn(shape, generator=generator)).triu(diagonal=1)
    is_measured, errors = is_measured | is_measured.mT, errors + errors.mT
    measured = (distances + errors).clamp(min=0).masked_fill(~is_measured, 0)
    return Measurements(distances, measured, is_measured)
