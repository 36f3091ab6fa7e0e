"""Supervised fine-tuning: learn to write the answers of conversations, and not the questions."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.training.answer_log_probs import answer_log_probs
from course_lib.training.chat_template import ChatBatch


@dataclass(frozen=True)
class AnswerLoss:
    """How badly the answers of a batch are foretold.

    Attributes:
        mean: Mean cross-entropy of all tokens of all answers, in nats. A long answer counts for
            more than a short one.
        by_answer: Mean cross-entropy of each conversation's answers.
        n_tokens: How many tokens each of those is a mean over.
    """

    mean: Float[Tensor, ""]
    by_answer: Float[Tensor, " B"]
    n_tokens: Int[Tensor, " B"]


def measure_answers(logits: Float[Tensor, "B T V"], batch: ChatBatch) -> AnswerLoss:
    """Measure the answers of a batch, all together and each on its own.

    Supervised fine-tuning is the first step of Ouyang et al. 2022 (arXiv:2203.02155), section 3.5.

    Args:
        logits: Scores of the token that follows each position.
        batch: The conversations.

    Raises:
        ValueError: See `answer_log_probs`.
    """
    found = answer_log_probs(logits, batch)
    return AnswerLoss(
        mean=-found.mean(found.values, by_answer=False),
        by_answer=-found.totals / found.n_tokens,
        n_tokens=found.n_tokens,
    )


def answer_loss(model: nn.Module, batch: ChatBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the answers: the loss that `train` asks for.

    Args:
        model: Gives `logits` for the tokens, as `Decoder` does.
        batch: The conversations.
    """
    return measure_answers(model(batch.token_ids).logits, batch).mean
