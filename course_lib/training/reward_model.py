"""A model that gives an answer a score, trained on which of two answers people preferred.

Axes: B conversations, T positions, D width of the residual stream.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.decoder import Decoder
from course_lib.training.chat_template import ChatBatch
from course_lib.training.preferences import ScoredPairs

Score = Callable[[ChatBatch], Float[Tensor, " B"]]


class RewardModel(nn.Module):
    """A decoder that ends in one number in place of a score for each token.

    As in Ouyang et al. 2022 (arXiv:2203.02155), section 3.5: the fine-tuned model with its last
    layer removed. It serves as a value function too, which has a number for each position.

    Args:
        body: The decoder; it is not copied, so hand over a copy of one that is needed elsewhere.
        generator: Source of the first weights of the last layer.
    """

    def __init__(self, body: Decoder, generator: torch.Generator) -> None:
        super().__init__()
        self.body = body
        d_model, like = body.cfg.d_model, body.embedding.weight
        # Normalised vectors have length √D, so that first scores are near a standard normal.
        drawn = torch.randn(1, d_model, generator=generator)
        self.to_score = nn.Linear(d_model, 1, dtype=like.dtype, device=like.device)
        self.to_score.weight = nn.Parameter(drawn.to(like) * d_model**-0.5)
        nn.init.zeros_(self.to_score.bias)

    def forward(self, batch: ChatBatch) -> Float[Tensor, " B"]:
        """Score each conversation by what the model makes of it at the end of its last answer.

        Raises:
            ValueError: A conversation has no answer.
        """
        batch.check_answered()
        places = torch.arange(batch.is_answer.shape[1], device=batch.is_answer.device)
        last = (batch.is_answer * places).argmax(dim=1, keepdim=True)  # B 1
        return self.by_position(batch.token_ids).gather(1, last).squeeze(1)

    def by_position(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
        """Return the score of what stands up to each position."""
        x, _ = self.body.represent(token_ids)
        return self.to_score(x).squeeze(-1)

    @torch.no_grad()
    def centre_on(self, batch: ChatBatch) -> None:
        """Shift all scores so that those of a batch have a mean of 0.

        Preferences leave the zero of the scores open. Ouyang et al. 2022, section 3.5, put it at
        the demonstrations.
        """
        self.to_score.bias -= self(batch).mean()


def score_pairs(score: Score, chosen: ChatBatch, rejected: ChatBatch) -> ScoredPairs:
    """Score pairs of answers to the same questions; `loss` of the result is what to lower.

    Args:
        score: Gives a score for each conversation of a batch: a `RewardModel`, or any rule.
        chosen: The conversations with the answers that were preferred.
        rejected: The same ones with the other answers, in the same order.

    Raises:
        ValueError: There is not one rejected answer for each chosen one.
    """
    return ScoredPairs(score(chosen), score(rejected))
