"""A small causal Transformer whose kind of position can be chosen, and which shows its weights.

Axes: B batch, T positions, D width of the residual stream, H heads, V vocabulary.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import PreNormBlock
from course_lib.layers import FeedForward
from course_lib.normalisation import FusedLayerNorm
from course_lib.position_biases import alibi_bias, alibi_slopes
from course_lib.positions import LearnedPositions, sinusoidal_table
from course_lib.rotary import half_split_rotation, rotary_frequencies

POSITION_KINDS = ("none", "sinusoidal", "learned", "rotary", "alibi")
"""Nothing; added to the embeddings, fixed or learned; turned in each layer; a penalty on scores."""

INITIAL_SPREAD = 0.02  # of embeddings and projections, as in GPT-2
NORM_EPS = 1e-5
ROTARY_BASE = 10_000.0


@dataclass(frozen=True, kw_only=True)
class DecoderConfig:
    """Sizes of a decoder and how it is told about order.

    Attributes:
        vocab_size: Number of different tokens (V).
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer (H).
        n_layers: Number of blocks, one on top of the other (L).
        d_ff: Width of the feed-forward layers between their two projections (F).
        positions: How it is told where a token stands, one of `POSITION_KINDS`.
        max_seq_len: Longest sequence; only learned positions end there.
    """

    vocab_size: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int
    positions: str
    max_seq_len: int

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.n_layers, self.d_ff, self.max_seq_len) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.n_heads < 1 or self.d_model % self.n_heads:
            raise ValueError(f"{self.d_model=} is not a multiple of {self.n_heads=}")
        if self.positions not in POSITION_KINDS:
            known = ", ".join(POSITION_KINDS)
            raise ValueError(f"there are no positions {self.positions!r}; there are {known}")

    @property
    def d_head(self) -> int:
        """Width of one head (Dh)."""
        return self.d_model // self.n_heads

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return AttentionLayerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_heads,
            d_head=self.d_head,
            scale=self.d_head**-0.5,
        )


@dataclass(frozen=True)
class DecoderOutput:
    """What a decoder computed.

    Attributes:
        logits: Scores of the next token at every position.
        weights: Attention weights of each layer, first layer first; empty unless asked for.
    """

    logits: Float[Tensor, "B T V"]
    weights: tuple[Float[Tensor, "B H T T"], ...]


class Decoder(nn.Module):
    """Embed the tokens, let each look at itself and those before it, and score the next.

    The embedding serves as the output's weights too (Press and Wolf 2017, arXiv:1608.05859).
    """

    def __init__(
        self, cfg: DecoderConfig, generator: torch.Generator, spread: float = INITIAL_SPREAD
    ) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        is_learned = cfg.positions == "learned"
        self.positions = LearnedPositions(cfg.max_seq_len, cfg.d_model) if is_learned else None
        self.blocks = nn.ModuleList(_block(cfg) for _ in range(cfg.n_layers))
        self.final_norm = FusedLayerNorm(cfg.d_model, NORM_EPS)
        _draw_weights(self, generator, spread)

    def forward(
        self, token_ids: Int[Tensor, "B T"], *, keep_weights: bool = False
    ) -> DecoderOutput:
        """Score the token that follows each position.

        Args:
            token_ids: The tokens.
            keep_weights: Whether to give the attention weights back too.

        Returns:
            The logits, and the weights if they are asked for.

        Raises:
            ValueError: The sequence is longer than the learned positions.
        """
        x, weights = self.represent(token_ids, keep_weights=keep_weights)
        return DecoderOutput(x @ self.embedding.weight.T, weights)

    def represent(
        self, token_ids: Int[Tensor, "B T"], *, keep_weights: bool = False
    ) -> tuple[Float[Tensor, "B T D"], tuple[Float[Tensor, "B H T T"], ...]]:
        """Give each token its vector in context, normalised, and the weights if asked for.

        Raises:
            ValueError: The sequence is longer than the learned positions.
        """
        x = self.embed(token_ids)
        context = self.context(token_ids.shape[1], x, keep_weights)
        weights = []
        for block in self.blocks:
            out = block(x, context)
            x = out.x
            weights.append(out.weights)
        return self.final_norm(x), tuple(weights) if keep_weights else ()

    def embed(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """Give each token its vector, and the vector of its place if places have one."""
        x = self.embedding(token_ids)  # B T D
        seq_len = token_ids.shape[1]
        if self.positions is not None:
            return x + self.positions(0, seq_len)
        if self.cfg.positions == "sinusoidal":
            # Scaled up as in Vaswani et al. 2017, section 3.4: the waves are as large as 1.
            table = sinusoidal_table(seq_len, self.cfg.d_model, x.dtype).to(x.device)
            return x * self.cfg.d_model**0.5 + table
        return x

    def context(
        self, seq_len: int, x: Float[Tensor, "B T D"], keep_weights: bool
    ) -> AttentionContext:
        """Tell the layers what may be seen, and where it stands if they have to know."""
        rotate = bias = None
        if self.cfg.positions == "rotary":
            frequencies = rotary_frequencies(self.cfg.d_head, ROTARY_BASE, device=x.device)
            places = torch.arange(seq_len, device=x.device)
            rotate = half_split_rotation(places, frequencies, x.dtype)
        elif self.cfg.positions == "alibi":
            bias = alibi_bias(alibi_slopes(self.cfg.n_heads).to(x), seq_len, seq_len)
        return causal_context(
            n_seen=0,
            n_queries=seq_len,
            bias=bias,
            rotate=rotate,
            keep_weights=keep_weights,
            device=x.device,
        )


def build_decoder(
    *,
    vocab_size: int,
    d_model: int,
    n_heads: int,
    n_layers: int,
    d_ff: int,
    positions: str = "rotary",
    max_seq_len: int = 64,
    seed: int = 0,
    spread: float = INITIAL_SPREAD,
) -> Decoder:
    """Make a decoder from plain numbers; the same numbers make the same decoder.

    Args:
        vocab_size: See `DecoderConfig`, as for the other sizes.
        d_model: Width of the residual stream.
        n_heads: Heads in each layer.
        n_layers: Blocks.
        d_ff: Width of the feed-forward layers.
        positions: One of `POSITION_KINDS`.
        max_seq_len: Longest sequence.
        seed: Where the weights come from.
        spread: Their standard deviation.

    Returns:
        An untrained decoder.
    """
    cfg = DecoderConfig(
        vocab_size=vocab_size,
        d_model=d_model,
        n_heads=n_heads,
        n_layers=n_layers,
        d_ff=d_ff,
        positions=positions,
        max_seq_len=max_seq_len,
    )
    return Decoder(cfg, torch.Generator().manual_seed(seed), spread)


def _block(cfg: DecoderConfig) -> PreNormBlock:
    return PreNormBlock(
        attention_norm=FusedLayerNorm(cfg.d_model, NORM_EPS),
        attention=AttentionLayer(cfg.attention),
        feed_forward_norm=FusedLayerNorm(cfg.d_model, NORM_EPS),
        feed_forward=FeedForward(cfg.d_model, cfg.d_ff),
    )


def _draw_weights(model: Decoder, generator: torch.Generator, spread: float) -> None:
    """Draw every matrix from the generator, and begin with biases of 0."""
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=spread, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
