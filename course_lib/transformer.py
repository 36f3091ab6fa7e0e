"""A small Transformer encoder without positions, which shows its steps.

Axes: B batch, T positions, D width of the residual stream, L layers, H heads.
"""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.attention import AttentionConfig, MultiHeadAttention, MultiHeadOutput
from course_lib.layers import FeedForward, LayerNorm


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Sizes of an encoder.

    Attributes:
        vocab_size: Number of different tokens (V).
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer (H).
        n_layers: Number of blocks, one on top of the other (L).
        d_ff: Width of the feed-forward layers between their two projections (F).
    """

    vocab_size: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.n_layers, self.d_ff) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        _ = self.attention  # built here so that sizes that do not fit are refused here

    @property
    def attention(self) -> AttentionConfig:
        """Sizes of each attention layer."""
        return AttentionConfig(d_model=self.d_model, n_heads=self.n_heads, n_kv_heads=self.n_heads)


@dataclass(frozen=True)
class EncoderOutput:
    """What an encoder computed, with the steps on the way.

    Attributes:
        x: One vector per position, in its context, normalised.
        layers: What each attention layer computed, first layer first.
        embeddings: One vector per position before any attention: the token's alone.
    """

    x: Float[Tensor, "B T D"]
    layers: tuple[MultiHeadOutput, ...]
    embeddings: Float[Tensor, "B T D"]


class EncoderBlock(nn.Module):
    """Attend, then transform each position; each adds to the residual stream.

    The normalisation stands before each part, not after it: Xiong et al. 2020
    (arXiv:2002.04745), figure 1b.
    """

    def __init__(self, cfg: EncoderConfig) -> None:
        super().__init__()
        self.attention_norm = LayerNorm(cfg.d_model)
        self.attention = MultiHeadAttention(cfg.attention)
        self.feed_forward_norm = LayerNorm(cfg.d_model)
        self.feed_forward = FeedForward(cfg.d_model, cfg.d_ff)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "*#B_H #T #T"] | None = None,
        head_gains: Float[Tensor, " H"] | None = None,
    ) -> tuple[Float[Tensor, "B T D"], MultiHeadOutput]:
        """Return the residual stream after the block, and what its heads computed."""
        heads = self.attention(self.attention_norm(x), mask, head_gains)
        x = x + heads.x
        x = x + self.feed_forward(self.feed_forward_norm(x))
        return x, heads


class Encoder(nn.Module):
    """Embed the tokens and pass them through the blocks; every position sees every other.

    Nothing tells it where a token stands: shuffle the tokens, and the outputs shuffle with them.
    """

    def __init__(self, cfg: EncoderConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        self.blocks = nn.ModuleList(EncoderBlock(cfg) for _ in range(cfg.n_layers))
        self.final_norm = LayerNorm(cfg.d_model)

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        mask: Bool[Tensor, "*#B_H #T #T"] | None = None,
        head_gains: Float[Tensor, "L H"] | None = None,
    ) -> EncoderOutput:
        """Put each token in its context.

        Args:
            token_ids: The tokens.
            mask: True where a query may look at a key, for all layers alike. None lets every
                query see every key. A mask per sequence has a head axis too: B 1 T T.
            head_gains: Factor on each head's output, by layer and head; 0 silences a head. None
                leaves every head as it is.

        Returns:
            A vector per position, with what each layer computed on the way.
        """
        embeddings = self.embedding(token_ids)  # B T D
        x = embeddings
        layers = []
        for layer, block in enumerate(self.blocks):
            gains = None if head_gains is None else head_gains[layer]  # H
            x, heads = block(x, mask, gains)
            layers.append(heads)
        return EncoderOutput(x=self.final_norm(x), layers=tuple(layers), embeddings=embeddings)
