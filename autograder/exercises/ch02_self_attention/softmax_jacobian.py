"""How each share of a softmax moves when each score does."""

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
    name="softmax_jacobian",
    points=12,
    exports=("softmax_jacobian",),
    not_allowed=(
        "torch.autograd.functional.jacobian",
        "torch.autograd.functional.vjp",
        "torch.autograd.functional.jvp",
        "torch.autograd.grad",
        "torch.Tensor.backward",
        "torch.func.jacrev",
        "torch.func.jacfwd",
        "torch.func.grad",
        "torch.func.vjp",
        "torch.func.jvp",
        "torch.softmax",
        "torch.Tensor.softmax",
        "torch.nn.functional.softmax",
        "torch.ops.aten._softmax_backward_data",
    ),
    hints=(
        "Work out one entry on paper: the derivative of p_i = e^{x_i} / S in x_j, once for j = i "
        "and once for j ≠ i, where S is the sum over all. Both can be written with p alone.",
        "On the diagonal p_i (1 − p_i) = p_i − p_i p_i, elsewhere − p_i p_j. So every entry holds "
        "− p_i p_j, and the diagonal has p_i besides: `torch.diag` and `torch.outer`.",
    ),
    time_limit_s=5.0,
)


def _jacobian(p: Tensor) -> Tensor:
    """Compute what is expected, entry by entry, in the dtype of p."""
    shares = p.double().tolist()
    rows = [
        [share * ((i == j) - other) for j, other in enumerate(shares)]
        for i, share in enumerate(shares)
    ]
    return torch.tensor(rows, dtype=p.dtype)


@exercise.item(
    "a score and its own share",
    points=4,
    sentence="On the diagonal stands p_i (1 − p_i): a share grows with its own score, less and "
    "less as it nears 0 or 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    p = draw.probabilities(draw.sizes(1)[0])
    got = expect_tensor(learner.softmax_jacobian(p), (len(p), len(p)), torch.float32)
    expect_close(got.diagonal(), _jacobian(p).diagonal())


@exercise.item(
    "a score and another's share",
    points=4,
    sentence="Off the diagonal stands −p_i p_j: what one share gains the others lose.",
)
def _(learner: Learner, draw: Draw) -> None:
    p = draw.probabilities(draw.sizes(1)[0])
    got = learner.softmax_jacobian(p)
    square = expect_tensor(got, (len(p), len(p)), torch.float32)
    off_diagonal = 1 - torch.eye(len(p))
    expect_close(square * off_diagonal, _jacobian(p) * off_diagonal)


@exercise.item(
    "nothing is gained in all",
    points=2,
    sentence="Each row and each column sums to 0, as the shares keep summing to 1; when one share "
    "is 1 everything is 0 and no gradient passes.",
)
def _(learner: Learner, draw: Draw) -> None:
    n = draw.sizes(1)[0]
    p = draw.probabilities(n)
    got = expect_tensor(learner.softmax_jacobian(p), (n, n), torch.float32)
    expect_close(got.sum(0), torch.zeros(n))
    expect_close(got.sum(1), torch.zeros(n))
    expect_close(got, _jacobian(p))
    saturated = torch.eye(n)[draw.integer(0, n - 1)]
    expect_close(learner.softmax_jacobian(saturated), torch.zeros(n, n))
    expect_close(learner.softmax_jacobian(torch.ones(1)), torch.zeros(1, 1))


@exercise.item(
    "gradients flow",
    points=2,
    sentence="Gradients reach p, float64 stays float64, and p is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    n = draw.sizes(1)[0]
    p = draw.probabilities(n, dtype=torch.float64)
    cotangent = draw.normal(n, n, dtype=torch.float64)
    got, gradients = learner.softmax_jacobian.vjp(cotangent, p.clone().requires_grad_())
    expect_close(got, _jacobian(p))
    expect_gradient(gradients[0], cotangent.diagonal() - cotangent @ p - cotangent.T @ p)
    expect_unchanged(learner)


@exercise.misconception(
    "Only the diagonal is filled. When one score grows, every *other* share shrinks: entry [i, j] "
    "is −p_i p_j."
)
def only_the_diagonal(p: Tensor) -> Tensor:
    """Take softmax for a function that works on each number by itself."""
    return torch.diag(p * (1 - p))


@exercise.misconception(
    "The sign is turned: a share grows with its own score, so the diagonal is positive."
)
def sign_turned(p: Tensor) -> Tensor:
    """Subtract the diagonal from the product."""
    return torch.outer(p, p) - torch.diag(p)


@exercise.misconception(
    "The product p_i p_j is not subtracted. It comes from the sum in the denominator, which moves "
    "with every score."
)
def product_not_subtracted(p: Tensor) -> Tensor:
    """Forget that the denominator depends on the scores."""
    return torch.diag(p)


@exercise.misconception(
    "You use p_i (1 − p_j) everywhere. The 1 belongs to the diagonal only: it is there because "
    "x_i stands in the numerator of p_i alone."
)
def one_everywhere(p: Tensor) -> Tensor:
    """Fill the whole square with the diagonal's formula."""
    return p[:, None] * (1 - p[None, :])


@exercise.misconception(
    "`p * p` multiplies each number with itself; subtracted from the square it is repeated down "
    "the columns. Every p_i with every p_j is `torch.outer(p, p)`."
)
def square_for_outer_product(p: Tensor) -> Tensor:
    """Let a row of squares broadcast."""
    return torch.diag(p) - p * p


@exercise.alternative
def with_broadcasting(p: Tensor) -> Tensor:
    """Multiply p_i with (1 if i = j) − p_j."""
    identity = torch.eye(p.numel(), dtype=p.dtype, device=p.device)
    return p.unsqueeze(1) * (identity - p.unsqueeze(0))


@exercise.alternative
def with_einsum(p: Tensor) -> Tensor:
    """Write both terms with indices."""
    identity = torch.eye(len(p), dtype=p.dtype, device=p.device)
    return torch.einsum("i,ij->ij", p, identity) - torch.einsum("i,j->ij", p, p)


@exercise.alternative
def entry_by_entry(p: Tensor) -> Tensor:
    """Write each entry as the paper does."""
    rows = []
    for i in range(len(p)):
        row = [p[i] * (1 - p[i]) if i == j else -p[i] * p[j] for j in range(len(p))]
        rows.append(torch.stack(row))
    return torch.stack(rows)


@exercise.alternative
def diagonal_set_apart(p: Tensor) -> Tensor:
    """Fill the square with products, then replace its diagonal."""
    return (-p[:, None] @ p[None, :]).diagonal_scatter(p - p**2)
