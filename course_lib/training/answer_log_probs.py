"""How probable a model finds each token of an answer.

What supervised fine-tuning, preferences and policy gradients have in common: all of them push the
log-probabilities of tokens that stand in answers.

Axes: B conversations, T positions, V vocabulary.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.training.chat_template import ChatBatch


@dataclass(frozen=True)
class AnswerLogProbs:
    """The log-probability of each token of the answers, given all that stands before it.

    Attributes:
        values: Natural logarithms, each at the place of the token that it speaks of. 0 where no
            answer stands.
        is_answer: True where a token belongs to an answer.
    """

    values: Float[Tensor, "B T"]
    is_answer: Bool[Tensor, "B T"]

    @property
    def n_tokens(self) -> Int[Tensor, " B"]:
        """How many tokens the answers of each conversation have; at least one."""
        return self.is_answer.sum(dim=1)

    @property
    def totals(self) -> Float[Tensor, " B"]:
        """The log-probability of all answers of a conversation together."""
        return self.values.sum(dim=1)

    def detach(self) -> "AnswerLogProbs":
        """Return the same numbers, through which no gradient flows."""
        return AnswerLogProbs(self.values.detach(), self.is_answer)

    def mean(self, by_token: Float[Tensor, "B T"], *, by_answer: bool) -> Float[Tensor, ""]:
        """Average something over the tokens of the answers.

        Args:
            by_token: What to average.
            by_answer: Whether to average within each conversation first, so that a long answer
                counts as much as a short one. If not, every token counts the same.
        """
        kept = by_token.where(self.is_answer, 0.0)
        if by_answer:
            return (kept.sum(dim=1) / self.n_tokens).mean()
        return kept.sum() / self.n_tokens.sum()


def answer_log_probs(logits: Float[Tensor, "B T V"], batch: ChatBatch) -> AnswerLogProbs:
    """Return how probable the answers of a batch are.

    Args:
        logits: Scores of the token that follows each position.
        batch: The conversations that the scores were computed for.

    Raises:
        ValueError: A conversation has no answer, or one that begins with the first token, of which
            no scores speak.
    """
    if batch.is_answer[:, 0].any():
        raise ValueError("an answer begins with the first token; nothing stands before it")
    batch.check_answered()
    earlier = logits[:, :-1]  # the scores at one position are those of the next token
    scores = earlier.gather(-1, batch.token_ids[:, 1:, None]).squeeze(-1)  # B T-1
    values = F.pad(scores - earlier.logsumexp(dim=-1), (1, 0))  # B T
    return AnswerLogProbs(values.where(batch.is_answer, 0.0), batch.is_answer)
