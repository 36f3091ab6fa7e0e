"""From one sequence to another: an encoder that reads, and a decoder that writes.

One decoder gets a single vector that must carry the whole source; the other looks back at the
source before each token that it writes.

Axes: B batch, Tk positions of the source, Tq positions of the target, D width of the states,
V tokens that can be written.
A mask is boolean, True where a position of the source holds a token.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.early_attention import AdditiveAttention, additive_attention, uniform_weights
from course_lib.recurrent import GRU, unroll


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig:
    """Sizes of an encoder and its decoder, and the kind of decoder.

    Attributes:
        source_vocab_size: Number of different tokens that can be read.
        target_vocab_size: Number of different tokens that can be written (V).
        d_model: Width of embeddings and states (D); the encoder gives half of a state to each
            direction.
        attends: Whether the decoder looks back at the source. If not, its first state is all
            that it ever learns of the source.
    """

    source_vocab_size: int
    target_vocab_size: int
    d_model: int
    attends: bool

    def __post_init__(self) -> None:
        if min(self.source_vocab_size, self.target_vocab_size, self.d_model) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % 2:
            raise ValueError(f"{self.d_model=} cannot be halved for the two directions")


@dataclass(frozen=True)
class Memory:
    """What a decoder looks back at.

    Attributes:
        k: What each position of the source can be found by.
        v: What each position hands over.
        mask: True where a position may be looked at. None lets every one be seen.
    """

    k: Float[Tensor, "B Tk D"]
    v: Float[Tensor, "B Tk D"]
    mask: Bool[Tensor, "B 1 Tk"] | None


@dataclass(frozen=True)
class DecoderOutput:
    """What a decoder says of some target positions.

    Attributes:
        logits: One score per position and token, for the token that comes next.
        h: Hidden state after the last of these positions.
        weights: Share of each source position in what was looked at before the scores were
            given. None from a decoder that does not look back.
    """

    logits: Float[Tensor, "B Tq V"]
    h: Float[Tensor, "B D"]
    weights: Float[Tensor, "B Tq Tk"] | None


class BidirectionalEncoder(nn.Module):
    """Read the source in both directions, so that each state knows what stands on either side.

    Implements the encoder of Bahdanau et al. 2015 (arXiv:1409.0473), section 3.2, with the two
    last states side by side as the summary; the paper makes its summary from one of them.
    """

    def __init__(self, cfg: Seq2SeqConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.table = nn.Parameter(
            torch.randn(cfg.source_vocab_size, cfg.d_model, generator=generator)
        )
        self.ahead = GRU(cfg.d_model, cfg.d_model // 2, generator)
        self.back = GRU(cfg.d_model, cfg.d_model // 2, generator)

    def forward(
        self, source_ids: Int[Tensor, "B Tk"], mask: Bool[Tensor, "B Tk"] | None = None
    ) -> tuple[Float[Tensor, "B Tk D"], Float[Tensor, "B D"]]:
        """Return a vector per position, in its context, and one for the whole source.

        The vectors of padding mean nothing.
        """
        x = F.embedding(source_ids, self.table)  # B Tk D
        mask_back = None if mask is None else mask.flip(1)
        ahead = self.ahead(x, mask=mask).h  # B Tk D/2
        back = self.back(x.flip(1), mask=mask_back).h.flip(1)  # B Tk D/2
        summary = torch.cat([ahead[:, -1], back[:, 0]], dim=-1)  # B D
        return torch.cat([ahead, back], dim=-1), summary


class SummaryDecoder(nn.Module):
    """Write from the summary alone, as Sutskever et al. 2014 (arXiv:1409.3215) do, with a GRU."""

    def __init__(self, cfg: Seq2SeqConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.table = nn.Parameter(
            torch.randn(cfg.target_vocab_size, cfg.d_model, generator=generator)
        )
        self.gru = GRU(cfg.d_model, cfg.d_model, generator)
        self.W_out = uniform_weights(cfg.d_model, cfg.target_vocab_size, generator=generator)
        self.b_out = nn.Parameter(torch.zeros(cfg.target_vocab_size))

    def remember(self, states: Float[Tensor, "B Tk D"], mask: Bool[Tensor, "B Tk"] | None) -> None:
        """Keep nothing of the source."""

    def forward(
        self, token_ids: Int[Tensor, "B Tq"], h: Float[Tensor, "B D"], memory: None = None
    ) -> DecoderOutput:
        """Score the token after each of these, which follow those that led to `h`."""
        states = self.gru(F.embedding(token_ids, self.table), h).h  # B Tq D
        return DecoderOutput(states @ self.W_out + self.b_out, h=states[:, -1], weights=None)


class AttentiveDecoder(nn.Module):
    """Look back at the source before each token.

    Implements the decoder of Bahdanau et al. 2015 (arXiv:1409.0473), section 3.1: the state
    before the step is the query, and what it finds goes into the step. The scores come from the
    new state and what was found, without the paper's maxout layer.
    """

    def __init__(self, cfg: Seq2SeqConfig, generator: torch.Generator) -> None:
        super().__init__()
        d_model = cfg.d_model
        self.table = nn.Parameter(torch.randn(cfg.target_vocab_size, d_model, generator=generator))
        self.attention = AdditiveAttention(d_model, d_model, d_model, generator)
        self.gru = GRU(d_model, d_model, generator)
        self.W_found = uniform_weights(d_model, 3 * d_model, generator=generator)
        self.W_out = uniform_weights(2 * d_model, cfg.target_vocab_size, generator=generator)
        self.b_out = nn.Parameter(torch.zeros(cfg.target_vocab_size))

    def remember(
        self, states: Float[Tensor, "B Tk D"], mask: Bool[Tensor, "B Tk"] | None
    ) -> Memory:
        """Project the keys, once for all tokens that will be written."""
        k = states @ self.attention.W_k  # B Tk D
        return Memory(k=k, v=states, mask=None if mask is None else mask.unsqueeze(1))

    def forward(
        self, token_ids: Int[Tensor, "B Tq"], h: Float[Tensor, "B D"], memory: Memory
    ) -> DecoderOutput:
        """Score the token after each of these, which follow those that led to `h`."""
        from_tokens = self.gru.read(F.embedding(token_ids, self.table))  # B Tq 3D
        # A step needs `h` alone; it leaves what it found and where it looked beside the next one.
        states, found, weights = unroll(
            lambda state, from_token: self._step(state[0], from_token, memory), (h,), from_tokens
        )
        told = torch.cat([states, found], dim=-1)  # B Tq 2D
        return DecoderOutput(told @ self.W_out + self.b_out, h=states[:, -1], weights=weights)

    def _step(
        self, h: Float[Tensor, "B D"], from_token: Float[Tensor, "B 3*D"], memory: Memory
    ) -> tuple[Float[Tensor, "B D"], Float[Tensor, "B D"], Float[Tensor, "B Tk"]]:
        """Return the next state, what was found for it, and the share of each source position."""
        q = (h @ self.attention.W_q).unsqueeze(1)  # B 1 D
        seen = additive_attention(q, memory.k, memory.v, self.attention.w_score, memory.mask)
        found = seen.values.squeeze(1)  # B D
        h = self.gru.step(h, from_token + found @ self.W_found)
        return h, found, seen.weights.squeeze(1)


class Seq2Seq(nn.Module):
    """Read one sequence and write another."""

    def __init__(self, cfg: Seq2SeqConfig, generator: torch.Generator) -> None:
        """Build the model.

        Args:
            cfg: Sizes, and the kind of decoder.
            generator: Source of every weight.
        """
        super().__init__()
        self.cfg = cfg
        self.encoder = BidirectionalEncoder(cfg, generator)
        decoder = AttentiveDecoder if cfg.attends else SummaryDecoder
        self.decoder = decoder(cfg, generator)

    def forward(
        self,
        source_ids: Int[Tensor, "B Tk"],
        target_ids: Int[Tensor, "B Tq"],
        mask: Bool[Tensor, "B Tk"] | None = None,
    ) -> DecoderOutput:
        """Score each next token of a given target ("teacher forcing").

        Args:
            source_ids: What is read.
            target_ids: What the decoder is told that it has written: the start token and the
                target without its last token.
            mask: True where a position of the source holds a token. None: every one does.

        Returns:
            The scores, and where the decoder looked.
        """
        states, h = self.encoder(source_ids, mask)
        return self.decoder(target_ids, h, self.decoder.remember(states, mask))

    @torch.no_grad()
    def write(
        self,
        source_ids: Int[Tensor, "B Tk"],
        start_id: int,
        end_id: int,
        n_new_tokens: int,
        mask: Bool[Tensor, "B Tk"] | None = None,
    ) -> Int[Tensor, "B Tq"]:
        """Write token by token, always the one with the highest score.

        Args:
            source_ids: What is read.
            start_id: The token that stands before the first.
            end_id: The token that ends a target.
            n_new_tokens: How many tokens to write at most; it stops when every target has ended.
            mask: True where a position of the source holds a token. None: every one does.

        Returns:
            The tokens, without the start token. Behind its first end token a target holds nothing
            but end tokens.

        Raises:
            ValueError: There is nothing to write, or no such start token.
        """
        if n_new_tokens < 1 or not 0 <= start_id < self.cfg.target_vocab_size:
            raise ValueError(f"cannot write {n_new_tokens} tokens from token {start_id}")
        states, h = self.encoder(source_ids, mask)
        memory = self.decoder.remember(states, mask)
        token_ids = source_ids.new_full((len(source_ids), 1), start_id)  # B 1
        ended = torch.zeros_like(token_ids, dtype=torch.bool)
        while token_ids.shape[1] <= n_new_tokens and not ended.all():
            step = self.decoder(token_ids[:, -1:], h, memory)
            best = step.logits.argmax(dim=-1).masked_fill(ended, end_id)  # B 1
            token_ids = torch.cat([token_ids, best], dim=1)
            h, ended = step.h, best == end_id
        return token_ids[:, 1:]
