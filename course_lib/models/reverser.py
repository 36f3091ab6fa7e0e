"""An LSTM that reads and an LSTM that writes, with and without a look back at what was read.

Axes: B batch, Tk positions of the source, Tq positions of the target, D width of the states.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.early_attention import AdditiveAttention

State = tuple[Float[Tensor, "1 B D"], Float[Tensor, "1 B D"]]


@dataclass(frozen=True, kw_only=True)
class ReverserConfig:
    """Sizes of the two LSTMs.

    Attributes:
        vocab_size: Number of different tokens.
        d_embedding: Width of a token's vector.
        d_model: Width of the writer's state (D); each direction of the reader has half of it.
        attends: Whether the writer looks back at the source. If not, its first state is all that
            it ever learns of the source.
    """

    vocab_size: int
    d_embedding: int
    d_model: int
    attends: bool

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.d_embedding, self.d_model) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % 2:
            raise ValueError(f"{self.d_model=} cannot be halved for the two directions")


@dataclass(frozen=True)
class Written:
    """What the writer says of some target positions.

    Attributes:
        logits: One score per position and token, for the token to write.
        weights: Share of each source position in what was looked at for that token. None from a
            writer that does not look back.
    """

    logits: Float[Tensor, "B Tq V"]
    weights: Float[Tensor, "B Tq Tk"] | None


class Reverser(nn.Module):
    """Read one sequence and write another of the same length.

    Without attention it is the model of Sutskever et al. 2014 (arXiv:1409.3215) in one layer, with
    a reader in both directions. With attention, the writer's state after it has been told the last
    token is the query, as in Luong et al. 2015 (arXiv:1508.04025), scored additively, as in
    Bahdanau et al. 2015 (arXiv:1409.0473). What is found is not fed back into the next step, so
    that a whole target is worked on at once when it is known.
    """

    def __init__(self, cfg: ReverserConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.cfg = cfg
        d_model, d_embedding = cfg.d_model, cfg.d_embedding
        self.table = nn.Parameter(torch.randn(cfg.vocab_size, d_embedding, generator=generator))
        self.reader = nn.LSTM(d_embedding, d_model // 2, bidirectional=True, batch_first=True)
        self.writer = nn.LSTM(d_embedding, d_model, batch_first=True)
        self.attention = (
            AdditiveAttention(d_model, d_model, d_model, generator) if cfg.attends else None
        )
        self.to_token = nn.Linear(d_model * (2 if cfg.attends else 1), cfg.vocab_size)
        for module in (self.reader, self.writer, self.to_token):
            for parameter in module.parameters():
                nn.init.uniform_(parameter, -(d_model**-0.5), d_model**-0.5, generator=generator)

    def forward(self, source_ids: Int[Tensor, "B Tk"], told_ids: Int[Tensor, "B Tq"]) -> Written:
        """Score each next token of a given target ("teacher forcing").

        Args:
            source_ids: What is read.
            told_ids: What the writer is told that it has written: the start token and the target
                without its last token.
        """
        annotations, state = self.read(source_ids)
        return self._go_on(told_ids, annotations, state)[0]

    def read(self, source_ids: Int[Tensor, "B Tk"]) -> tuple[Float[Tensor, "B Tk D"], State]:
        """Return a vector per source position, and the state that the writer starts from."""
        annotations, (h, c) = self.reader(F.embedding(source_ids, self.table))
        # The last states of both directions side by side: 2 B D/2 becomes 1 B D.
        return annotations, (torch.cat([*h], -1).unsqueeze(0), torch.cat([*c], -1).unsqueeze(0))

    @torch.no_grad()
    def write(self, source_ids: Int[Tensor, "B Tk"], start_id: int) -> tuple[Tensor, Tensor | None]:
        """Write as many tokens as were read, always the one with the highest score.

        Returns:
            The tokens (B Tk), and where the writer looked for each (B Tk Tk), or None.
        """
        annotations, state = self.read(source_ids)
        told = source_ids.new_full((len(source_ids), 1), start_id)
        tokens, looks = [], []
        for _ in range(source_ids.shape[1]):
            step, state = self._go_on(told, annotations, state)
            told = step.logits.argmax(dim=-1)  # B 1
            tokens.append(told)
            looks.append(step.weights)
        weights = None if self.attention is None else torch.cat(looks, dim=1)
        return torch.cat(tokens, dim=1), weights

    def _go_on(
        self, told_ids: Int[Tensor, "B Tq"], annotations: Float[Tensor, "B Tk D"], state: State
    ) -> tuple[Written, State]:
        h, state = self.writer(F.embedding(told_ids, self.table), state)  # B Tq D
        if self.attention is None:
            return Written(self.to_token(h), None), state
        found = self.attention(h, annotations, annotations)
        logits = self.to_token(torch.cat([h, found.values], dim=-1))
        return Written(logits, found.weights), state
