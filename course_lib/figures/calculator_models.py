"""Shapes of public models, as the cache calculator needs them: read off the library's presets.

The parameters are counted on a model without memory (PyTorch's "meta" device) and taken apart by
what they grow with, so that the count follows a reader who changes the shape.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache

import torch
from torch import nn

from course_lib.attention_layer import AttentionLayer
from course_lib.mixture_of_experts import MixtureOfExperts
from course_lib.models.gemma import (
    GEMMA2_2B,
    GEMMA2_9B,
    GEMMA2_27B,
    GEMMA_2B,
    GEMMA_7B,
    Gemma,
    GemmaConfig,
)
from course_lib.models.gpt2 import (
    GPT2,
    GPT2_LARGE,
    GPT2_MEDIUM,
    GPT2_SMALL,
    GPT2_XL,
    GPT2Config,
)
from course_lib.models.llama import (
    LLAMA2_7B,
    LLAMA2_70B,
    LLAMA3_1_8B,
    LLAMA3_1_70B,
    LLAMA3_2_1B,
    MISTRAL_7B,
    Llama,
    LlamaConfig,
)
from course_lib.models.mixtral import MIXTRAL_8X7B, Mixtral, MixtralConfig
from course_lib.models.qwen import (
    QWEN2_5_0_5B,
    QWEN2_5_7B,
    QWEN3_0_6B,
    QWEN3_8B,
    Qwen,
    QwenConfig,
)
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig

Config = GPT2Config | RotaryDecoderConfig

_BUILDERS = {
    GPT2Config: GPT2,
    LlamaConfig: Llama,
    QwenConfig: Qwen,
    GemmaConfig: Gemma,
    MixtralConfig: Mixtral,
}


@dataclass(frozen=True, kw_only=True)
class ParameterTerms:
    """The number of parameters, as a sum over what it grows with.

    Attributes:
        outside: Parameters outside the layers: embeddings, the last normalisation.
        per_layer: Of each layer, all but those below.
        per_head_width: Of each layer, for each component of a head: queries and outputs.
        per_kv_width: Of each layer, for each component of each key/value head.
        looked_up: Of `outside`, tables of which a step reads one row a token.
        unchosen: Of `per_layer`, experts that a token does not visit.
    """

    outside: int
    per_layer: int
    per_head_width: int
    per_kv_width: int
    looked_up: int
    unchosen: int

    def total(self, *, n_layers: int, n_kv_heads: int, d_head: int) -> int:
        """Count all parameters of a model of such a shape."""
        of_heads = d_head * (self.per_head_width + n_kv_heads * self.per_kv_width)
        return self.outside + n_layers * (self.per_layer + of_heads)

    def unread(self, n_layers: int) -> int:
        """Count those that a step of one token need not read."""
        return self.looked_up + n_layers * self.unchosen


@dataclass(frozen=True, kw_only=True)
class PublicModel:
    """A published model.

    Attributes:
        name: What it is called.
        n_layers: Layers, each with a cache of its own.
        n_heads: Query heads of a layer.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        window: Positions that a query sees in a layer with a window; 0 if none has one.
        window_pattern: Which layers have it, as "of how many / in how many".
        max_seq_len: The longest context in its published config.json.
        n_experts: Experts in a layer; 0 if it has no choice of experts.
        n_chosen: Experts that a token visits.
        parameters: How many parameters it has.
    """

    name: str
    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    window: int
    window_pattern: str
    max_seq_len: int
    n_experts: int
    n_chosen: int
    parameters: ParameterTerms

    def for_the_page(self) -> dict:
        """Give all of it as plain data."""
        return asdict(self)


@cache
def public_models() -> dict[str, PublicModel]:
    """Return the models that a reader may choose from, by name."""
    return {name: read_off(name, cfg, longest) for name, (cfg, longest) in PUBLISHED.items()}


def read_off(name: str, cfg: Config, max_seq_len: int) -> PublicModel:
    """Take from a config what the calculator needs.

    Args:
        name: What the model is called.
        cfg: Its sizes.
        max_seq_len: The longest context that it was published for.

    Raises:
        ValueError: Its windows are not of one width, in the first layers of each round.
    """
    windows = (None,) if isinstance(cfg, GPT2Config) else cfg.windows
    widths = [window for window in windows if window is not None]
    if len(set(widths)) > 1 or widths != list(windows[: len(widths)]):
        raise ValueError(f"{name}: windows of one width must come first, got {windows}")
    of_experts = (cfg.n_experts, cfg.n_chosen) if isinstance(cfg, MixtralConfig) else (0, 0)
    return PublicModel(
        name=name,
        n_layers=cfg.n_layers,
        n_heads=cfg.n_heads,
        n_kv_heads=cfg.attention.n_kv_heads,
        d_head=cfg.d_head,
        window=widths[0] if widths else 0,
        window_pattern=f"{len(widths) or 1}/{len(windows)}",
        max_seq_len=max_seq_len,
        n_experts=of_experts[0],
        n_chosen=of_experts[1],
        parameters=parameter_terms(cfg),
    )


def parameter_terms(cfg: Config) -> ParameterTerms:
    """Count the parameters of a model with one layer, and take the count apart."""
    with torch.device("meta"):
        model = _BUILDERS[type(cfg)](replace(cfg, n_layers=1))
    block = model.decoder.blocks[0]
    of_heads, of_kv_heads = _attention_terms(block.attention)
    return ParameterTerms(
        outside=_count(model) - _count(block),
        per_layer=_count(block) - cfg.d_head * (of_heads + cfg.attention.n_kv_heads * of_kv_heads),
        per_head_width=of_heads,
        per_kv_width=of_kv_heads,
        looked_up=_count_looked_up(model),
        unchosen=_count_unchosen(block.feed_forward),
    )


def _attention_terms(attention: AttentionLayer) -> tuple[int, int]:
    """Count the parameters for a component of all heads, and for one of a key/value head."""
    d_head, n_kv_heads = attention.cfg.d_head, attention.cfg.n_kv_heads
    # The bias of the outputs is as wide as the residual stream, whatever the heads are.
    of_heads = _count(attention.to_q) + attention.to_out.weight.numel()
    of_heads += _count(attention.q_norm) + _count(attention.k_norm)
    of_kv_heads = _count(attention.to_k) + _count(attention.to_v)
    return of_heads // d_head, of_kv_heads // (d_head * n_kv_heads)


def _count_looked_up(model: GPT2 | RotaryDecoder) -> int:
    """Count tables that are not read as a whole; embeddings that score the tokens are."""
    positions = _count(model.positions) if isinstance(model, GPT2) else 0
    return positions + (0 if model.cfg.ties_embeddings else _count(model.embedding))


def _count_unchosen(feed_forward: nn.Module) -> int:
    if not isinstance(feed_forward, MixtureOfExperts):
        return 0
    n_unchosen = len(feed_forward.experts) - feed_forward.n_chosen
    return n_unchosen * _count(feed_forward.experts[0])


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


PUBLISHED: dict[str, tuple[Config, int]] = {
    "GPT-2 small": (GPT2_SMALL, GPT2_SMALL.max_seq_len),
    "GPT-2 medium": (GPT2_MEDIUM, GPT2_MEDIUM.max_seq_len),
    "GPT-2 large": (GPT2_LARGE, GPT2_LARGE.max_seq_len),
    "GPT-2 XL": (GPT2_XL, GPT2_XL.max_seq_len),
    "LLaMA 2 7B": (LLAMA2_7B, 4096),
    "LLaMA 2 70B": (LLAMA2_70B, 4096),
    "LLaMA 3.1 8B": (LLAMA3_1_8B, 131_072),
    "LLaMA 3.1 70B": (LLAMA3_1_70B, 131_072),
    "LLaMA 3.2 1B": (LLAMA3_2_1B, 131_072),
    "Mistral 7B (v0.1)": (MISTRAL_7B, 32_768),
    "Mixtral 8x7B": (MIXTRAL_8X7B, 32_768),
    "Qwen2.5 0.5B": (QWEN2_5_0_5B, 32_768),
    "Qwen2.5 7B": (QWEN2_5_7B, 131_072),
    "Qwen3 0.6B": (QWEN3_0_6B, 40_960),
    "Qwen3 8B": (QWEN3_8B, 40_960),
    "Gemma 2B": (GEMMA_2B, 8192),
    "Gemma 7B": (GEMMA_7B, 8192),
    "Gemma 2 2B": (GEMMA2_2B, 8192),
    "Gemma 2 9B": (GEMMA2_9B, 8192),
    "Gemma 2 27B": (GEMMA2_27B, 8192),
}
"""Sizes by name, with the longest context: max_position_embeddings of the config.json."""
