"""Answers to the exercise about direct preferences: mistakes, and other right ways."""

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.ch06_training.dpo_loss_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The reference is not used. Then an answer that was improbable from the start, being long, "
    "looks bad whatever the policy has learned: measure by how much the policy has moved."
)
def no_reference(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Compare the policy's log-probabilities alone."""
    return -F.logsigmoid(beta * (policy_chosen - policy_rejected)).mean()


@exercise.misconception(
    "The sign is wrong: your loss falls when the *rejected* answer becomes more probable. The "
    "margin is what the chosen answer has gained less what the rejected one has."
)
def wrong_sign(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Subtract the other way round."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -F.logsigmoid(-beta * gained).mean()


@exercise.misconception(
    "β stands outside the sigmoid. There it only scales the whole loss, as a learning rate would; "
    "it belongs to the margin, where it says how far the policy may move."
)
def beta_outside(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Multiply the loss."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -beta * F.logsigmoid(gained).mean()


@exercise.misconception("You divide by β. The margin is multiplied by it.")
def divided_by_beta(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Take β for a temperature."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -F.logsigmoid(gained / beta).mean()


@exercise.misconception(
    "What the reference says has the wrong sign: you add its difference where it is to be taken "
    "off. A policy that has not moved must cost ln 2."
)
def reference_added(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Add both differences."""
    both = (policy_chosen - policy_rejected) + (ref_chosen - ref_rejected).detach()
    return -F.logsigmoid(beta * both).mean()


@exercise.misconception(
    "You divide log-probabilities by each other. The logarithm of a ratio is the *difference* of "
    "the logarithms: subtract."
)
def logs_divided(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Take the ratio of the logarithms."""
    gained = policy_chosen / ref_chosen.detach() - policy_rejected / ref_rejected.detach()
    return -F.logsigmoid(beta * gained).mean()


@exercise.misconception(
    "The rejected answer is left out: what counts is how much more the chosen one has gained."
)
def rejected_left_out(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Raise the chosen answer and leave the other alone."""
    return -F.logsigmoid(beta * (policy_chosen - ref_chosen.detach())).mean()


@exercise.misconception(
    "The logarithm is missing: you take minus the probability. The loss is −ln of it, never < 0."
)
def sigmoid_without_log(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Raise the probability in place of its logarithm."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -torch.sigmoid(beta * gained).mean()


@exercise.misconception(
    "You take the mean of the margins first. Take −ln σ of each pair's own margin, then the mean."
)
def mean_first(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Average too early."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * gained.mean())


@exercise.misconception("You add the pairs up. The loss is the mean of what they cost.")
def summed(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Forget to divide."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -F.logsigmoid(beta * gained).sum()


@exercise.misconception(
    "It overflows: far from the reference σ is 0 and its logarithm −∞. `F.logsigmoid` does both."
)
def overflows(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Write the formula down as it stands."""
    gained = (policy_chosen - ref_chosen.detach()) - (policy_rejected - ref_rejected.detach())
    return -torch.log(torch.sigmoid(beta * gained)).mean()


@exercise.misconception(
    "A gradient reaches the reference. It is where the policy began, a fixed mark to measure from: "
    "if it could move too, the margin would grow without the policy learning anything. Cut it off "
    "with `detach()`."
)
def reference_learns(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Leave the reference in the graph."""
    gained = (policy_chosen - ref_chosen) - (policy_rejected - ref_rejected)
    return -F.logsigmoid(beta * gained).mean()


@exercise.alternative
def with_two_rewards(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Give each answer an implicit reward, and compare the two."""
    with torch.no_grad():
        before = torch.stack([ref_chosen, ref_rejected])
    rewards = (torch.stack([policy_chosen, policy_rejected]) - before) * beta
    return -rewards.log_softmax(dim=0)[0].mean()


@exercise.alternative
def with_softplus(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Compare the two answers within each model first."""
    favours = policy_rejected - policy_chosen
    favoured = (ref_rejected - ref_chosen).detach()
    return F.softplus(beta * (favours - favoured)).mean(dim=0)


@exercise.alternative
def pair_by_pair(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Loop over the pairs, the reference as plain numbers."""
    total = policy_chosen.new_zeros(())
    for i in range(len(policy_chosen)):
        gained = policy_chosen[i] - ref_chosen[i].item()
        lost = policy_rejected[i] - ref_rejected[i].item()
        total = total + torch.logaddexp(total.new_zeros(()), -beta * gained + beta * lost)
    return total / len(policy_chosen)


@exercise.alternative
def as_a_classifier(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float,
) -> Tensor:
    """Take the margin for the score of a yes, and yes for right."""
    margins = (policy_chosen - ref_chosen.data) - (policy_rejected - ref_rejected.data)
    return F.binary_cross_entropy_with_logits(beta * margins, torch.ones_like(margins))
