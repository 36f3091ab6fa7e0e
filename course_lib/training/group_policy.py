"""Reinforcement learning from scores of whole answers: draw a group of each, compare, move.

GRPO in the small assistant's world: answers to one opening are compared with each other, and the
clipped objective of PPO moves the policy, on a leash to the model that it began as.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.decoder import Decoder
from course_lib.training.advantages import compare_within_groups
from course_lib.training.answer_log_probs import AnswerLogProbs, answer_log_probs
from course_lib.training.chat_template import ChatBatch
from course_lib.training.divergence import estimate_kl
from course_lib.training.policy_gradient import PolicyConfig, policy_loss
from course_lib.training.story_chat import StoryAnswer, Words, answer, draw_requests, write_chats

Reward = Callable[[Sequence[Words], Sequence[StoryAnswer], ChatBatch], Float[Tensor, " B"]]
"""Scores answers, given the openings, the answers, and both as a batch of conversations."""


@dataclass(frozen=True, kw_only=True)
class GroupSettings:
    """How a policy is improved.

    Attributes:
        n_rounds: How often answers are drawn.
        n_groups: Openings in a round (G).
        n_answers: Answers to each of them (n).
        n_updates: Steps on the answers of one round.
        learning_rate: Adam's.
        max_grad_norm: Longest gradient.
        policy: The clip and the leash.
    """

    n_rounds: int = 60
    n_groups: int = 16
    n_answers: int = 8
    n_updates: int = 2
    learning_rate: float = 1e-3
    max_grad_norm: float = 1.0
    policy: PolicyConfig = field(default_factory=lambda: PolicyConfig(by_answer=True))


@dataclass(frozen=True)
class Round:
    """What was seen in one round, before the policy moved.

    Attributes:
        openings: What was asked, each as often as it was answered.
        answers: What the policy said.
        rewards: What that was worth by the reward that is raised.
        kl: Mean log-probability of an answer under the policy less that under the reference: the
            divergence of whole answers, in nats, estimated.
    """

    openings: list[Words]
    answers: list[StoryAnswer]
    rewards: Float[Tensor, " B"]
    kl: float


def improve(
    policy: Decoder,
    reward: Reward,
    settings: GroupSettings,
    generator: torch.Generator,
    on_round: Callable[[int, Round], object] | None = None,
) -> None:
    """Raise a reward.

    Shao et al. 2024 (arXiv:2402.03300), algorithm 1, with a reward that stays as it is.

    Args:
        policy: What is moved, in place. As it is now, it is the reference of the leash.
        reward: What is raised.
        settings: How.
        generator: Source of the openings and of the draws.
        on_round: Called in each round before the policy moves, with its number from 0.
    """
    reference = copy.deepcopy(policy).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        policy.parameters(), lr=settings.learning_rate, weight_decay=0.0, fused=True
    )
    for number in range(settings.n_rounds):
        seen, batch, before = _draw_round(policy, reference, reward, settings, generator)
        if on_round is not None:
            on_round(number, seen)
        grouped = seen.rewards.view(settings.n_groups, settings.n_answers)
        advantages = compare_within_groups(grouped).values.view(-1, 1)  # B 1
        for _ in range(settings.n_updates):
            now = log_probs(policy, batch)
            moved = policy_loss(now, before.policy, advantages, settings.policy, before.reference)
            optimizer.zero_grad()
            moved.loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), settings.max_grad_norm)
            optimizer.step()


def log_probs(model: nn.Module, batch: ChatBatch) -> AnswerLogProbs:
    """Return how probable a model finds the answers of a batch, token by token."""
    return answer_log_probs(model(batch.token_ids).logits, batch)


@dataclass(frozen=True)
class _Before:
    policy: AnswerLogProbs
    reference: AnswerLogProbs


@torch.no_grad()
def _draw_round(
    policy: Decoder,
    reference: Decoder,
    reward: Reward,
    settings: GroupSettings,
    generator: torch.Generator,
) -> tuple[Round, ChatBatch, _Before]:
    """Let the policy answer, and score what it says."""
    requests = draw_requests(settings.n_groups, generator)
    openings = [request.opening for request in requests for _ in range(settings.n_answers)]
    answers = answer(policy, openings, generator)
    batch = write_chats(openings, answers)
    before = _Before(log_probs(policy, batch), log_probs(reference, batch))
    kl = estimate_kl(before.policy, before.reference).plain.sum(dim=1).mean().item()
    seen = Round(openings, answers, reward(openings, answers, batch), kl)
    return seen, batch, before
