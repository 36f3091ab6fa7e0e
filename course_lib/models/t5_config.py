"""Sizes of a T5: those published, and how its config.json says them.

Raffel et al. 2020 (arXiv:1910.10683), and version 1.1, which Flan-T5 goes on from.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.attention_layer import AttentionLayerConfig
from course_lib.models.public_config import read_config


@dataclass(frozen=True, kw_only=True)
class T5Config:
    """Sizes of a T5, and in what its versions differ.

    Attributes:
        vocab_size: Number of different tokens (V).
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer.
        d_head: Width of one head.
        n_encoder_layers: Number of blocks that read.
        n_decoder_layers: Number of blocks that write.
        d_ff: Width of the feed-forward layers between their projections.
        n_buckets: Number of distances between two positions that are told apart.
        max_distance: Distances from here on are not told apart.
        norm_eps: Added to the mean square in each normalisation.
        is_gated: Whether the feed-forward layers have gates, with a GELU: in version 1.1.
        scales_output: Whether the last vectors are scaled by 1/√D before they are compared with
            those of the tokens: in version 1.0.
        ties_embeddings: Whether the vectors that read the tokens also score them: in version 1.0.
    """

    vocab_size: int
    d_model: int
    n_heads: int
    d_head: int
    n_encoder_layers: int
    n_decoder_layers: int
    d_ff: int
    n_buckets: int = 32
    max_distance: int = 128
    norm_eps: float = 1e-6
    is_gated: bool = False
    scales_output: bool = True
    ties_embeddings: bool = True

    def __post_init__(self) -> None:
        sizes = self.vocab_size, self.n_encoder_layers, self.n_decoder_layers, self.d_ff
        if min(sizes) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        # Of either direction, half of the buckets hold one distance each; the others grow on.
        if self.n_buckets // 4 < 1 or self.n_buckets // 2 >= self.max_distance:
            raise ValueError(f"{self.n_buckets=} cannot divide up {self.max_distance=}")
        _ = self.attention  # built here so that sizes that do not fit are refused here

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return AttentionLayerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_heads,
            d_head=self.d_head,
            scale=1.0,
        )


T5_SMALL = T5Config(
    vocab_size=32_128,
    d_model=512,
    n_heads=8,
    d_head=64,
    n_encoder_layers=6,
    n_decoder_layers=6,
    d_ff=2048,
)
T5_BASE = replace(
    T5_SMALL, d_model=768, n_heads=12, n_encoder_layers=12, n_decoder_layers=12, d_ff=3072
)
# The sizes of Flan-T5 too.
T5_V1_1_SMALL = replace(
    T5_SMALL,
    n_heads=6,
    n_encoder_layers=8,
    n_decoder_layers=8,
    d_ff=1024,
    is_gated=True,
    scales_output=False,
    ties_embeddings=False,
)
T5_V1_1_BASE = replace(
    T5_V1_1_SMALL, d_model=768, n_heads=12, n_encoder_layers=12, n_decoder_layers=12, d_ff=2048
)


def read_t5_config(folder: Path) -> T5Config:
    """Read the sizes of a published T5.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something else than a T5 of version 1.0 or 1.1.
    """
    config = read_config(folder, "t5")
    config.must_be("is_encoder_decoder", True)
    config.must_be("is_decoder", False)
    is_gated = config.one_of(
        "feed_forward_proj", {"relu": False, "gated-gelu": True}, default="relu"
    )
    config.must_be("dense_act_fn", "gelu_new" if is_gated else "relu")
    n_layers = config.size("num_layers")
    ties_embeddings = config.flag("tie_word_embeddings", default=True)
    return T5Config(
        vocab_size=config.size("vocab_size"),
        d_model=config.size("d_model"),
        n_heads=config.size("num_heads"),
        d_head=config.size("d_kv"),
        n_encoder_layers=n_layers,
        n_decoder_layers=config.size("num_decoder_layers", default=n_layers),
        d_ff=config.size("d_ff"),
        n_buckets=config.size("relative_attention_num_buckets", default=32),
        max_distance=config.size("relative_attention_max_distance", default=128),
        norm_eps=config.number("layer_norm_epsilon", default=1e-6),
        is_gated=is_gated,
        # Configs of old do not say it: they scale where they tie.
        scales_output=config.flag("scale_decoder_outputs", default=ties_embeddings),
        ties_embeddings=ties_embeddings,
    )
