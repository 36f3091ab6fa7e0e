"""Make good answers more probable, in steps that do not go too far: PPO and GRPO.

Axes: B conversations, T positions.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.training.answer_log_probs import AnswerLogProbs
from course_lib.training.divergence import estimate_kl


@dataclass(frozen=True, kw_only=True)
class PolicyConfig:
    """How a policy is moved.

    Attributes:
        clip: By which share the probability of a token may change before there is no more to gain
            (ε). `math.inf` sets no bound.
        kl_weight: What a unit of divergence from the reference costs (β).
        by_answer: Whether each answer counts the same, as in GRPO. If not, each token does.
    """

    clip: float = 0.2
    kl_weight: float = 0.0
    by_answer: bool = False

    def __post_init__(self) -> None:
        if not self.clip > 0:
            raise ValueError(f"{self.clip=} must be above 0")
        if not self.kl_weight >= 0:
            raise ValueError(f"{self.kl_weight=} must be at least 0")


@dataclass(frozen=True)
class PolicyLoss:
    """What to lower, and how far the policy has moved since the answers were written.

    Attributes:
        loss: The negative of the objective.
        gain: The objective without the leash.
        kl: The divergence from the reference, estimated; 0 without one.
        ratios: By which factor each token of the answers is more probable now; 1 elsewhere.
        is_stopped: True for tokens that have moved so far that the gain no longer moves them.
        stopped_share: Their share in all tokens of answers.
    """

    loss: Float[Tensor, ""]
    gain: Float[Tensor, ""]
    kl: Float[Tensor, ""]
    ratios: Float[Tensor, "B T"]
    is_stopped: Bool[Tensor, "B T"]
    stopped_share: Float[Tensor, ""]


def policy_loss(
    policy: AnswerLogProbs,
    behaviour: AnswerLogProbs,
    advantages: Float[Tensor, " B #T"],
    cfg: PolicyConfig,
    reference: AnswerLogProbs | None = None,
) -> PolicyLoss:
    """Return the clipped objective of PPO, or that of GRPO, as something to lower.

    Implements Schulman et al. 2017 (arXiv:1707.06347), equation 7; with a weight of the divergence
    and answers that count the same, Shao et al. 2024 (arXiv:2402.03300), equation 3.

    Args:
        policy: By the model that is trained; gradients flow through it alone.
        behaviour: By the model as it was when it wrote the answers.
        advantages: How much better than expected each token was, or each answer.
        cfg: How the policy is moved.
        reference: By the model that it may not stray from. None measures no divergence.

    Raises:
        ValueError: The log-probabilities speak of different tokens, or divergence has a weight and
            there is no reference.
    """
    if not torch.equal(policy.is_answer, behaviour.is_answer):
        raise ValueError("the policy and the one that wrote speak of different tokens")
    if reference is None and cfg.kl_weight:
        raise ValueError(f"{cfg.kl_weight=} needs a reference to measure the divergence from")
    advantages = advantages.detach()
    ratios = (policy.values - behaviour.values.detach()).exp()
    bounded = ratios.clamp(1.0 - cfg.clip, 1.0 + cfg.clip)
    free, held = ratios * advantages, bounded * advantages
    is_stopped = (held < free) & policy.is_answer
    # The smaller of the two: a bound on what may be gained, none on what a bad move costs.
    gain = policy.mean(torch.minimum(free, held), by_answer=cfg.by_answer)
    kl = gain.new_zeros(())
    if reference is not None:
        by_token = estimate_kl(policy, reference.detach()).corrected
        kl = policy.mean(by_token, by_answer=cfg.by_answer)
    return PolicyLoss(
        loss=cfg.kl_weight * kl - gain,
        gain=gain,
        kl=kl,
        ratios=ratios,
        is_stopped=is_stopped,
        stopped_share=policy.mean(is_stopped.to(ratios.dtype), by_answer=False),
    )
