"""Answers to the exercise about LayerNorm: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch05_transformer_block.layer_norm_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Your variance divides by D − 1. That is the estimate from a sample; here the row is all there "
    "is. Divide by D: `correction=0`, or the mean of the squares."
)
def unbiased_variance(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Use torch's default."""
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps) * gamma + beta


@exercise.misconception(
    "Mean and variance run over several positions at once. Every position is normalised on its "
    "own, over its D components: the last axis alone."
)
def over_the_positions_too(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Take the two last axes."""
    axes = (-2, -1) if x.dim() > 1 else -1
    centred = x - x.mean(axes, keepdim=True)
    return centred / torch.sqrt(centred.square().mean(axes, keepdim=True) + eps) * gamma + beta


@exercise.misconception(
    "Each component is normalised over the rows: that is batch normalisation. LayerNorm looks at "
    "one row at a time, along its last axis."
)
def over_the_first_axis(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Normalise columns."""
    centred = x - x.mean(0, keepdim=True)
    return centred / torch.sqrt(centred.square().mean(0, keepdim=True) + eps) * gamma + beta


@exercise.misconception(
    "eps is added outside the root, to the standard deviation. Add it to the variance, then take "
    "the root."
)
def eps_outside(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Take the root too early."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True).sqrt() + eps) * gamma + beta


@exercise.misconception(
    "eps is not used, and a row of equal numbers is 0 / 0. Add it to the variance, under the root."
)
def no_eps(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Divide by the plain deviation."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / centred.square().mean(-1, keepdim=True).sqrt() * gamma + beta


@exercise.misconception(
    "You divide by the variance. A row has the variance 1 after it is divided by the *root* of its "
    "variance."
)
def root_forgotten(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Divide by the variance."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps) * gamma + beta


@exercise.misconception(
    "The variance is the mean of the squares minus the square of the mean. On paper that is the "
    "same; far from 0 it subtracts two large numbers, and their difference is rounding. Subtract "
    "the mean first."
)
def digits_cancelled(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Square before subtracting."""
    mean = x.mean(-1, keepdim=True)
    variance = (x.square().mean(-1, keepdim=True) - mean.square()).clamp(min=0)
    return (x - mean) / torch.sqrt(variance + eps) * gamma + beta


@exercise.misconception(
    "The bias is scaled too: beta is added before gamma multiplies. Multiply first, add last."
)
def bias_scaled(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Exchange the last two steps."""
    centred = x - x.mean(-1, keepdim=True)
    return (centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + eps) + beta) * gamma


@exercise.alternative
def with_var_mean(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Let torch compute both at once."""
    variance, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
    return torch.addcmul(beta, (x - mean) * (variance + eps).rsqrt(), gamma)


@exercise.alternative
def with_sums(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Divide sums by the width."""
    width = x.size(-1)
    deviation = x - (x.sum(dim=-1) / width).unsqueeze(-1)
    power = torch.einsum("...d,...d->...", deviation, deviation) / width
    return gamma * (deviation / (power + eps).pow(0.5)[..., None]) + beta


@exercise.alternative
def row_by_row(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Loop over the rows."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        shifted = row - row.mean()
        rows.append(shifted / ((shifted**2).mean() + eps) ** 0.5 * gamma + beta)
    return torch.stack(rows).reshape(x.shape)
