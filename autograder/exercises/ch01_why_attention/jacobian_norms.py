"""How much of a change long ago arrives at the end of a recurrent network."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="jacobian_norms",
    points=18,
    exports=("jacobian_norms",),
    not_allowed=("torch.linalg.multi_dot", "torch.chain_matmul"),
    hints=(
        "The chain rule multiplies: ∂h_T/∂h_t = J[T−1] J[T−2] ··· J[t]. The factor that acts "
        "first, J[t], stands on the right. Begin at the end, where the product has one factor.",
        "Go backwards from t = T − 1 and multiply with `step_jacobians[t]` on the right, starting "
        "from the identity, and note the root of the sum of its squares at each step. What was "
        "noted first belongs last.",
    ),
    time_limit_s=5.0,
)


def _norms(step_jacobians: Tensor) -> Tensor:
    """Compute what is expected, each product anew, in float64, in the dtype of the input."""
    steps = step_jacobians.double()
    norms = []
    for start in range(len(steps)):
        product = steps[start]
        for step in steps[start + 1 :]:
            product = step @ product
        norms.append(product.square().sum().sqrt())
    return torch.stack(norms).to(step_jacobians.dtype)


def _steps(draw: Draw, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw Jacobians that neither commute nor let a long product vanish in rounding."""
    seq_len, d_hidden = draw.sizes(2)
    return draw.normal(seq_len, d_hidden, d_hidden, scale=0.8, dtype=dtype)


@exercise.item(
    "the last step alone",
    points=3,
    sentence="The last entry is the Frobenius norm of the last Jacobian: the root of the sum of "
    "the squares of all its entries.",
)
def _(learner: Learner, draw: Draw) -> None:
    steps = _steps(draw)
    got = expect_tensor(learner.jacobian_norms(steps), (len(steps),), torch.float32)
    expect_close(got[-1], _norms(steps)[-1])


@exercise.item(
    "the product of all later steps",
    points=7,
    sentence="Entry t is the norm of the product J[T−1] ··· J[t]: from step t to the end, the "
    "earliest factor on the right.",
)
def _(learner: Learner, draw: Draw) -> None:
    steps = _steps(draw)
    expect_close(learner.jacobian_norms(steps), _norms(steps))


