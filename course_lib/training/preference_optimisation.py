"""Learn from preferences without a reward model: direct preference optimisation, DPO."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.training.answer_log_probs import AnswerLogProbs, answer_log_probs
from course_lib.training.chat_template import ChatBatch
from course_lib.training.preferences import ScoredPairs


def implicit_rewards(
    policy: AnswerLogProbs, reference: AnswerLogProbs, beta: float
) -> Float[Tensor, " B"]:
    """Return the scores for which a policy would be the best one on a leash.

    A policy that earns as much score as it can, less `beta` times its divergence from a reference,
    has a definite form. Read backwards, it tells the score of an answer from how much more probable
    the policy makes it, up to a number that is the same for all answers to a question: Rafailov et
    al. 2023 (arXiv:2305.18290), equation 5.

    Args:
        policy: By the model that is trained.
        reference: By the model that it began as.
        beta: How short the leash is, above 0.

    Raises:
        ValueError: `beta` is not above 0.
    """
    if not beta > 0:
        raise ValueError(f"{beta=} must be above 0")
    return beta * (policy.totals - reference.totals)


def prefer_directly(
    policy: nn.Module,
    reference: nn.Module,
    chosen: ChatBatch,
    rejected: ChatBatch,
    beta: float,
) -> ScoredPairs:
    """Score pairs of answers by what the policy itself makes of them.

    The `loss` of the result is that of Rafailov et al. 2023 (arXiv:2305.18290), equation 7: the
    loss of a reward model, with implicit rewards for its scores.

    Args:
        policy: The model that is trained. Gives `logits` for tokens, as `Decoder` does.
        reference: The model that it began as; no gradient flows through it.
        chosen: The conversations with the answers that were preferred.
        rejected: The same ones with the other answers, in the same order.
        beta: How dear it is to move away from the reference, above 0.

    Raises:
        ValueError: `beta` is not above 0, a conversation has no answer, or there is not one
            rejected answer for each chosen one.
    """
    rewards = []
    for batch in (chosen, rejected):
        with torch.no_grad():
            before = answer_log_probs(reference(batch.token_ids).logits, batch)
        now = answer_log_probs(policy(batch.token_ids).logits, batch)
        rewards.append(implicit_rewards(now, before, beta))
    return ScoredPairs(*rewards)
