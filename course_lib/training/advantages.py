"""From scores of answers to how much better than expected each token was.

Axes: B conversations, T positions, G groups, n answers in a group.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.training.answer_log_probs import AnswerLogProbs
from course_lib.training.divergence import estimate_kl


@dataclass(frozen=True)
class GroupAdvantages:
    """How answers to one question compare with each other.

    Attributes:
        values: How many standard deviations an answer lies above the mean of its group. 0 for all
            answers of a group in which all scored the same: there is nothing to learn from it.
        means: The mean score of each group.
        spreads: The standard deviation of each group's scores, over the group as a whole.
    """

    values: Float[Tensor, "G n"]
    means: Float[Tensor, " G"]
    spreads: Float[Tensor, " G"]


def compare_within_groups(scores: Float[Tensor, "G n"]) -> GroupAdvantages:
    """Compare several answers to each question with their own mean.

    Shao et al. 2024 (arXiv:2402.03300), section 4.1.2. The group takes the place of a value
    function. The paper leaves open whether the standard deviation is that of the group or an
    estimate of a larger one; here it is that of the group.

    Args:
        scores: What a reward model or a rule gave, one row for each question.
    """
    means = scores.mean(dim=1, keepdim=True)
    from_mean = scores - means
    spreads = from_mean.square().mean(dim=1, keepdim=True).sqrt()
    # The mean of equal numbers need not be that number in floating point, so ask for the extremes.
    is_flat = scores.amax(dim=1, keepdim=True) == scores.amin(dim=1, keepdim=True)
    spreads = spreads.masked_fill(is_flat, 0.0)
    values = from_mean.masked_fill(is_flat, 0.0) / spreads.masked_fill(is_flat, 1.0)
    return GroupAdvantages(values, means.squeeze(1), spreads.squeeze(1))


@torch.no_grad()
def leashed_rewards(
    scores: Float[Tensor, " B"],
    policy: AnswerLogProbs,
    reference: AnswerLogProbs,
    kl_weight: float,
) -> Float[Tensor, "B T"]:
    """Give each token of an answer a reward: the score at the end, and all along a leash.

    A token costs `kl_weight` times log policy − log reference; the sum of all is the score less
    the weighted divergence. Ouyang et al. 2022 (arXiv:2203.02155), equation 2 without its last
    term, token by token as in Shao et al. 2024 (arXiv:2402.03300), equation 2.

    Args:
        scores: One for each answer.
        policy: By the model that wrote the answers.
        reference: By the model that it may not stray from.
        kl_weight: How short the leash is (β), at least 0.

    Returns:
        Rewards, 0 outside answers. No gradient flows through them.

    Raises:
        ValueError: The weight is negative, or policy and reference speak of different tokens.
    """
    if kl_weight < 0:
        raise ValueError(f"{kl_weight=} is negative: it would pay to stray")
    rewards = -kl_weight * estimate_kl(policy, reference).plain
    places = torch.arange(rewards.shape[1], device=rewards.device)
    is_last = places == (policy.is_answer * places).amax(dim=1, keepdim=True)
    return rewards + scores[:, None] * is_last


@dataclass(frozen=True)
class TokenAdvantages:
    """How much better than expected each token was.

    Attributes:
        values: The advantages; 0 outside answers.
        returns: What a value function should have said before each token; 0 outside answers.
    """

    values: Float[Tensor, "B T"]
    returns: Float[Tensor, "B T"]


@torch.no_grad()
def generalised_advantages(
    rewards: Float[Tensor, "B T"],
    expected: Float[Tensor, "B T"],
    is_answer: Bool[Tensor, "B T"],
    *,
    discount: float = 1.0,
    trace: float = 0.95,
) -> TokenAdvantages:
    """Compare what came after each token with what was expected before it.

    Implements Schulman et al. 2016 (arXiv:1506.02438), equation 16. With `trace` 0 only the next
    expectation is looked at, with 1 all that really came.

    Args:
        rewards: Of each token.
        expected: What a value function expects before each token is written, of that token's
            reward and all later ones: what `RewardModel.by_position` says one position earlier.
        is_answer: True where a token belongs to an answer; other tokens are passed over.
        discount: What a reward is worth one token earlier (γ), from 0 to 1.
        trace: How far ahead is looked (λ), from 0 to 1.

    Returns:
        Advantages and returns, through which no gradient flows.

    Raises:
        ValueError: The discount or the trace is not between 0 and 1.
    """
    for name, share in (("discount", discount), ("trace", trace)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name}={share} is not between 0 and 1")
    values = torch.zeros_like(rewards)
    after = next_expected = torch.zeros_like(rewards[:, 0])  # nothing comes after the end
    for t in reversed(range(rewards.shape[1])):
        surprise = rewards[:, t] + discount * next_expected - expected[:, t]
        here = is_answer[:, t]
        after = torch.where(here, surprise + discount * trace * after, after)
        next_expected = torch.where(here, expected[:, t], next_expected)
        values[:, t] = after.where(here, 0.0)
    return TokenAdvantages(values, (values + expected).where(is_answer, 0.0))
