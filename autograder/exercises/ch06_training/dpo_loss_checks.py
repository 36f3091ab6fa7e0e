"""Preferences learned by the policy itself, measured against where it began."""

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
    name="dpo_loss",
    points=10,
    exports=("dpo_loss",),
    not_allowed=(
        "course_lib.training.preference_optimisation.prefer_directly",
        "course_lib.training.preference_optimisation.implicit_rewards",
        "course_lib.training.preferences.ScoredPairs",
    ),
    hints=(
        "Two differences. How much more probable than the reference does the policy find the "
        "chosen answer? How much more the rejected one? The margin is the first less the second, "
        "and the loss of a pair is that of a reward model whose margin is β times this one.",
        "β stands inside: −ln σ(β · margin), then the mean over the pairs. `F.logsigmoid` does not "
        "overflow. The reference's two tensors take part as numbers only: `detach()` cuts a tensor "
        "off from whatever it was computed from.",
    ),
    time_limit_s=5.0,
)


def _loss(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Compute what is expected, in float64, differentiably."""
    gained = policy_chosen.double() - policy_rejected.double()
    before = ref_chosen.double() - ref_rejected.double()
    margins = beta * (gained - before)
    return torch.nn.functional.softplus(-margins).mean().to(policy_chosen.dtype)


def _log_probs(
    draw: Draw, n_pairs: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw log-probabilities of answers of several tokens; policy and reference differ by some."""
    length = 4.0 + n_pairs
    reference = -length - draw.normal(2, n_pairs, scale=1.0, dtype=dtype).abs() * 2
    policy = reference + draw.normal(2, n_pairs, scale=1.5, dtype=dtype)
    policy = policy.clamp(max=-0.5)
    return policy[0].clone(), policy[1].clone(), reference[0].clone(), reference[1].clone()


def _beta(draw: Draw) -> float:
    return draw.choice((0.3, 0.4, 0.6, 0.7))


@exercise.item(
    "measured against the reference",
    points=3,
    sentence="One pair costs −ln σ(β · margin): the margin is how much the policy raises the "
    "chosen answer above the reference, less how much it raises the rejected one.",
)
def _(learner: Learner, draw: Draw) -> None:
    beta = _beta(draw)
    for _ in range(3):
        policy_chosen, policy_rejected, ref_chosen, ref_rejected = _log_probs(draw, 1)
        want = _loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta)
        got = learner.dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta)
        expect_close(got, want)
        # An answer that both models find less probable is preferred neither more nor less.
        lower = policy_chosen - 3, policy_rejected, ref_chosen - 3, ref_rejected
        expect_close(learner.dpo_loss(*lower, beta), want)
        exchanged = policy_rejected, policy_chosen, ref_rejected, ref_chosen
        expect_close(learner.dpo_loss(*exchanged, beta), _loss(*exchanged, beta))


@exercise.item(
    "a policy that has not moved",
    points=1,
    sentence="Where the policy still is the reference every pair costs ln 2, however probable its "
    "answers are and whatever β.",
)
def _(learner: Learner, draw: Draw) -> None:
    _, _, chosen, rejected = _log_probs(draw, draw.sizes(1)[0])
    for beta in (0.1, 1.0, 2.5):
        inputs = (chosen, rejected, chosen.clone(), rejected.clone())
        expect_close(learner.dpo_loss(*inputs, beta), _loss(*inputs, beta))


@exercise.item(
    "beta scales the margin",
    points=2,
    sentence="β multiplies the margin, inside the sigmoid: with a small β the policy must move far "
    "before a pair is cheap, with a large one a little is enough.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _log_probs(draw, 1)
    for beta in (0.05, 1.0, 3.0):
        expect_close(learner.dpo_loss(*inputs, beta), _loss(*inputs, beta))


@exercise.item(
    "the mean over the pairs",
    points=1,
    sentence="The loss of a batch is the mean of what its pairs cost, a tensor without axes.",
)
def _(learner: Learner, draw: Draw) -> None:
    beta = _beta(draw)
    for n_pairs in draw.sizes(2):
        inputs = _log_probs(draw, n_pairs)
        expect_close(learner.dpo_loss(*inputs, beta), _loss(*inputs, beta))


@exercise.item(
    "far from the reference",
    points=1,
    sentence="Log-probabilities some hundreds away from the reference's, in either direction, give "
    "a finite loss and finite gradients.",
)
def _(learner: Learner, draw: Draw) -> None:
    one = torch.tensor(1.0)
    for sign in (-1, 1, -1):
        chosen, rejected, ref_chosen, ref_rejected = _log_probs(draw, draw.sizes(1)[0])
        moved = draw.integers(400, 900, len(chosen)).float()
        chosen, ref_chosen = chosen - 900 + sign * moved, ref_chosen - 900
        mine = chosen.clone().requires_grad_()
        want = _loss(mine, rejected, ref_chosen, ref_rejected, 0.5)
        want.backward()
        got, gradients = learner.dpo_loss.vjp(
            one, chosen.clone().requires_grad_(), rejected, ref_chosen, ref_rejected, 0.5
        )
        expect_close(got, want)
        expect_gradient(gradients[0], mine.grad if mine.grad is not None else mine)


def _gradients(learner: Learner, draw: Draw) -> tuple[Tensor | None, ...]:
    """Judge the policy's gradients, and return all four."""
    inputs, beta = _log_probs(draw, draw.sizes(1)[0], torch.float64), _beta(draw)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _loss(own[0], own[1], own[2], own[3], beta)
    got, gradients = learner.dpo_loss.vjp(
        torch.tensor(1.0, dtype=torch.float64),
        *(one.clone().requires_grad_() for one in inputs),
        beta,
    )
    expect_close(got, want)
    for gradient, expected in zip(gradients[:2], torch.autograd.grad(want, own[:2]), strict=True):
        expect_gradient(gradient, expected)
    return gradients


@exercise.item(
    "the policy learns",
    points=1,
    sentence="Gradients raise the policy's log-probability of the chosen answer and lower that of "
    "the rejected one; float64 stays float64, and the inputs are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    _gradients(learner, draw)
    expect_unchanged(learner)


@exercise.item(
    "the reference does not learn",
    points=1,
    sentence="No gradient reaches the reference's log-probabilities, even where they ask for one.",
)
def _(learner: Learner, draw: Draw) -> None:
    for gradient in _gradients(learner, draw)[2:]:
        is_cut_off = gradient is None or not gradient.any()
        expect_true(is_cut_off, "a gradient reaches the reference", gradient)
