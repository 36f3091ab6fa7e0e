"""RMSNorm: each row is divided by the root of its mean square; its mean stays."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="rms_norm",
    points=6,
    exports=("rms_norm",),
    not_allowed=(
        "torch.nn.functional.rms_norm",
        "torch.nn.RMSNorm",
        "torch.rms_norm",
        "course_lib.normalisation.root_mean_square_norm",
        "course_lib.normalisation.RMSNorm",
        "course_lib.normalisation.OffsetRMSNorm",
    ),
    hints=(
        "Square, mean, root: the name read backwards. The mean of the squares runs along the last "
        "axis and keeps it (`keepdim=True`).",
        "Add eps to the mean of the squares, take the root, divide the row by it, and multiply by "
        "gamma. Nothing is subtracted.",
    ),
    time_limit_s=5.0,
)


def _norm(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    x, gamma = x.double(), gamma.double()
    return gamma * x / (x.pow(2).sum(-1, keepdim=True) / x.shape[-1] + eps).sqrt()


def _rows(draw: Draw, n_leading: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Draw rows whose mean is not 0, and gains."""
    *leading, d_model = draw.sizes(n_leading + 1)
    shift = draw.integers(1, 3, *leading, 1)
    x = (draw.normal(*leading, d_model, dtype=dtype) + shift).to(dtype)
    return x, draw.normal(d_model, dtype=dtype)


@exercise.item(
    "each row has a mean square of 1",
    points=3,
    sentence="Each row is divided by the root of the mean of its squares, along the last axis, and "
    "each component multiplied by its gain. Nothing is subtracted. Any axes may stand before.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_leading in (1, 2, 0, 3):
        x, gamma = _rows(draw, n_leading)
        expect_close(learner.rms_norm(x, gamma, 1e-6), _norm(x, gamma, 1e-6).float())


@exercise.item(
    "eps is added to the mean square",
    points=1,
    sentence="eps is added to the mean of the squares, under the root, whatever its size; so a row "
    "of zeros stays zeros.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, gamma = _rows(draw, 2)
    for eps in (0.1, 2.0):
        expect_close(learner.rms_norm(x / 4, gamma, eps), _norm(x / 4, gamma, eps).float())
    x[0] = 0.0
    expect_close(learner.rms_norm(x, gamma, 1e-6), _norm(x, gamma, 1e-6).float())


@exercise.item(
    "everything learns",
    points=2,
    sentence="Gradients reach x and gamma; float64 stays float64, and the inputs are left "
    "unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _rows(draw, 2, torch.float64)
    cotangent = draw.normal(*inputs[0].shape, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _norm(own[0], own[1], 0.1)
    got, gradients = learner.rms_norm.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs), 0.1
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)


@exercise.misconception(
    "You subtract the mean: that is LayerNorm without its bias. RMSNorm leaves the mean where it "
    "is, and takes the mean of the squares of the row itself."
)
def mean_subtracted(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Centre the row as LayerNorm does."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + eps) * gamma


@exercise.misconception(
    "You divide by the length of the row, the root of the *sum* of its squares. It is the root of "
    "their *mean*, √D times smaller: the components then have size 1, however wide the row."
)
def length_for_mean_square(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Sum where a mean is meant."""
    return x / torch.sqrt(x.square().sum(-1, keepdim=True) + eps) * gamma


@exercise.misconception(
    "eps is not used, and a row of zeros is 0 / 0. Add it to the mean of the squares, under the "
    "root."
)
def no_eps(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Divide by the plain root."""
    return x / torch.sqrt(x.square().mean(-1, keepdim=True)) * gamma


@exercise.misconception(
    "eps is added outside the root. Add it to the mean of the squares, then take the root."
)
def eps_outside(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Take the root too early."""
    return x / (torch.sqrt(x.square().mean(-1, keepdim=True)) + eps) * gamma


@exercise.misconception(
    "You divide by the mean square itself. Its root is what has the unit of the row: take the root."
)
def root_forgotten(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Divide by the mean square."""
    return x / (x.square().mean(-1, keepdim=True) + eps) * gamma


@exercise.misconception(
    "The mean runs over the rows too. Every row is divided by its own root mean square, along the "
    "last axis alone."
)
def over_all_rows(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Take one mean for everything."""
    return x / torch.sqrt(x.square().mean() + eps) * gamma


@exercise.alternative
def with_rsqrt(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Multiply by one over the root."""
    power = torch.mean(x * x, dim=-1, keepdim=True)
    return gamma * (x * torch.rsqrt(power.add(eps)))


@exercise.alternative
def with_the_length(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Take the length of the row, divided by √D."""
    width = x.shape[-1]
    squared = torch.einsum("...i,...i->...", x, x).unsqueeze(-1)
    return x * (width**0.5) / (squared + width * eps).sqrt() * gamma


@exercise.alternative
def row_by_row(x: Tensor, gamma: Tensor, eps: float) -> Tensor:
    """Loop over the rows."""
    flat = x.flatten(0, -2) if x.dim() > 1 else x.unsqueeze(0)
    rows = [row * gamma / (row.dot(row) / len(row) + eps) ** 0.5 for row in flat]
    return torch.stack(rows).view_as(x)
