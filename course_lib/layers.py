"""The parts of a Transformer block besides attention: normalisation and the feed-forward layer.

Axes: D width of the residual stream; any axes may stand before it.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

# Added to the variance so that a constant row is not divided by zero; torch's and GPT-2's value.
LAYER_NORM_EPS = 1e-5


def standardise(x: Float[Tensor, "*batch D"], eps: float) -> Float[Tensor, "*batch D"]:
    """Bring each row to mean 0 and variance 1.

    Implements Ba et al. 2016 (arXiv:1607.06450), equation 3, before the gain and the bias.

    Args:
        x: Rows to standardise, each on its own.
        eps: Added to the variance, in the square of the unit of `x`. A constant row becomes 0.

    Returns:
        The rows, centred and scaled.
    """
    centred = x - x.mean(dim=-1, keepdim=True)
    # The population variance: the row is all there is, not a sample of something larger.
    variance = centred.square().mean(dim=-1, keepdim=True)  # *batch 1
    return centred * torch.rsqrt(variance + eps)


class LayerNorm(nn.Module):
    """Own a gain and a bias per component; the arithmetic is `standardise`."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Standardise each row, then scale and shift each component as learned."""
        return standardise(x, LAYER_NORM_EPS) * self.gain + self.bias


class FeedForward(nn.Module):
    """Widen each position, bend it with a GELU, and narrow it again; positions do not mix.

    Implements Vaswani et al. 2017 (arXiv:1706.03762), equation 2, with the GELU of Hendrycks and
    Gimpel 2016 (arXiv:1606.08415) in place of the ReLU, as GPT and BERT do.
    """

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.to_hidden = nn.Linear(d_model, d_ff)
        self.to_out = nn.Linear(d_ff, d_model)

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Transform each position on its own."""
        return self.to_out(F.gelu(self.to_hidden(x)))
