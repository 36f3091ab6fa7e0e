"""How badly a reward model foretells which of two answers was preferred."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="preference_loss",
    points=6,
    exports=("preference_loss",),
    not_allowed=(
        "torch.nn.functional.logsigmoid",
        "torch.nn.LogSigmoid",
        "torch.nn.functional.softplus",
        "torch.nn.Softplus",
        "torch.nn.functional.binary_cross_entropy_with_logits",
        "torch.nn.BCEWithLogitsLoss",
        "torch.nn.functional.soft_margin_loss",
        "torch.nn.SoftMarginLoss",
        "torch.nn.functional.cross_entropy",
        "torch.nn.CrossEntropyLoss",
        "course_lib.training.preferences.ScoredPairs",
    ),
    hints=(
        "−ln σ(d) is ln(1 + e^(−d)): the logarithm of a sum of two powers, e⁰ and e^(−d). There "
        "is a stable way to take such a logarithm; softmax and cross-entropy use it too.",
        "Take the larger of the two exponents out of the sum: with m = max(0, −d) the result is "
        "m + ln(e^(0 − m) + e^(−d − m)), and none of these powers exceeds 1. `torch.logsumexp` "
        "and `torch.logaddexp` do just that. Then the mean over the pairs.",
    ),
    time_limit_s=5.0,
)


def _loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    margins = chosen.double() - rejected.double()
    return torch.nn.functional.softplus(-margins).mean().to(chosen.dtype)


def _pairs(draw: Draw, n_pairs: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Draw scores of pairs, either of which may be ahead."""
    chosen, rejected = draw.normal(2, n_pairs, scale=2.0, dtype=dtype)
    return chosen.clone(), rejected.clone()


@exercise.item(
    "minus the logarithm of the probability of what was preferred",
    points=2,
    sentence="One pair costs −ln σ(chosen − rejected): little where the chosen answer scores "
    "higher, ln 2 where both score alike. A number added to both scores changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    for _ in range(3):
        chosen, rejected = _pairs(draw, 1)
        want = _loss(chosen, rejected)
        expect_close(learner.preference_loss(chosen, rejected), want)
        expect_close(learner.preference_loss(chosen + 4, rejected + 4), want)
        expect_close(learner.preference_loss(rejected, chosen), _loss(rejected, chosen))
        expect_close(learner.preference_loss(chosen, chosen.clone()), _loss(chosen, chosen))


@exercise.item(
    "the mean over the pairs",
    points=1,
    sentence="The loss of a batch is the mean of what its pairs cost, a tensor without axes.",
)
def _(learner: Learner, draw: Draw) -> None:
    n_pairs, more = draw.sizes(2)
    for n in (n_pairs, more):
        chosen, rejected = _pairs(draw, n)
        expect_close(learner.preference_loss(chosen, rejected), _loss(chosen, rejected))


@exercise.item(
    "scores far apart",
    points=2,
    sentence="Scores that lie some hundreds apart, in either direction, give a finite loss and "
    "finite gradients: nearly 0 where the chosen answer is ahead, the distance where it is behind.",
)
def _(learner: Learner, draw: Draw) -> None:
    one = torch.tensor(1.0)
    for sign in (-1, 1, -1):
        (n_pairs,) = draw.sizes(1)
        behind = draw.integers(200, 900, n_pairs).float()
        chosen, rejected = sign * behind, draw.normal(n_pairs)
        mine = chosen.clone().requires_grad_()
        want = _loss(mine, rejected)
        want.backward()
        got, gradients = learner.preference_loss.vjp(one, chosen.clone().requires_grad_(), rejected)
        expect_close(got, want)
        expect_gradient(gradients[0], mine.grad if mine.grad is not None else mine)


@exercise.item(
    "gradients, float64",
    points=1,
    sentence="Gradients push the scores apart, those of the chosen answers up and those of the "
    "rejected ones down; float64 stays float64, and the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    (n_pairs,) = draw.sizes(1)
    inputs = _pairs(draw, n_pairs, torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _loss(own[0], own[1])
    got, gradients = learner.preference_loss.vjp(
        torch.tensor(1.0, dtype=torch.float64), *(one.clone().requires_grad_() for one in inputs)
    )
    expect_close(got, want)
    for gradient, expected in zip(gradients, torch.autograd.grad(want, own), strict=True):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)
