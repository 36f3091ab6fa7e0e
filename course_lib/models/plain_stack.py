"""The block that ViT, CLIP and Whisper stack: LayerNorm first, and a feed-forward layer of two.

Dosovitskiy et al. 2021 (arXiv:2010.11929), equations 2 and 3. Queries, keys and values have as many
heads, and nearly every projection has a bias.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from course_lib.activations import gelu_exact
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import BlockStack, PreNormBlock
from course_lib.layers import FeedForward
from course_lib.models.public_checkpoint import Source, linear
from course_lib.normalisation import FusedLayerNorm


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Sizes of a stack of such blocks.

    Attributes:
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer.
        n_layers: Number of blocks.
        d_ff: Width of the feed-forward layers between their projections.
        norm_eps: Added to the variance in each normalisation.
        activation: The bend between the projections of a feed-forward layer.
        q_bias: Whether the projection to the queries adds a bias.
        k_bias: Whether the projection to the keys does.
        v_bias: Whether the projection to the values does.
    """

    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int
    norm_eps: float = 1e-5
    activation: Callable[[Tensor], Tensor] = gelu_exact
    q_bias: bool = True
    k_bias: bool = True
    v_bias: bool = True

    def __post_init__(self) -> None:
        if min(self.d_model, self.n_heads, self.n_layers, self.d_ff) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_model % self.n_heads:
            raise ValueError(f"{self.d_model=} is not a multiple of {self.n_heads=}")

    @property
    def d_head(self) -> int:
        """Width of one head."""
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
            q_bias=self.q_bias,
            k_bias=self.k_bias,
            v_bias=self.v_bias,
            out_bias=True,
        )


def layer_norm(cfg: StackConfig) -> FusedLayerNorm:
    """Make one normalisation."""
    return FusedLayerNorm(cfg.d_model, cfg.norm_eps)


def feed_forward(cfg: StackConfig) -> FeedForward:
    """Make one feed-forward layer."""
    return FeedForward(cfg.d_model, cfg.d_ff, cfg.activation)


def plain_block(cfg: StackConfig) -> PreNormBlock:
    """Assemble one block."""
    return PreNormBlock(
        attention_norm=layer_norm(cfg),
        attention=AttentionLayer(cfg.attention),
        feed_forward_norm=layer_norm(cfg),
        feed_forward=feed_forward(cfg),
    )


def plain_stack(cfg: StackConfig, final_norm: nn.Module) -> BlockStack:
    """Assemble all blocks."""
    return BlockStack((plain_block(cfg) for _ in range(cfg.n_layers)), final_norm)


def attention_sources(ours: str, public: str) -> dict[str, Source]:
    """Say where the projections of an attention layer stand in a published CLIP or Whisper."""
    return {
        **linear(f"{ours}.to_q", f"{public}.q_proj"),
        **linear(f"{ours}.to_k", f"{public}.k_proj"),
        **linear(f"{ours}.to_v", f"{public}.v_proj"),
        **linear(f"{ours}.to_out", f"{public}.out_proj"),
    }
