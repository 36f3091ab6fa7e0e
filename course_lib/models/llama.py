"""LLaMA 1 to 3, and Mistral, which is LLaMA with a sliding window.

Touvron et al. 2023 (arXiv:2302.13971 and arXiv:2307.09288), Grattafiori et al. 2024
(arXiv:2407.21783), Jiang et al. 2023 (arXiv:2310.06825).
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import PreNormBlock
from course_lib.layers import GatedFeedForward
from course_lib.models.public_checkpoint import build_with_public_weights
from course_lib.models.public_config import read_config
from course_lib.models.rotary_checkpoint import (
    ATTENTION_SOURCES,
    FEED_FORWARD_SOURCES,
    NORM_SOURCES,
    ignored_names,
    read_sizes,
    read_window,
)
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig
from course_lib.normalisation import RMSNorm
from course_lib.rotary import Llama3Scaling


@dataclass(frozen=True, kw_only=True)
class LlamaConfig(RotaryDecoderConfig):
    """Sizes of a LLaMA or a Mistral.

    Attributes:
        attention_bias: Whether the four projections of attention add a bias; none published by
            Meta or Mistral does.
        feed_forward_bias: Whether the three projections of the feed-forward layers do.
    """

    attention_bias: bool = False
    feed_forward_bias: bool = False

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return replace(
            super().attention,
            q_bias=self.attention_bias,
            k_bias=self.attention_bias,
            v_bias=self.attention_bias,
            out_bias=self.attention_bias,
        )


LLAMA_7B = LlamaConfig(
    vocab_size=32_000,
    d_model=4096,
    n_heads=32,
    n_kv_heads=32,
    d_head=128,
    n_layers=32,
    d_ff=11_008,
    norm_eps=1e-6,
    rotary_base=10_000.0,
)
LLAMA2_7B = replace(LLAMA_7B, norm_eps=1e-5)
LLAMA2_70B = replace(LLAMA2_7B, d_model=8192, n_heads=64, n_kv_heads=8, n_layers=80, d_ff=28_672)
LLAMA3_8B = replace(LLAMA2_7B, vocab_size=128_256, n_kv_heads=8, d_ff=14_336, rotary_base=500_000.0)
LLAMA3_1_8B = replace(
    LLAMA3_8B,
    rotary_scaling=Llama3Scaling(
        factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=8192
    ),
)
LLAMA3_1_70B = replace(
    LLAMA3_1_8B, d_model=8192, n_heads=64, n_kv_heads=8, n_layers=80, d_ff=28_672
)
LLAMA3_2_1B = replace(
    LLAMA3_1_8B,
    d_model=2048,
    d_head=64,
    n_layers=16,
    d_ff=8192,
    rotary_scaling=Llama3Scaling(
        factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=8192
    ),
    ties_embeddings=True,
)
MISTRAL_7B = replace(LLAMA2_7B, n_kv_heads=8, d_ff=14_336, windows=(4096,))


class Llama(RotaryDecoder):
    """Blocks that normalise first by the root mean square, with SwiGLU feed-forward layers."""

    def __init__(self, cfg: LlamaConfig) -> None:
        super().__init__(
            cfg,
            (llama_block(cfg) for _ in range(cfg.n_layers)),
            RMSNorm(cfg.d_model, cfg.norm_eps),
        )

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Llama":
        """Read a LLaMA or a Mistral as published on the Hugging Face hub.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a LLaMA or a Mistral.
        """
        cfg = read_llama_config(folder)
        return build_with_public_weights(
            partial(cls, cfg),
            folder,
            ATTENTION_SOURCES | NORM_SOURCES | FEED_FORWARD_SOURCES,
            dtype=dtype,
            ignored=ignored_names(cfg),
        )


def llama_block(cfg: LlamaConfig) -> PreNormBlock:
    """Assemble one block."""
    return PreNormBlock(
        attention_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        attention=AttentionLayer(cfg.attention),
        feed_forward_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        feed_forward=GatedFeedForward(cfg.d_model, cfg.d_ff, F.silu, cfg.feed_forward_bias),
    )


def read_llama_config(folder: Path) -> LlamaConfig:
    """Read the sizes of a published LLaMA or Mistral.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something that neither of them has.
    """
    config = read_config(folder, "llama", "mistral")
    config.must_be("hidden_act", "silu")
    is_mistral = config.settings["model_type"] == "mistral"
    sizes = replace(read_sizes(config), windows=(read_window(config) if is_mistral else None,))
    return LlamaConfig(
        **vars(sizes),
        attention_bias=config.flag("attention_bias", default=False),
        feed_forward_bias=config.flag("mlp_bias", default=False),
    )
