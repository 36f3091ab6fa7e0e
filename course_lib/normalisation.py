"""Normalisation as public models use it: by the root mean square, and LayerNorm in one kernel.

Axes: D width of a row; any axes may stand before it.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def root_mean_square_norm(x: Float[Tensor, "*batch D"], eps: float) -> Float[Tensor, "*batch D"]:
    """Bring each row to a mean square of 1, without moving its mean.

    Implements Zhang and Sennrich 2019 (arXiv:1910.07467), equation 4, before the gain.

    Args:
        x: Rows to normalise, each on its own.
        eps: Added to the mean square, in the square of the unit of `x`. A row of zeros stays so.

    Returns:
        The rows, scaled.
    """
    mean_square = x.square().mean(dim=-1, keepdim=True)  # *batch 1
    return x * torch.rsqrt(mean_square + eps)


class RMSNorm(nn.Module):
    """Own a gain per component; the arithmetic is `root_mean_square_norm`."""

    def __init__(self, d_model: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Scale each row to a mean square of 1, then each component as learned."""
        return F.rms_norm(x, self.gain.shape, self.gain, self.eps)


class OffsetRMSNorm(nn.Module):
    """An `RMSNorm` that owns how much each gain is above 1, as Gemma does.

    Weight decay then draws the gains to 1 and not to 0.
    """

    def __init__(self, d_model: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.gain_offset = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Scale each row to a mean square of 1, then each component as learned."""
        return F.rms_norm(x, self.gain_offset.shape, 1 + self.gain_offset, self.eps)


class FusedLayerNorm(nn.Module):
    """The `LayerNorm` of `layers` in one kernel of torch, with an `eps` of one's own."""

    def __init__(self, d_model: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Standardise each row, then scale and shift each component as learned."""
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, self.eps)
