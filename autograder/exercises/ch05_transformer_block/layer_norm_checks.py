"""LayerNorm: each row is brought to mean 0 and variance 1, then scaled and shifted."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="layer_norm",
    points=10,
    exports=("layer_norm",),
    not_allowed=(
        "torch.nn.functional.layer_norm",
        "torch.nn.LayerNorm",
        "torch.layer_norm",
        "torch.native_layer_norm",
        "torch.nn.functional.group_norm",
        "torch.nn.GroupNorm",
        "torch.nn.functional.instance_norm",
        "torch.nn.functional.batch_norm",
        "torch.nn.functional.rms_norm",
        "torch.nn.RMSNorm",
        "course_lib.layers.standardise",
        "course_lib.layers.LayerNorm",
        "course_lib.layers.layer_norm_from",
        "course_lib.normalisation.FusedLayerNorm",
        "course_lib.normalisation.root_mean_square_norm",
    ),
    hints=(
        "Mean and variance are taken along the last axis, and keep it with the length 1 "
        "(`keepdim=True`), so that they can be subtracted from the row and divide it.",
        "Subtract the mean first. The variance is then the mean of the squares of what is left: "
        "divide by D, not by D − 1. Add eps to it, take the root, divide; the gain and the bias "
        "come last.",
    ),
    time_limit_s=5.0,
)


def _norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    x, gamma, beta = x.double(), gamma.double(), beta.double()
    variance, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=0)
    return (x - mean) / (variance + eps).sqrt() * gamma + beta


def _rows(draw: Draw, n_leading: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw rows that are far from mean 0 and variance 1, each in its own way.

    The numbers of a row lie about 8 apart or more. An eps of 1e-5 is lost in rounding beside such
    a variance: what is done with eps shows only where eps is large.
    """
    *leading, d_model = draw.sizes(n_leading + 1)
    ranks = draw.normal(*leading, d_model).argsort(-1)
    noise = draw.normal(*leading, d_model, scale=0.2, dtype=dtype)
    spread = 8.0 + 4.0 * draw.integers(0, 4, *leading, 1)
    shift = 8 * draw.integers(-3, 3, *leading, 1)
    return ((ranks + noise) * spread + shift).to(dtype)


def _gain_and_bias(draw: Draw, x: Tensor) -> tuple[Tensor, Tensor]:
    d_model = x.shape[-1]
    return draw.normal(d_model, dtype=x.dtype), draw.normal(d_model, dtype=x.dtype)


@exercise.item(
    "each row has mean 0 and variance 1",
    points=3,
    sentence="Mean and variance are taken over the last axis, for each row on its own; the "
    "variance is the mean of the squared deviations, divided by D. Any axes may stand before.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_leading in (1, 2, 0, 3):
        x = _rows(draw, n_leading)
        gamma, beta = torch.ones(x.shape[-1]), torch.zeros(x.shape[-1])
        got = learner.layer_norm(x, gamma, beta, 1e-5)
        expect_close(got, _norm(x, gamma, beta, 1e-5).float())


@exercise.item(
    "gain and bias",
    points=2,
    sentence="Afterwards each component is multiplied by its number of gamma, and its number of "
    "beta is added.",
)
def _(learner: Learner, draw: Draw) -> None:
    x = _rows(draw, 2)
    gamma, beta = _gain_and_bias(draw, x)
    for gain, bias in ((gamma, torch.zeros_like(beta)), (gamma, beta), (gamma[:1] + beta, gamma)):
        got = learner.layer_norm(x, gain, bias, 1e-5)
        expect_close(got, _norm(x, gain, bias, 1e-5).float())


@exercise.item(
    "eps is added to the variance",
    points=2,
    sentence="eps is added to the variance, under the root, whatever its size; so a row of equal "
    "numbers gives beta, not nan.",
)
def _(learner: Learner, draw: Draw) -> None:
    x = _rows(draw, 1) / 32
    gamma, beta = _gain_and_bias(draw, x)
    for eps in (0.1, 2.0):
        got = learner.layer_norm(x, gamma, beta, eps)
        expect_close(got, _norm(x, gamma, beta, eps).float())
    x[0] = float(draw.integer(1, 5))
    expect_close(learner.layer_norm(x, gamma, beta, 1e-5)[0], beta)


@exercise.item(
    "rows far from 0",
    points=1,
    sentence="A row such as 1000, 1001, 1002 keeps its digits: subtract the mean before you square "
    "anything.",
)
def _(learner: Learner, draw: Draw) -> None:
    d_model = 5 if draw.small else 64
    offsets = torch.tensor([[1000.0], [-2000.0], [4000.0]])
    x = offsets + draw.normal(3, d_model)
    gamma, beta = _gain_and_bias(draw, x)
    got = learner.layer_norm(x, gamma, beta, 1e-5)
    # Numbers near 4000 are stored to 2.4e-4, and their mean in float32 is about as exact.
    expect_close(got, _norm(x, gamma, beta, 1e-5).float(), rtol=2e-3, atol=4e-3)


@exercise.item(
    "everything learns",
    points=2,
    sentence="Gradients reach x, gamma and beta; float64 stays float64, and the inputs are left "
    "unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x = _rows(draw, 2, torch.float64)
    inputs = (x, *_gain_and_bias(draw, x))
    cotangent = draw.normal(*x.shape, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _norm(own[0], own[1], own[2], 0.1)
    got, gradients = learner.layer_norm.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs), 0.1
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        expect_gradient(gradient, expected)
    half = tuple(one.bfloat16() for one in inputs)
    expect_tensor(learner.layer_norm(*half, 0.1), tuple(x.shape), torch.bfloat16)
    expect_unchanged(learner)
