"""Answers to the exercise about preferences: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch06_training.preference_loss_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The sign is wrong: your loss is small where the *rejected* answer scores higher. The "
    "probability of what was preferred is σ(chosen − rejected)."
)
def wrong_sign(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Subtract the other way round."""
    return torch.logaddexp(chosen.new_zeros(()), chosen - rejected).mean()


@exercise.misconception(
    "The logarithm is missing: you take one minus the probability. Then a pair that is very wrong "
    "costs hardly more than one that is wrong, and its gradient vanishes. The loss is −ln of the "
    "probability."
)
def sigmoid_without_log(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Take the probability of the error."""
    return (1 - torch.sigmoid(chosen - rejected)).mean()


@exercise.misconception(
    "You return minus the probability itself, without a logarithm. The loss is −ln of it, and so "
    "never below 0."
)
def minus_the_probability(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Raise the probability in place of its logarithm."""
    return -torch.sigmoid(chosen - rejected).mean()


@exercise.misconception(
    "It overflows: scores some hundreds apart make the sigmoid 0 and its logarithm −∞, or "
    "e^(−d) infinite. Take the larger exponent out of the sum first."
)
def overflows(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Write the formula down as it stands."""
    return -torch.log(torch.sigmoid(chosen - rejected)).mean()


@exercise.misconception(
    "A small number is added to the probability before its logarithm is taken. So the loss cannot "
    "exceed a bound, and beyond it the worst pairs have no gradient: they are never mended. Take "
    "the logarithm in a stable way instead."
)
def bounded_by_a_small_number(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Keep the logarithm away from 0."""
    return -torch.log(torch.sigmoid(chosen - rejected) + 1e-8).mean()


@exercise.misconception(
    "The loss is right and its gradient is nan: `torch.where` computes both of its branches, and "
    "the one not taken overflows; backward, 0 times ∞ is nan. Write a form of which every part "
    "stays finite."
)
def overflow_in_the_other_branch(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Choose between two forms, one of which overflows."""
    margins = chosen - rejected
    ahead, behind = torch.log(1 + torch.exp(-margins)), torch.log(1 + torch.exp(margins)) - margins
    return torch.where(margins > 0, ahead, behind).mean()


@exercise.misconception(
    "You take the mean of the margins first and the logarithm then. Each pair has a probability "
    "of its own: first −ln σ of each margin, then the mean."
)
def mean_first(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Average too early."""
    return torch.logaddexp(chosen.new_zeros(()), (rejected - chosen).mean())


@exercise.misconception(
    "You add the pairs up. The loss is their mean, so that it does not grow with the batch."
)
def summed(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Forget to divide."""
    return torch.logaddexp(chosen.new_zeros(()), rejected - chosen).sum()


@exercise.misconception(
    "A pair whose chosen answer is ahead costs nothing in your loss, however narrowly. −ln σ goes "
    "on pushing: a margin of 0 still costs ln 2."
)
def only_errors_cost(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Charge for the distance alone."""
    return torch.relu(rejected - chosen).mean()


@exercise.misconception(
    "You look at the chosen scores alone. Scores mean nothing by themselves: what counts is by how "
    "much the chosen answer is ahead of the rejected one."
)
def rejected_left_out(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Take a score for a margin."""
    return torch.logaddexp(chosen.new_zeros(()), -chosen).mean()


@exercise.alternative
def with_logaddexp(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Let torch add two powers given by their logarithms."""
    margins = torch.sub(chosen, rejected)
    return torch.logaddexp(torch.zeros_like(margins), margins.neg()).mean()


@exercise.alternative
def with_two_classes(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Take it for a choice between two classes, of which the first is right."""
    both = torch.stack((chosen, rejected), dim=-1)
    return -both.log_softmax(dim=-1)[..., 0].mean()


@exercise.alternative
def from_the_distance(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Charge the distance where it is negative, and a correction that is at most ln 2."""
    margins = chosen - rejected
    correction = (1 + (-margins.abs()).exp()).log()
    # At 0 `abs` and `clamp` choose a slope each; half of the distance goes by neither.
    return ((margins.abs() - margins) / 2 + correction).mean()


@exercise.alternative
def pair_by_pair(chosen: Tensor, rejected: Tensor) -> Tensor:
    """Loop over the pairs, and take out the larger of the two scores."""
    costs = []
    for one, other in zip(chosen.unbind(), rejected.unbind(), strict=True):
        larger = max(one.item(), other.item())
        costs.append(larger + ((one - larger).exp() + (other - larger).exp()).log() - one)
    return torch.stack(costs).sum() / len(costs)
