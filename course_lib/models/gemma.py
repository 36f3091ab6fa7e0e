"""Gemma 1 and 2: Gemma Team 2024 (arXiv:2403.08295 and arXiv:2408.00118).

Axes: B batch, T positions, D width of the residual stream, V vocabulary.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.activations import gelu_tanh
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.attention_paths import soft_cap
from course_lib.blocks import PreNormBlock, SandwichNormBlock
from course_lib.layers import GatedFeedForward
from course_lib.models.public_checkpoint import Source, build_with_public_weights
from course_lib.models.public_config import PublicConfig, read_config
from course_lib.models.rotary_checkpoint import (
    ATTENTION_SOURCES,
    BLOCK,
    FEED_FORWARD_SOURCES,
    PUBLIC_BLOCK,
    ignored_names,
    read_layer_windows,
    read_sizes,
)
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig
from course_lib.normalisation import OffsetRMSNorm


@dataclass(frozen=True, kw_only=True)
class GemmaConfig(RotaryDecoderConfig):
    """Sizes of a Gemma.

    Attributes:
        score_width: The dot products are divided by its root: the width of a head, but for the
            largest Gemma 2.
        score_cap: Bound on the scores of attention. None: no bound, as in Gemma 1.
        logit_cap: Bound on the logits. None: no bound, as in Gemma 1.
        normalises_outputs: Whether blocks also normalise what comes out of each part: in Gemma 2.
    """

    score_width: int
    score_cap: float | None
    logit_cap: float | None
    normalises_outputs: bool

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return replace(super().attention, scale=self.score_width**-0.5, score_cap=self.score_cap)


GEMMA_2B = GemmaConfig(
    vocab_size=256_000,
    d_model=2048,
    n_heads=8,
    n_kv_heads=1,
    d_head=256,
    n_layers=18,
    d_ff=16_384,
    norm_eps=1e-6,
    rotary_base=10_000.0,
    ties_embeddings=True,
    score_width=256,
    score_cap=None,
    logit_cap=None,
    normalises_outputs=False,
)
GEMMA_7B = replace(GEMMA_2B, d_model=3072, n_heads=16, n_kv_heads=16, n_layers=28, d_ff=24_576)
GEMMA2_2B = replace(
    GEMMA_2B,
    d_model=2304,
    n_kv_heads=4,
    n_layers=26,
    d_ff=9216,
    windows=(4096, None),
    score_cap=50.0,
    logit_cap=30.0,
    normalises_outputs=True,
)
GEMMA2_9B = replace(GEMMA2_2B, d_model=3584, n_heads=16, n_kv_heads=8, n_layers=42, d_ff=14_336)
GEMMA2_27B = replace(
    GEMMA2_2B,
    d_model=4608,
    n_heads=32,
    n_kv_heads=16,
    d_head=128,
    n_layers=46,
    d_ff=36_864,
    score_width=144,
)


class Gemma(RotaryDecoder):
    """GeGLU feed-forward layers, gains counted from 1, enlarged embeddings, and capped logits."""

    def __init__(self, cfg: GemmaConfig) -> None:
        super().__init__(
            cfg,
            (gemma_block(cfg) for _ in range(cfg.n_layers)),
            OffsetRMSNorm(cfg.d_model, cfg.norm_eps),
        )
        self.logit_cap = cfg.logit_cap

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Gemma":
        """Read a Gemma 1 or 2 as published on the Hugging Face hub.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of such a Gemma.
        """
        cfg = read_gemma_config(folder)
        norms = SANDWICH_NORM_SOURCES if cfg.normalises_outputs else PRE_NORM_SOURCES
        return build_with_public_weights(
            partial(cls, cfg),
            folder,
            ATTENTION_SOURCES | norms | FEED_FORWARD_SOURCES,
            dtype=dtype,
            ignored=ignored_names(cfg),
        )

    def embed(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """Begin the residual stream with vectors of about unit variance."""
        vectors = self.embedding(token_ids)
        # Rounded to the type of the vectors first, as in training.
        return vectors * vectors.new_tensor(self.cfg.d_model**0.5)

    def score(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """End the residual stream: how well each token of the vocabulary goes on."""
        logits = super().score(x)
        return logits if self.logit_cap is None else soft_cap(logits, self.logit_cap)


def gemma_block(cfg: GemmaConfig) -> PreNormBlock | SandwichNormBlock:
    """Assemble one block."""

    def norm() -> OffsetRMSNorm:
        return OffsetRMSNorm(cfg.d_model, cfg.norm_eps)

    attention = AttentionLayer(cfg.attention)
    feed_forward = GatedFeedForward(cfg.d_model, cfg.d_ff, gelu_tanh)
    if not cfg.normalises_outputs:
        return PreNormBlock(
            attention_norm=norm(),
            attention=attention,
            feed_forward_norm=norm(),
            feed_forward=feed_forward,
        )
    return SandwichNormBlock(
        attention_norm=norm(),
        attention=attention,
        attention_out_norm=norm(),
        feed_forward_norm=norm(),
        feed_forward=feed_forward,
        feed_forward_out_norm=norm(),
    )


def read_gemma_config(folder: Path) -> GemmaConfig:
    """Read the sizes of a published Gemma.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something that Gemma 1 and 2 do not have.
    """
    config = read_config(folder, "gemma", "gemma2")
    # The first files said "gelu" and meant its approximation, which the models were trained with.
    config.must_be("hidden_act", "gelu_pytorch_tanh", "gelu")
    config.must_be("hidden_activation", "gelu_pytorch_tanh")
    config.must_be("attention_bias", False)
    config.must_be("use_bidirectional_attention", False)
    is_second = config.settings["model_type"] == "gemma2"
    sizes = replace(
        read_sizes(config),
        windows=_read_windows(config) if is_second else (None,),
        ties_embeddings=config.flag("tie_word_embeddings", default=True),
    )
    return GemmaConfig(
        **vars(sizes),
        score_width=config.size("query_pre_attn_scalar", default=sizes.d_head),
        score_cap=_read_cap(config, "attn_logit_softcapping"),
        logit_cap=_read_cap(config, "final_logit_softcapping"),
        normalises_outputs=is_second,
    )


def _read_windows(config: PublicConfig) -> tuple[int | None, ...]:
    """Read windows that stand in every other layer where a config does not list them."""
    if config.says("layer_types"):
        return read_layer_windows(config)
    return (config.size("sliding_window"), None)


def _read_cap(config: PublicConfig, name: str) -> float | None:
    return config.number(name) if config.says(name) else None


def _offset_norms(**public: str) -> dict[str, Source]:
    blocks = {
        f"{BLOCK}.{ours}.gain_offset": Source(f"{PUBLIC_BLOCK}.{theirs}.weight")
        for ours, theirs in public.items()
    }
    return blocks | {"decoder.final_norm.gain_offset": Source("model.norm.weight")}


PRE_NORM_SOURCES = _offset_norms(
    attention_norm="input_layernorm", feed_forward_norm="post_attention_layernorm"
)
"""Where the norms of Gemma 1 stand."""

SANDWICH_NORM_SOURCES = _offset_norms(
    attention_norm="input_layernorm",
    attention_out_norm="post_attention_layernorm",
    feed_forward_norm="pre_feedforward_layernorm",
    feed_forward_out_norm="post_feedforward_layernorm",
)
"""Where the norms of Gemma 2 stand."""
