"""Two ways to answer a question at the end of a sequence: from a state carried along, or by a look.

Both read a sequence and answer once, at its last position.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention import AttentionOutput, scaled_dot_product_attention

Kind = Literal["RNN", "LSTM", "GRU"]


class CarryingReader(nn.Module):
    """Read with a recurrent network and answer from its last state alone.

    The recurrent layer is torch's, whose loop over the positions runs in compiled code; the
    arithmetic is that of `course_lib.recurrent`.
    """

    def __init__(
        self, kind: Kind, vocab_size: int, n_answers: int, d_model: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, d_model, generator=generator))
        layer = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[kind]
        self.recurrent = layer(d_model, d_model, batch_first=True)
        self.to_answer = nn.Linear(d_model, n_answers)
        _draw((*self.recurrent.parameters(), *self.to_answer.parameters()), d_model, generator)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        """Score each answer."""
        states, _ = self.recurrent(F.embedding(token_ids, self.table))  # B T D
        return self.to_answer(states[:, -1])


class LookingReader(nn.Module):
    """Let the last token ask, by one attention over the whole sequence, and answer from that.

    A token is described by its own embedding plus one for the token before it, so that a value can
    be found by the key that it follows. Without this help one layer of attention could not tell
    which value belongs to which key: it knows no order.
    """

    def __init__(
        self, vocab_size: int, n_answers: int, d_model: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, d_model, generator=generator))
        self.table_before = nn.Parameter(torch.randn(vocab_size, d_model, generator=generator))
        self.W_q = nn.Parameter(torch.empty(d_model, d_model))
        self.W_k = nn.Parameter(torch.empty(d_model, d_model))
        self.W_v = nn.Parameter(torch.empty(d_model, d_model))
        self.to_answer = nn.Linear(d_model, n_answers)
        matrices = (self.W_q, self.W_k, self.W_v, *self.to_answer.parameters())
        _draw(matrices, d_model, generator)

    def forward(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        """Score each answer."""
        return self.to_answer(self.look(token_ids).values.squeeze(1))

    def look(self, token_ids: Int[Tensor, "B T"]) -> AttentionOutput:
        """Let the last token look at all tokens; the weights have the shape B 1 T."""
        before = F.embedding(token_ids[:, :-1], self.table_before)  # B T-1 D
        x = F.embedding(token_ids, self.table) + F.pad(before, (0, 0, 1, 0))  # B T D
        return scaled_dot_product_attention(x[:, -1:] @ self.W_q, x @ self.W_k, x @ self.W_v)


def _draw(parameters: tuple[nn.Parameter, ...], d_model: int, generator: torch.Generator) -> None:
    """Fill parameters from the range that torch's own layers of this width start from."""
    for parameter in parameters:
        nn.init.uniform_(parameter, -(d_model**-0.5), d_model**-0.5, generator=generator)
