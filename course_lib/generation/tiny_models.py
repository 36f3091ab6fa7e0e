"""Language models small enough to be worked out by hand, for examples, exercises and tests.

Each is called with token ids and gives the scores of the next token at every position, with nothing
around them. Axes: B batch, T positions, M rows of a table, V vocabulary.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class SumModel(nn.Module):
    """Looks its scores up by a sum over all the tokens that it sees.

    Token w at place s, from 1, counts s · w, and the remainder of the sum by M is the row. So the
    scores depend on every token and on where the text begins. `c * torch.eye(V)` makes a model that
    expects the token which the sum names, and gives it c where all others have 0.

    Attributes:
        scores: One row a remainder, one column a next token.
    """

    scores: Float[Tensor, "M V"]

    def __init__(self, scores: Float[Tensor, "M V"]) -> None:
        super().__init__()
        self.register_buffer("scores", scores)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """Score the token that follows each position."""
        places = torch.arange(1, token_ids.shape[1] + 1, device=token_ids.device)
        rows = (places * token_ids).cumsum(dim=1) % len(self.scores)  # B T
        return self.scores[rows]


class BigramModel(nn.Module):
    """Looks its scores up by the last token alone.

    Attributes:
        scores: One row a last token, one column a next token.
    """

    scores: Float[Tensor, "V V"]

    def __init__(self, scores: Float[Tensor, "V V"]) -> None:
        super().__init__()
        self.register_buffer("scores", scores)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """Score the token that follows each position."""
        return self.scores[token_ids]
