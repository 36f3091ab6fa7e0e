"""Answers to the exercise about advantages within a group: mistakes, and other right ways."""

import torch
from torch import Tensor

from autograder.exercises.ch06_training.grpo_advantages_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "Mean and standard deviation are taken over the whole batch. Then an answer to an easy "
    "question looks good and one to a hard question bad, whatever it was worth: compare each "
    "answer with the others to its own question, along the second axis."
)
def over_the_batch(rewards: Tensor) -> Tensor:
    """Compare answers to different questions."""
    from_mean = rewards - rewards.mean()
    return from_mean / from_mean.square().mean().sqrt()


@exercise.misconception(
    "A group in which all rewards are equal gives nan or ∞: its standard deviation is 0, and you "
    "divide by it. Such a group teaches nothing: give zeros."
)
def nan_when_equal(rewards: Tensor) -> Tensor:
    """Divide whatever the spread."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    return from_mean / from_mean.square().mean(dim=1, keepdim=True).sqrt()


@exercise.misconception(
    "A group in which all rewards are equal gives nan or ∞: torch's standard deviation of it is 0, "
    "and you divide by it. Such a group teaches nothing: give zeros."
)
def divided_by_a_std_of_zero(rewards: Tensor) -> Tensor:
    """Divide by torch's standard deviation."""
    mean = rewards.mean(dim=1, keepdim=True)
    return (rewards - mean) / rewards.std(dim=1, correction=0, keepdim=True)


@exercise.misconception(
    "The rewards are not centred: the mean of the group is not taken off. Then every answer with a "
    "reward above 0 is reinforced, the worst of the group too."
)
def not_centred(rewards: Tensor) -> Tensor:
    """Divide only."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    is_flat = rewards.amax(1, keepdim=True) == rewards.amin(1, keepdim=True)
    spread = from_mean.square().mean(dim=1, keepdim=True).sqrt()
    return torch.where(is_flat, 0.0, rewards / spread)


@exercise.misconception(
    "The squares are divided by n − 1: that estimates the spread of a larger population (torch's "
    "`std` does it unless told otherwise). The group is all there is: divide by n."
)
def divided_by_one_less(rewards: Tensor) -> Tensor:
    """Take torch's default."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    is_flat = rewards.amax(1, keepdim=True) == rewards.amin(1, keepdim=True)
    return from_mean.masked_fill(is_flat, 0.0) / rewards.std(dim=1, keepdim=True)


@exercise.misconception(
    "The distances from the mean are not divided by the standard deviation. There are methods that "
    "leave it out on purpose; this one counts in standard deviations."
)
def not_divided(rewards: Tensor) -> Tensor:
    """Centre only."""
    return rewards - rewards.mean(dim=1, keepdim=True)


@exercise.misconception(
    "You divide by the variance. Its root, the standard deviation, has the unit of the rewards: "
    "take the root."
)
def divided_by_the_variance(rewards: Tensor) -> Tensor:
    """Forget the root."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    is_flat = rewards.amax(1, keepdim=True) == rewards.amin(1, keepdim=True)
    return torch.where(is_flat, 0.0, from_mean / from_mean.square().mean(dim=1, keepdim=True))


@exercise.misconception(
    "It is the wrong axis: you compare the first answers to all questions with each other, then "
    "the second ones. A row is a group; go along the row, `dim=1`."
)
def along_the_columns(rewards: Tensor) -> Tensor:
    """Compare down the columns."""
    from_mean = rewards - rewards.mean(dim=0, keepdim=True)
    is_flat = rewards.amax(0, keepdim=True) == rewards.amin(0, keepdim=True)
    spread = from_mean.square().mean(dim=0, keepdim=True).sqrt()
    return torch.where(is_flat, 0.0, from_mean / spread)


@exercise.misconception(
    "A small number is added to the standard deviation so that nothing is divided by 0. It also "
    "shrinks the advantages of groups whose rewards lie close together. Add nothing, and treat "
    "groups of equal rewards apart."
)
def small_number_added(rewards: Tensor) -> Tensor:
    """Divide by a little more than the spread."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    return from_mean / (from_mean.square().mean(dim=1, keepdim=True).sqrt() + 1e-4)


@exercise.misconception(
    "You ask whether the standard deviation is 0. For 0.1 repeated it is not: the mean is off by "
    "the last bit, and dividing one rounding error by another gives ±1. Compare the largest reward "
    "with the smallest."
)
def spread_compared_with_zero(rewards: Tensor) -> Tensor:
    """Trust that equal numbers have a spread of exactly 0."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    spread = from_mean.square().mean(dim=1, keepdim=True).sqrt()
    return torch.where(spread == 0, 0.0, from_mean / spread)


@exercise.misconception(
    "A rounding error is left over where all rewards are equal: you divide it by 1, and do not set "
    "it to 0. Give exactly 0 there."
)
def rounding_error_left(rewards: Tensor) -> Tensor:
    """Make the division harmless, and trust that equal numbers lie at their mean."""
    from_mean = rewards - rewards.mean(dim=1, keepdim=True)
    is_flat = rewards.amax(1, keepdim=True) == rewards.amin(1, keepdim=True)
    variance = from_mean.square().mean(dim=1, keepdim=True)
    return from_mean / torch.where(is_flat, 1.0, variance).sqrt()


@exercise.alternative
def with_std(rewards: Tensor) -> Tensor:
    """Take torch's standard deviation, told not to correct it."""
    is_flat = rewards.max(dim=-1, keepdim=True).values == rewards.min(dim=-1, keepdim=True).values
    spread = torch.std(rewards, dim=-1, correction=0, keepdim=True)
    centred = rewards - torch.mean(rewards, dim=-1, keepdim=True)
    return torch.where(is_flat, torch.zeros_like(rewards), centred / spread)


@exercise.alternative
def group_by_group(rewards: Tensor) -> Tensor:
    """Loop over the groups and compare each reward with the first."""
    groups = []
    for group in rewards.unbind(dim=0):
        if bool((group == group[0]).all()):
            groups.append(torch.zeros_like(group))
        else:
            variance = group.var(correction=0)
            groups.append((group - group.mean()) * variance.rsqrt())
    return torch.stack(groups)


@exercise.alternative
def with_lengths(rewards: Tensor) -> Tensor:
    """Scale each row of distances to a length of √n."""
    n = rewards.shape[1]
    from_mean = rewards - torch.einsum("gn->g", rewards).unsqueeze(1) / n
    length = torch.linalg.vector_norm(from_mean, dim=1, keepdim=True)
    differs = (rewards != rewards[:, :1]).any(dim=1, keepdim=True)
    return torch.where(differs, from_mean / length * n**0.5, 0.0)


@exercise.alternative
def from_the_largest(rewards: Tensor) -> Tensor:
    """Measure from each row's largest reward, so that equal ones are exactly 0."""
    below = rewards - rewards.amax(dim=1, keepdim=True)
    from_mean = below - below.mean(dim=1, keepdim=True)
    variance = from_mean.square().mean(dim=1, keepdim=True)
    is_flat = below.abs().sum(dim=1, keepdim=True) == 0
    return from_mean / (variance + is_flat.to(variance.dtype)).sqrt()
