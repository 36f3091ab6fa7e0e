"""How far one distribution is from another: exactly, or estimated from what was drawn.

Axes: B conversations, T positions, V vocabulary.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.training.answer_log_probs import AnswerLogProbs


def kl_divergence(
    logits: Float[Tensor, "*batch V"], other_logits: Float[Tensor, "*batch V"]
) -> Float[Tensor, " *batch"]:
    """Return the Kullback–Leibler divergence from one distribution to another, in nats.

    The mean of log p − log q over what p draws, for p and q given by their logits. It is not
    symmetric: what p finds probable and q does not costs most.

    Args:
        logits: Of p, the distribution that is drawn from.
        other_logits: Of q.
    """
    log_p, log_q = logits.log_softmax(dim=-1), other_logits.log_softmax(dim=-1)
    p = log_p.exp()
    # What has no probability under p adds nothing, even where q has none either.
    return (p * (log_p - log_q)).where(p > 0, 0.0).sum(dim=-1)


@dataclass(frozen=True)
class KLEstimates:
    """Three estimates of the divergence from a policy to a reference, token by token.

    Of what the policy drew, only the log-probabilities of the tokens are needed, by both. After
    Schulman 2020, "Approximating KL Divergence", where they are called k1, k2 and k3.

    Attributes:
        plain: log p − log q. Right on average, but scattered, and negative for many tokens.
        squared: Half of its square. Less scattered, never negative, a little wrong on average.
        corrected: q/p − 1 + log p − log q. Right on average and never negative: the estimate of
            Shao et al. 2024 (arXiv:2402.03300), equation 4.
    """

    plain: Float[Tensor, "B T"]
    squared: Float[Tensor, "B T"]
    corrected: Float[Tensor, "B T"]


def estimate_kl(policy: AnswerLogProbs, reference: AnswerLogProbs) -> KLEstimates:
    """Estimate how far a policy is from a reference on answers that the policy drew.

    Args:
        policy: By the model that wrote the answers.
        reference: By the model that it is compared with.

    Returns:
        One number per token; 0 outside answers.

    Raises:
        ValueError: The two speak of different tokens.
    """
    if not torch.equal(policy.is_answer, reference.is_answer):
        raise ValueError("policy and reference speak of different tokens")
    ratio = policy.values - reference.values
    # expm1(x) − x is accurate where the two hardly differ, which is where training begins.
    return KLEstimates(
        plain=ratio, squared=ratio.square() / 2, corrected=torch.expm1(-ratio) + ratio
    )
