"""Qwen 2 and 2.5, with biases on queries, keys and values, and Qwen 3, with norms on two of them.

Yang et al. 2024 (arXiv:2407.10671), Qwen Team 2024 (arXiv:2412.15115), Yang et al. 2025
(arXiv:2505.09388).
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import PreNormBlock
from course_lib.layers import GatedFeedForward
from course_lib.models.public_checkpoint import build_with_public_weights, norm
from course_lib.models.public_config import PublicConfig, read_config
from course_lib.models.rotary_checkpoint import (
    ATTENTION_SOURCES,
    BLOCK,
    FEED_FORWARD_SOURCES,
    NORM_SOURCES,
    PUBLIC_BLOCK,
    ignored_names,
    read_layer_windows,
    read_sizes,
)
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig
from course_lib.normalisation import RMSNorm


@dataclass(frozen=True, kw_only=True)
class QwenConfig(RotaryDecoderConfig):
    """Sizes of a Qwen.

    Attributes:
        qkv_bias: Whether the projections to queries, keys and values add a bias: in Qwen 2.
        out_bias: Whether the output projection of attention does; in none published.
        normalises_heads: Whether queries and keys are normalised head by head: in Qwen 3.
    """

    qkv_bias: bool
    out_bias: bool = False
    normalises_heads: bool

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return replace(
            super().attention,
            q_bias=self.qkv_bias,
            k_bias=self.qkv_bias,
            v_bias=self.qkv_bias,
            out_bias=self.out_bias,
        )


QWEN2_5_0_5B = QwenConfig(
    vocab_size=151_936,
    d_model=896,
    n_heads=14,
    n_kv_heads=2,
    d_head=64,
    n_layers=24,
    d_ff=4864,
    norm_eps=1e-6,
    rotary_base=1_000_000.0,
    ties_embeddings=True,
    qkv_bias=True,
    normalises_heads=False,
)
QWEN2_5_7B = replace(
    QWEN2_5_0_5B,
    vocab_size=152_064,
    d_model=3584,
    n_heads=28,
    n_kv_heads=4,
    d_head=128,
    n_layers=28,
    d_ff=18_944,
    ties_embeddings=False,
)
QWEN3_0_6B = replace(
    QWEN2_5_0_5B,
    d_model=1024,
    n_heads=16,
    n_kv_heads=8,
    d_head=128,
    n_layers=28,
    d_ff=3072,
    qkv_bias=False,
    normalises_heads=True,
)
QWEN3_8B = replace(
    QWEN3_0_6B,
    d_model=4096,
    n_heads=32,
    n_layers=36,
    d_ff=12_288,
    ties_embeddings=False,
)


class Qwen(RotaryDecoder):
    """A LLaMA but for biases on queries, keys and values, or for norms on queries and keys."""

    def __init__(self, cfg: QwenConfig) -> None:
        super().__init__(
            cfg,
            (qwen_block(cfg) for _ in range(cfg.n_layers)),
            RMSNorm(cfg.d_model, cfg.norm_eps),
        )

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Qwen":
        """Read a Qwen 2, 2.5 or 3 as published on the Hugging Face hub.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of such a Qwen.
        """
        cfg = read_qwen_config(folder)
        head_norms = {
            **norm(f"{BLOCK}.attention.q_norm", f"{PUBLIC_BLOCK}.self_attn.q_norm"),
            **norm(f"{BLOCK}.attention.k_norm", f"{PUBLIC_BLOCK}.self_attn.k_norm"),
        }
        return build_with_public_weights(
            partial(cls, cfg),
            folder,
            ATTENTION_SOURCES | head_norms | NORM_SOURCES | FEED_FORWARD_SOURCES,
            dtype=dtype,
            ignored=ignored_names(cfg),
        )


def qwen_block(cfg: QwenConfig) -> PreNormBlock:
    """Assemble one block."""
    head_norms = (
        (RMSNorm(cfg.d_head, cfg.norm_eps), RMSNorm(cfg.d_head, cfg.norm_eps))
        if cfg.normalises_heads
        else ()
    )
    return PreNormBlock(
        attention_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        attention=AttentionLayer(cfg.attention, *head_norms),
        feed_forward_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        feed_forward=GatedFeedForward(cfg.d_model, cfg.d_ff, F.silu),
    )


def read_qwen_config(folder: Path) -> QwenConfig:
    """Read the sizes of a published Qwen.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something that Qwen 2, 2.5 and 3 do not have.
    """
    config = read_config(folder, "qwen2", "qwen3")
    config.must_be("hidden_act", "silu")
    is_third = config.settings["model_type"] == "qwen3"
    has_bias = config.flag("attention_bias", default=False) if is_third else True
    return QwenConfig(
        **vars(replace(read_sizes(config), windows=_read_windows(config))),
        qkv_bias=has_bias,
        out_bias=has_bias and is_third,
        normalises_heads=is_third,
    )


def _read_windows(config: PublicConfig) -> tuple[int | None, ...]:
    """Read windows that stand in the upper layers only, and that most published configs shut."""
    if config.says("layer_types"):
        return read_layer_windows(config)
    if not config.flag("use_sliding_window", default=False):
        return (None,)
    n_layers, n_full = config.size("num_hidden_layers"), config.size("max_window_layers")
    return tuple(
        None if layer < n_full else config.size("sliding_window") for layer in range(n_layers)
    )
