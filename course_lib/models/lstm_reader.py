"""A language model that reads with an LSTM: what a decoder is compared with.

Axes: B sequences, T places, D width, V vocabulary.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class ReaderOutput:
    """What a reader computed.

    Attributes:
        logits: Scores of the next token at every place.
    """

    logits: Float[Tensor, "B T V"]


class LstmReader(nn.Module):
    """Embed the tokens, carry a state from left to right, and score the next token.

    As in `Decoder`, the embedding serves as the output's weights too.

    Args:
        vocab_size: Number of different tokens (V).
        d_model: Width of embedding and state (D).
        generator: Source of the first weights.
    """

    def __init__(self, vocab_size: int, d_model: int, generator: torch.Generator) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.lstm = nn.LSTM(d_model, d_model, batch_first=True)
        spread = d_model**-0.5
        for parameter in self.parameters():
            # Uniform within 1/√D is torch's own start for an LSTM, drawn from our generator here.
            nn.init.uniform_(parameter, -spread, spread, generator=generator)
        nn.init.normal_(self.embedding.weight, std=spread, generator=generator)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> ReaderOutput:
        """Score the token that follows each place."""
        h, _ = self.lstm(self.embedding(token_ids))  # B T D
        return ReaderOutput(h @ self.embedding.weight.T)