@exercise.item(
    "vanishing and exploding",
    points=4,
    sentence="Where every step is a times the identity, entry t is √D · |a|^(T−t): it falls to "
    "nothing for |a| < 1 and grows for |a| > 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    seq_len, d_hidden = draw.sizes(2)
    for factor in (0.5, -2.0):
        steps = factor * torch.eye(d_hidden).repeat(seq_len, 1, 1)
        powers = torch.arange(seq_len, 0, -1, dtype=torch.float64)
        want = d_hidden**0.5 * abs(factor) ** powers
        expect_close(learner.jacobian_norms(steps), want.float())


@exercise.item(
    "what was forgotten stays forgotten",
    points=2,
    sentence="If one step forgets everything (J = 0), nothing from before it arrives, while all "
    "entries after it stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    steps = _steps(draw)
    # At least two steps stand behind it: the norm of a single one says nothing about products.
    forgetful = draw.integer(0, max(0, len(steps) - 3))
    steps[forgetful] = 0
    got = learner.jacobian_norms(steps)
    norms = expect_tensor(got, (len(steps),), torch.float32)
    expect_true((norms[: forgetful + 1] == 0).all(), "something arrives from before J = 0", got)
    expect_close(norms, _norms(steps))


@exercise.item(
    "gradients flow",
    points=2,
    sentence="Gradients reach the Jacobians, float64 stays float64, and the input is left "
    "unchanged; one step alone has a norm too.",
)
def _(learner: Learner, draw: Draw) -> None:
    steps = _steps(draw, dtype=torch.float64)
    own = steps.clone().requires_grad_()
    want = _norms(own)
    cotangent = draw.normal(len(steps), dtype=torch.float64)
    got, gradients = learner.jacobian_norms.vjp(cotangent, steps.clone().requires_grad_())
    expect_close(got, want)
    expect_gradient(gradients[0], torch.autograd.grad(want, own, cotangent)[0])
    expect_close(learner.jacobian_norms(steps[:1]), _norms(steps[:1]))
    expect_unchanged(learner)


@exercise.misconception(
    "Entry t is the norm of J[t] alone: one step. What happens after it counts too: multiply with "
    "the Jacobians of all later steps."
)
def one_step_only(step_jacobians: Tensor) -> Tensor:
    """Take each step by itself."""
    return step_jacobians.square().sum(dim=(1, 2)).sqrt()


@exercise.misconception(
    "The product stands in the wrong order. J[t] acts first and stands on the right: "
    "J[T−1] ··· J[t]. Matrices do not commute, and the norms differ."
)
def product_in_the_wrong_order(step_jacobians: Tensor) -> Tensor:
    """Multiply later steps on the right."""
    product = torch.eye(step_jacobians.shape[1]).to(step_jacobians)
    norms = []
    for step in reversed(step_jacobians.unbind()):
        product = step @ product
        norms.append(product.square().sum().sqrt())
    return torch.stack(norms[::-1])


@exercise.misconception(
    "The root is missing: you give the square of the norm, the sum of all squares."
)
def squared_norm(step_jacobians: Tensor) -> Tensor:
    """Leave out the root."""
    product = torch.eye(step_jacobians.shape[1]).to(step_jacobians)
    norms = []
    for step in reversed(step_jacobians.unbind()):
        product = product @ step
        norms.append(product.square().sum())
    return torch.stack(norms[::-1])


@exercise.misconception(
    "You multiply norms. The norm of a product is at most the product of the norms, and usually "
    "far less: multiply the matrices first."
)
def product_of_norms(step_jacobians: Tensor) -> Tensor:
    """Treat the steps as numbers."""
    norms = step_jacobians.square().sum(dim=(1, 2)).sqrt()
    return norms.flip(0).cumprod(0).flip(0)


@exercise.misconception(
    "The entries stand in the wrong order: entry 0 looks back furthest, and the last entry only "
    "one step."
)
def entries_reversed(step_jacobians: Tensor) -> Tensor:
    """Leave the norms in the order in which they were found."""
    product = torch.eye(step_jacobians.shape[1]).to(step_jacobians)
    norms = []
    for step in reversed(step_jacobians.unbind()):
        product = product @ step
        norms.append(product.square().sum().sqrt())
    return torch.stack(norms)


@exercise.misconception(
    "You multiply from the beginning: J[t] ··· J[0] says how the first state reaches step t. Asked "
    "is how the state at step t reaches the end."
)
def product_from_the_beginning(step_jacobians: Tensor) -> Tensor:
    """Go forwards from the first step."""
    product = torch.eye(step_jacobians.shape[1]).to(step_jacobians)
    norms = []
    for step in step_jacobians.unbind():
        product = step @ product
        norms.append(product.square().sum().sqrt())
    return torch.stack(norms)


@exercise.misconception(
    "That is the largest singular value. The Frobenius norm takes every entry: the root of the sum "
    "of all squares."
)
def spectral_norm(step_jacobians: Tensor) -> Tensor:
    """Take the other norm of a matrix."""
    product = torch.eye(step_jacobians.shape[1]).to(step_jacobians)
    norms = []
    for step in reversed(step_jacobians.unbind()):
        product = product @ step
        norms.append(torch.linalg.matrix_norm(product, ord=2))
    return torch.stack(norms[::-1])


@exercise.alternative
def every_product_anew(step_jacobians: Tensor) -> Tensor:
    """Multiply from each step to the end, without keeping anything."""
    norms = []
    for start in range(step_jacobians.shape[0]):
        product = step_jacobians[-1]
        for number in range(step_jacobians.shape[0] - 2, start - 1, -1):
            product = product @ step_jacobians[number]
        norms.append(torch.linalg.matrix_norm(product))
    return torch.stack(norms)


@exercise.alternative
def with_all_products_kept(step_jacobians: Tensor) -> Tensor:
    """Keep the products and take all norms at once."""
    products = [step_jacobians[-1]]
    for step in step_jacobians[:-1].flip(0):
        products.insert(0, products[0] @ step)
    return torch.stack(products).flatten(1).norm(dim=1)


@exercise.alternative
def with_transposes_and_einsum(step_jacobians: Tensor) -> Tensor:
    """Carry the transposed product forwards through the reversed steps."""
    carried = torch.eye(step_jacobians.shape[-1], dtype=step_jacobians.dtype)
    norms: list[Tensor] = []
    for step in step_jacobians.flip(0):
        carried = torch.einsum("ji,jk->ik", step, carried)
        norms = [torch.einsum("ij,ij->", carried, carried) ** 0.5, *norms]
    return torch.stack(norms)
