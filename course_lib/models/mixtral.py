"""Mixtral: Jiang et al. 2024 (arXiv:2401.04088), a Mistral with experts for feed-forward layers."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from course_lib.attention_layer import AttentionLayer
from course_lib.blocks import PreNormBlock
from course_lib.mixture_of_experts import MixtureOfExperts
from course_lib.models.public_checkpoint import build_with_public_weights, linear
from course_lib.models.public_config import read_config
from course_lib.models.rotary_checkpoint import (
    ATTENTION_SOURCES,
    BLOCK,
    NORM_SOURCES,
    PUBLIC_BLOCK,
    ignored_names,
    read_sizes,
    read_window,
)
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig
from course_lib.normalisation import RMSNorm


@dataclass(frozen=True, kw_only=True)
class MixtralConfig(RotaryDecoderConfig):
    """Sizes of a Mixtral.

    Attributes:
        n_experts: How many experts each layer has.
        n_chosen: How many of them each position visits.
    """

    n_experts: int
    n_chosen: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.n_chosen <= self.n_experts:
            raise ValueError(f"a position cannot visit {self.n_chosen=} of {self.n_experts=}")


MIXTRAL_8X7B = MixtralConfig(
    vocab_size=32_000,
    d_model=4096,
    n_heads=32,
    n_kv_heads=8,
    d_head=128,
    n_layers=32,
    d_ff=14_336,
    norm_eps=1e-5,
    rotary_base=1_000_000.0,
    n_experts=8,
    n_chosen=2,
)


class Mixtral(RotaryDecoder):
    """Blocks that normalise first, with a few of many SwiGLU experts at each position."""

    def __init__(self, cfg: MixtralConfig) -> None:
        super().__init__(
            cfg,
            (mixtral_block(cfg) for _ in range(cfg.n_layers)),
            RMSNorm(cfg.d_model, cfg.norm_eps),
        )

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Mixtral":
        """Read a Mixtral as published on the Hugging Face hub.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a Mixtral.
        """
        cfg = read_mixtral_config(folder)
        return build_with_public_weights(
            partial(cls, cfg),
            folder,
            ATTENTION_SOURCES | NORM_SOURCES | EXPERT_SOURCES,
            dtype=dtype,
            ignored=ignored_names(cfg),
        )


def mixtral_block(cfg: MixtralConfig) -> PreNormBlock:
    """Assemble one block."""
    return PreNormBlock(
        attention_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        attention=AttentionLayer(cfg.attention),
        feed_forward_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
        feed_forward=MixtureOfExperts(
            cfg.d_model,
            cfg.d_ff,
            n_experts=cfg.n_experts,
            n_chosen=cfg.n_chosen,
            activation=F.silu,
        ),
    )


def read_mixtral_config(folder: Path) -> MixtralConfig:
    """Read the sizes of a published Mixtral.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something that Mixtral does not have.
    """
    config = read_config(folder, "mixtral")
    config.must_be("hidden_act", "silu")
    return MixtralConfig(
        **vars(replace(read_sizes(config), windows=(read_window(config),))),
        n_experts=config.size("num_local_experts"),
        n_chosen=config.size("num_experts_per_tok"),
    )


_PUBLIC_MIXTURE = f"{PUBLIC_BLOCK}.block_sparse_moe"
EXPERT_SOURCES = {
    **linear(f"{BLOCK}.feed_forward.router", f"{_PUBLIC_MIXTURE}.gate"),
    **linear(f"{BLOCK}.feed_forward.experts.*.to_gate", f"{_PUBLIC_MIXTURE}.experts.*.w1"),
    **linear(f"{BLOCK}.feed_forward.experts.*.to_up", f"{_PUBLIC_MIXTURE}.experts.*.w3"),
    **linear(f"{BLOCK}.feed_forward.experts.*.to_out", f"{_PUBLIC_MIXTURE}.experts.*.w2"),
}
"""Where the experts stand; their names are those of Mistral's own code."""
