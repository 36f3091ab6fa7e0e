"""How much better an answer is than the others to the same question."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_equal,
    expect_gradient,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="grpo_advantages",
    points=6,
    exports=("grpo_advantages",),
    not_allowed=(
        "course_lib.training.advantages.compare_within_groups",
        "torch.nn.functional.layer_norm",
        "torch.nn.LayerNorm",
        "torch.nn.functional.group_norm",
        "torch.nn.GroupNorm",
        "torch.nn.functional.instance_norm",
        "course_lib.normalisation.root_mean_square_norm",
        "course_lib.layers.standardise",
        "course_lib.layers.LayerNorm",
    ),
    hints=(
        "Row by row: mean, distance from the mean, and the root of the mean of the squared "
        "distances. `keepdim=True` keeps an axis of length 1, so that rows can be compared with "
        "their own numbers.",
        "Ask which rows are flat by their largest and their smallest reward: those are equal "
        "exactly when all are. Put 0 there and take care that nothing is divided by 0, such as by "
        "putting a 1 for the spread of a flat row. The mean of the squares is divided by n, not "
        "by n − 1.",
    ),
    time_limit_s=5.0,
)


def _advantages(rewards: Tensor) -> Tensor:
    """Compute what is expected, row by row, in float64, differentiably."""
    rows = []
    for row in rewards.double():
        if len(set(row.tolist())) == 1:
            rows.append(torch.zeros_like(row))
            continue
        from_mean = row - row.sum() / len(row)
        rows.append(from_mean / (from_mean.pow(2).sum() / len(row)).sqrt())
    return torch.stack(rows).to(rewards.dtype)


# So far apart lie rewards that a small number, added to their standard deviation, is lost in
# rounding: whether one is added is judged on its own.
WIDE = 32


def _groups(draw: Draw, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw groups of very different levels and spreads, no two rewards of a group alike."""
    n_groups, n = draw.sizes(2)
    order = torch.stack([draw.order(n) for _ in range(n_groups)])
    spreads = torch.tensor([(0.5, 1.0, 4.0)[i % 3] for i in range(n_groups)])
    levels = 1.5 * torch.arange(n_groups) - 2
    noise = draw.normal(n_groups, n, scale=0.2, dtype=dtype)
    return (levels[:, None] + spreads[:, None] * (order + noise)).to(dtype)


@exercise.item(
    "each group is compared with itself",
    points=2,
    sentence="Each reward is taken as its distance from the mean of its own row, in standard "
    "deviations of that row. Every row then has mean 0 and a mean square of 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    rewards = WIDE * _groups(draw)
    got = learner.grpo_advantages(rewards)
    if isinstance(got, Tensor) and got.shape == rewards.shape:
        means = got.double().mean(dim=1)
        expect_true(means.abs().max() < 1e-4, "a row's mean is not 0", got)
    expect_close(got, _advantages(rewards))
    expect_close(learner.grpo_advantages(rewards.mT), _advantages(rewards.mT))


@exercise.item(
    "nothing is added to the standard deviation",
    points=1,
    sentence="However close together the rewards of a group are, as long as they differ they are "
    "divided by their standard deviation and by nothing else: [0.001, 0.002] gives [−1, 1] too.",
)
def _(learner: Learner, draw: Draw) -> None:
    rewards = _groups(draw, torch.float64)
    for scale in (1e-3, 1e-6):
        expect_close(learner.grpo_advantages(scale * rewards), _advantages(rewards))
    pair = torch.tensor([[0.001, 0.002], [0.0, 1.0]])
    expect_close(learner.grpo_advantages(pair), torch.tensor([[-1.0, 1.0], [-1.0, 1.0]]))


@exercise.item(
    "a group in which all earned the same gives zeros",
    points=1,
    sentence="Where all rewards of a group are equal there is nothing to learn: zeros, and no nan. "
    "Other groups of the batch keep their advantages; a group of one answer gives 0.",
)
def _(learner: Learner, draw: Draw) -> None:
    rewards = WIDE * _groups(draw)
    rewards[draw.integer(0, len(rewards) - 1)] = draw.choice((0.0, 1.0, -2.0))
    expect_close(learner.grpo_advantages(rewards), _advantages(rewards))
    alone = rewards[:, :1]
    expect_close(learner.grpo_advantages(alone), torch.zeros_like(alone))


@exercise.item(
    "equal rewards that binary numbers cannot hold",
    points=1,
    sentence="0.1 repeated is equal rewards too, and gives exactly 0, though the mean of many 0.1 "
    "is not 0.1 to the last bit. Compare the largest reward of the group with the smallest.",
)
def _(learner: Learner, draw: Draw) -> None:
    tenth, n_groups = draw.choice((0.1, 0.2, 0.7)), 1 if draw.small else draw.integer(2, 4)
    # Lengths at which the mean of these numbers is off by a bit, in their dtype.
    for dtype, lengths in ((torch.float32, (7, 9)), (torch.float64, (3, 9))):
        for n in lengths:
            flat = torch.full((n_groups, n), tenth, dtype=dtype)
            expect_equal(learner.grpo_advantages(flat), torch.zeros_like(flat))


@exercise.item(
    "gradients, float64",
    points=1,
    sentence="Gradients reach the rewards, float64 stays float64, and the rewards are left "
    "unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    rewards = _groups(draw, torch.float64)
    cotangent = draw.normal(*rewards.shape, dtype=torch.float64)
    mine = rewards.clone().requires_grad_()
    want = _advantages(mine)
    got, gradients = learner.grpo_advantages.vjp(cotangent, rewards.clone().requires_grad_())
    expect_close(got, want)
    expect_gradient(gradients[0], torch.autograd.grad(want, mine, cotangent)[0])
    expect_unchanged(learner)
