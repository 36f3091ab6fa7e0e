"""How alike two tokens are, before attention and after."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="contextual_similarity",
    points=6,
    exports=("contextual_similarity",),
    not_allowed=(
        "torch.cosine_similarity",
        "torch.nn.functional.cosine_similarity",
        "torch.nn.CosineSimilarity",
    ),
    hints=(
        "The cosine of two vectors is their dot product divided by the lengths of both. A token's "
        "vector is a row.",
        "A helper `cosine(a, b)` that gives `a @ b / (a.norm() * b.norm())` is called twice: on "
        "rows i and j of `embeddings`, then of `outputs`.",
    ),
    time_limit_s=5.0,
)


def _parts(result: object) -> tuple[object, object]:
    """Take the answer apart, saying what is wrong when it is not a pair."""
    if type(result) is not tuple or len(result) != 2:
        raise CheckError("give two things: `return before, after`", result)
    return result


def _cosine(rows: Tensor, i: int, j: int) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    unit = rows.double() / rows.double().square().sum(-1, keepdim=True).sqrt()
    return (unit[i] * unit[j]).sum()


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, int, int]:
    """Draw vectors before and after, of different widths and never all 0, and two tokens."""
    seq_len, d_model, d_value = sorted(draw.sizes(3))
    i, j = draw.order(seq_len)[:2].tolist()
    embeddings = draw.normal(seq_len, d_model, scale=2.0, dtype=dtype)
    outputs = draw.normal(seq_len, d_value, scale=2.0, dtype=dtype)
    embeddings[:, 0] += 2.5
    outputs[:, -1] -= 2.5
    return embeddings, outputs, i, j


@exercise.item(
    "the cosine before attention",
    points=2,
    sentence="The first number is the cosine of rows i and j of `embeddings`.",
)
def _(learner: Learner, draw: Draw) -> None:
    embeddings, outputs, i, j = _inputs(draw)
    before, _ = _parts(learner.contextual_similarity(embeddings, outputs, i, j))
    expect_close(before, _cosine(embeddings, i, j).float())


@exercise.item(
    "the cosine after attention",
    points=2,
    sentence="The second number is the cosine of rows i and j of `outputs`, which may be wider or "
    "narrower than the embeddings.",
)
def _(learner: Learner, draw: Draw) -> None:
    embeddings, outputs, i, j = _inputs(draw)
    _, after = _parts(learner.contextual_similarity(embeddings, outputs, i, j))
    expect_close(after, _cosine(outputs, i, j).float())


@exercise.item(
    "only the direction counts",
    points=1,
    sentence="Longer or shorter vectors have the same cosine, and a vector's cosine with itself "
    "is 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    embeddings, outputs, i, j = _inputs(draw)
    want = (_cosine(embeddings, i, j).float(), _cosine(outputs, i, j).float())
    embeddings[i] *= 50
    outputs[j] /= 50
    got = _parts(learner.contextual_similarity(embeddings, outputs, i, j))
    expect_close(got, want)
    same = _parts(learner.contextual_similarity(embeddings, outputs, i, i))
    expect_close(same, (torch.tensor(1.0), torch.tensor(1.0)))


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Both numbers are 0-dim tensors through which gradients reach both inputs; float64 "
    "stays float64, and the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    embeddings, outputs, i, j = _inputs(draw, dtype=torch.float64)
    cotangent = tuple(draw.normal(dtype=torch.float64) + 2 for _ in range(2))
    own = [embeddings.clone().requires_grad_(), outputs.clone().requires_grad_()]
    want = tuple(_cosine(rows, i, j) for rows in own)
    result, gradients = learner.contextual_similarity.vjp(
        cotangent, embeddings.clone().requires_grad_(), outputs.clone().requires_grad_(), i, j
    )
    expect_close(_parts(result), want)
    expected = torch.autograd.grad(want, own, cotangent)
    for gradient, one in zip(gradients, expected, strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "You give dot products. They grow with the vectors' lengths: divide by both lengths."
)
def not_normalised(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Leave the lengths in."""
    return embeddings[i] @ embeddings[j], outputs[i] @ outputs[j]


@exercise.misconception(
    "The two numbers are exchanged: first the embeddings (before), then the outputs (after)."
)
def before_and_after_exchanged(
    embeddings: Tensor, outputs: Tensor, i: int, j: int
) -> tuple[Tensor, Tensor]:
    """Give the outputs' cosine first."""

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return a @ b / (a.norm() * b.norm())

    return cosine(outputs[i], outputs[j]), cosine(embeddings[i], embeddings[j])


@exercise.misconception(
    "You compare columns. A token's vector is a *row*: embeddings[i], not embeddings[:, i]."
)
def columns_compared(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Take the wrong axis for the tokens."""

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return a @ b / (a.norm() * b.norm())

    return cosine(embeddings[:, i], embeddings[:, j]), cosine(outputs[:, i], outputs[:, j])


@exercise.misconception(
    "You divide by one length only. Both vectors have one: divide by their product."
)
def one_length_only(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Project the second vector on the first."""

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return a @ b / a.norm()

    return cosine(embeddings[i], embeddings[j]), cosine(outputs[i], outputs[j])


@exercise.misconception(
    "You divide by the *squared* lengths. The length is the root of the sum of squares."
)
def root_forgotten(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Leave the roots out."""

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return a @ b / ((a * a).sum() * (b * b).sum())

    return cosine(embeddings[i], embeddings[j]), cosine(outputs[i], outputs[j])


@exercise.misconception(
    "You give Python numbers. `.item()` or `float()` cuts the gradient off: give 0-dim tensors."
)
def python_numbers(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[float, float]:
    """Take the numbers out of the tensors."""

    def cosine(a: Tensor, b: Tensor) -> float:
        return (a @ b / (a.norm() * b.norm())).item()

    return cosine(embeddings[i], embeddings[j]), cosine(outputs[i], outputs[j])


@exercise.alternative
def with_unit_vectors(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Make all rows one long, then take one entry of all cosines."""
    before = torch.nn.functional.normalize(embeddings, dim=-1)
    after = torch.nn.functional.normalize(outputs, dim=-1)
    return (before @ before.T)[i, j], (after @ after.T)[i, j]


@exercise.alternative
def with_einsum(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Sum products over the width."""

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        def dot(c: Tensor, d: Tensor) -> Tensor:
            return torch.einsum("d,d->", c, d)

        return dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()

    return cosine(embeddings[i], embeddings[j]), cosine(outputs[i], outputs[j])


@exercise.alternative
def with_loops(embeddings: Tensor, outputs: Tensor, i: int, j: int) -> tuple[Tensor, Tensor]:
    """Add one product at a time."""
    cosines = []
    for rows in (embeddings, outputs):
        product, first, second = rows.new_zeros(()), rows.new_zeros(()), rows.new_zeros(())
        for a, b in zip(rows[i], rows[j], strict=True):
            product = product + a * b
            first = first + a * a
            second = second + b * b
        cosines.append(product / first.sqrt() / second.sqrt())
    return cosines[0], cosines[1]
