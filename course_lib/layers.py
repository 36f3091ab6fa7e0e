"""The parts of a Transformer block besides attention: normalisation and the feed-forward layer.

Axes: D width of the residual stream, F width between the projections of a feed-forward layer; any
axes may stand before them.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

# Added to the variance so that a constant row is not divided by zero; torch's and GPT-2's value.
LAYER_NORM_EPS = 1e-5


def standardise(x: Float[Tensor, "*batch D"], eps: float) -> Float[Tensor, "*batch D"]:
    """Bring each row to mean 0 and variance 1.

    Implements Ba et al. 2016 (arXiv:1607.06450) with the mean and the deviation of equation 3,
    before the gain and the bias.

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


def layer_norm_from(gain: Float[Tensor, " _"], bias: Float[Tensor, " _"]) -> LayerNorm:
    """Make a `LayerNorm` of parameters that are known.

    Args:
        gain: Factor of each component.
        bias: Added to each component.

    Returns:
        The norm, in the dtype of `gain`, with a copy of both.

    Raises:
        ValueError: They differ in width.
    """
    if gain.shape != bias.shape:
        raise ValueError(f"{len(gain)} gains do not fit {len(bias)} biases")
    norm = LayerNorm(len(gain)).to(gain.dtype)
    with torch.no_grad():
        norm.gain.copy_(gain)
        norm.bias.copy_(bias)
    return norm


class FeedForward(nn.Module):
    """Widen each position, bend it, and narrow it again; positions do not mix.

    Implements Vaswani et al. 2017 (arXiv:1706.03762), equation 2. The bend is the GELU of Hendrycks
    and Gimpel 2016 (arXiv:1606.08415), as in GPT and BERT, if no other is given.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        activation: Callable[[Tensor], Tensor] = F.gelu,
        has_bias: bool = True,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.to_hidden = nn.Linear(d_model, d_ff, bias=has_bias)
        self.to_out = nn.Linear(d_ff, d_model, bias=has_bias)

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Transform each position on its own."""
        return self.to_out(self.activation(self.to_hidden(x)))


def gated(
    x: Float[Tensor, "*batch D"],
    W_gate: Float[Tensor, "D F"],
    W_up: Float[Tensor, "D F"],
    W_down: Float[Tensor, "F D"],
    activation: Callable[[Tensor], Tensor],
) -> Float[Tensor, "*batch D"]:
    """Let one widened copy of each position open and close the gates of another.

    Implements Shazeer 2020 (arXiv:2002.05202), equation 6: FFN_SwiGLU with a SiLU for the
    activation, FFN_GEGLU with a GELU.

    Args:
        x: Positions, each on its own.
        W_gate: Projection to the gates, before the activation.
        W_up: Projection to what passes the gates.
        W_down: Projection back.
        activation: Applied to the gates, number by number.

    Returns:
        The transformed positions.
    """
    return (activation(x @ W_gate) * (x @ W_up)) @ W_down


class GatedFeedForward(nn.Module):
    """Own the three projections; the arithmetic is `gated`."""

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        activation: Callable[[Tensor], Tensor],
        has_bias: bool = False,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.to_gate = nn.Linear(d_model, d_ff, bias=has_bias)
        self.to_up = nn.Linear(d_model, d_ff, bias=has_bias)
        self.to_out = nn.Linear(d_ff, d_model, bias=has_bias)

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Transform each position on its own."""
        return self.to_out(self.activation(self.to_gate(x)) * self.to_up(x))
