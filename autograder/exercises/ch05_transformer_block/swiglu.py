"""SwiGLU: the feed-forward layer in which one projection opens and closes the gates of another."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="swiglu",
    points=8,
    exports=("swiglu",),
    not_allowed=(
        "torch.nn.functional.silu",
        "torch.nn.SiLU",
        "course_lib.layers.gated",
        "course_lib.layers.GatedFeedForward",
    ),
    hints=(
        "Two projections of the same x, of the same width F. One becomes the gate: each of its "
        "numbers z is replaced by z · σ(z). Gate and other projection are multiplied number by "
        "number, and the product is projected back.",
        "`torch.sigmoid` computes σ for numbers of any size, and so does its gradient. Writing it "
        "as one over 1 + exp(−z) does not: at z = −100 the exponential is ∞, and the gradient nan.",
    ),
    time_limit_s=5.0,
)


def _swiglu(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    x, W_gate, W_up, W_down = (one.double() for one in (x, W_gate, W_up, W_down))
    z = x @ W_gate
    return (z * (1 + torch.tanh(z / 2)) / 2 * (x @ W_up)) @ W_down


def _inputs(
    draw: Draw, n_leading: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    *leading, d_model, d_ff = draw.sizes(n_leading + 2)
    return (
        draw.normal(*leading, d_model, dtype=dtype),
        draw.normal(d_model, d_ff, dtype=dtype),
        draw.normal(d_model, d_ff, dtype=dtype),
        draw.normal(d_ff, d_model, dtype=dtype),
    )


@exercise.item(
    "one projection is the gate of the other",
    points=4,
    sentence="With z = x W_gate the result is (z σ(z) ⊙ x W_up) W_down: the gate is made of "
    "W_gate's numbers, and multiplies W_up's number by number. Any axes may stand before.",
)
def _(learner: Learner, draw: Draw) -> None:
    for n_leading in (1, 2, 0):
        inputs = _inputs(draw, n_leading)
        expect_close(learner.swiglu(*inputs), _swiglu(*inputs).float())
    # A model whose layers are as wide as itself: every matrix fits everywhere.
    x = inputs[0]
    square = [draw.normal(len(x), len(x)) for _ in range(3)]
    expect_close(learner.swiglu(x, *square), _swiglu(x, *square).float())


@exercise.item(
    "gates far from 0",
    points=2,
    sentence="At z = −1000 the gate is shut and at z = 1000 it is wide open, and neither makes a "
    "nan or an ∞, in the gradients either.",
)
def _(learner: Learner, draw: Draw) -> None:
    z = 100.0 * torch.tensor([-draw.integer(2, 9), -1, 0, 1, draw.integer(2, 9)])
    z[1] = -1000.0
    d_ff = len(z)
    inputs = [
        torch.ones(1, 1),
        z.unsqueeze(0),
        draw.normal(1, d_ff).abs() + 0.5,
        draw.normal(d_ff, 1).abs() + 0.5,
    ]
    own = [one.clone().requires_grad_() for one in inputs]
    want = _swiglu(own[0], own[1], own[2], own[3]).float()
    cotangent = torch.ones(1, 1)
    got, gradients = learner.swiglu.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs)
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        bad = gradient is not None and not gradient.isfinite().all()
        expect_true(not bad, "a gradient is nan or ∞: does exp(−z) overflow?", got)
        expect_gradient(gradient, expected)


@exercise.item(
    "everything learns",
    points=2,
    sentence="Gradients reach x and all three matrices; float64 stays float64, and the inputs are "
    "left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, 2, torch.float64)
    cotangent = draw.normal(*inputs[0].shape, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _swiglu(own[0], own[1], own[2], own[3])
    got, gradients = learner.swiglu.vjp(
        cotangent, *(one.clone().requires_grad_() for one in inputs)
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)


@exercise.misconception(
    "The activation is on the wrong branch. The gate is made of x @ W_gate; what passes through "
    "it, x @ W_up, stays as it is."
)
def other_branch_activated(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Exchange the two projections."""
    up = x @ W_up
    return (x @ W_gate * up * torch.sigmoid(up)) @ W_down


@exercise.misconception(
    "Gate and projection are added. A gate lets through or holds back: multiply them number by "
    "number."
)
def sum_for_product(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Add the branches."""
    z = x @ W_gate
    return (z * torch.sigmoid(z) + x @ W_up) @ W_down


@exercise.misconception(
    "The gate is σ(z): that is a plain GLU. In SwiGLU the gate is SiLU(z) = z · σ(z)."
)
def sigmoid_for_silu(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Forget the factor z."""
    return (torch.sigmoid(x @ W_gate) * (x @ W_up)) @ W_down


@exercise.misconception(
    "The gate is a GELU: that is GEGLU. In SwiGLU it is SiLU(z) = z · σ(z), which looks alike and "
    "is not the same."
)
def gelu_for_silu(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Take the relative."""
    return (torch.nn.functional.gelu(x @ W_gate) * (x @ W_up)) @ W_down


@exercise.misconception(
    "1 + exp(−z) overflows at z below −88. The value survives it, since z / ∞ is 0; the gradient "
    "does not, since 0 · ∞ is nan. `torch.sigmoid` takes care of that."
)
def exponential_overflows(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Write the logistic function out."""
    z = x @ W_gate
    return (z / (1 + torch.exp(-z)) * (x @ W_up)) @ W_down


@exercise.misconception(
    "The gate is missing: what you compute is an ordinary feed-forward layer on W_gate. Multiply "
    "by x @ W_up before projecting back."
)
def no_second_branch(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Leave W_up out."""
    z = x @ W_gate
    return (z * torch.sigmoid(z)) @ W_down


@exercise.alternative
def with_tanh(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Write σ with a hyperbolic tangent."""
    half = torch.matmul(x, W_gate) / 2
    return torch.matmul((half + half * half.tanh()) * torch.matmul(x, W_up), W_down)


@exercise.alternative
def one_product_for_both(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Lay the matrices side by side, as fast implementations do."""
    z, up = (x @ torch.cat([W_gate, W_up], dim=-1)).chunk(2, dim=-1)
    return torch.nn.functional.linear(z.sigmoid() * z * up, W_down.T)


@exercise.alternative
def with_einsum(x: Tensor, W_gate: Tensor, W_up: Tensor, W_down: Tensor) -> Tensor:
    """Name the axes; take the logistic function by its logarithm."""
    z = torch.einsum("...d,df->...f", x, W_gate)
    share = torch.exp(-torch.nn.functional.softplus(-z))
    return torch.einsum("...f,...f,df,...d,fe->...e", z, share, W_up, x, W_down)
