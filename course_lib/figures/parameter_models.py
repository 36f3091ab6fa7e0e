"""Shapes of public models for the parameter calculator, read off the presets of the library."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from course_lib.attention_layer import AttentionLayerConfig
from course_lib.checkpoints.mini_gpt import CONFIG as MINI_GPT
from course_lib.decoder import DecoderConfig
from course_lib.figures.calculator_models import PUBLISHED
from course_lib.models.bert import BERT_BASE, BERT_LARGE, BertConfig
from course_lib.models.gemma import GemmaConfig
from course_lib.models.gpt2 import GPT2Config
from course_lib.models.llama import LLAMA3_8B, LlamaConfig
from course_lib.models.mixtral import MixtralConfig
from course_lib.models.qwen import QwenConfig
from course_lib.models.rotary_decoder import RotaryDecoderConfig
from course_lib.models.t5_config import T5_BASE, T5_SMALL, T5_V1_1_SMALL, T5Config

Config = GPT2Config | RotaryDecoderConfig | BertConfig | T5Config | DecoderConfig

ATTENTION_BIASES = ("none", "qkv", "all")
NORMS = ("layer", "rms")
POSITIONS = ("learned", "rotary", "relative")


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """Sizes of a Transformer, and what its family brings along.

    Attributes:
        n_layers: Blocks on top of each other; of an encoder–decoder those of one stack.
        d_model: Width of the residual stream.
        n_heads: Query heads of a layer.
        n_kv_heads: Key/value heads of a layer.
        d_head: Width of one head.
        d_ff: Width between the projections of a feed-forward layer, or of each expert.
        vocab_size: Number of different tokens.
        max_seq_len: Longest sequence; it takes parameters only where positions are learned.
        tied: Whether the token embeddings also score the next token.
        attention_bias: Which projections of attention add a bias, one of `ATTENTION_BIASES`.
        ffn_bias: Whether those of the feed-forward layers do.
        norm: "layer", with a gain and a bias for each component, or "rms", with a gain.
        gated: Whether a feed-forward layer has a third projection, for gates.
        positions: "learned" (a vector each), "rotary" (or any other way without parameters), or
            "relative" (T5's biases on the scores).
        n_experts: Feed-forward layers that a token chooses from; 1 if there is no choice.
        n_chosen: How many of them a token visits.
        n_stacks: 1, or 2 for an encoder and a decoder.
        attentions: Attention layers for each of `n_layers`, over all stacks.
        feed_forwards: Feed-forward layers for each, likewise.
        norms: Normalisations for each, likewise.
        last_norms: Normalisations behind the last block.
        embedding_norms: Normalisations before the first.
        head_norms: Whether queries and keys are normalised head by head.
        n_segments: Kinds of segment that have a vector.
        word_head: Whether a layer of its own stands before the output, as in BERT.
        summary_heads: Whether the sequence is summed up and pairs are scored, as in BERT.
    """

    n_layers: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    d_ff: int
    vocab_size: int
    max_seq_len: int
    tied: bool
    attention_bias: str
    ffn_bias: bool
    norm: str
    gated: bool
    positions: str
    n_experts: int = 1
    n_chosen: int = 1
    n_stacks: int = 1
    attentions: int = 1
    feed_forwards: int = 1
    norms: int = 2
    last_norms: int = 1
    embedding_norms: int = 0
    head_norms: bool = False
    n_segments: int = 0
    word_head: bool = False
    summary_heads: bool = False

    def __post_init__(self) -> None:
        if self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"{self.n_heads} query heads cannot share {self.n_kv_heads} key/value heads evenly"
            )
        if self.n_chosen > self.n_experts:
            raise ValueError(f"a token cannot visit {self.n_chosen} of {self.n_experts} experts")


@cache
def public_shapes() -> dict[str, ModelShape]:
    """Return the shapes that a reader may choose from, by name."""
    return {name: shape_of(cfg, longest) for name, (cfg, longest) in MODELS.items()}


def shape_of(cfg: Config, max_seq_len: int) -> ModelShape:
    """Take from a config of the library what the calculator needs.

    Args:
        cfg: Sizes of a model.
        max_seq_len: The longest sequence that it was published for.

    Raises:
        ValueError: It is a T5 whose two stacks differ in height.
    """
    sizes: dict[str, Any] = {
        "d_model": cfg.d_model,
        "d_ff": cfg.d_ff,
        "vocab_size": cfg.vocab_size,
        "max_seq_len": max_seq_len,
        **_of_attention(cfg.attention),
    }
    if isinstance(cfg, T5Config):
        return ModelShape(**sizes, **_of_t5(cfg))
    sizes["n_layers"] = cfg.n_layers
    if isinstance(cfg, BertConfig):
        return ModelShape(**sizes, **_of_bert(cfg))
    if isinstance(cfg, RotaryDecoderConfig):
        return ModelShape(**sizes, **_of_rotary(cfg))
    is_gpt2 = isinstance(cfg, GPT2Config)
    return ModelShape(
        **sizes,
        tied=cfg.ties_embeddings if is_gpt2 else True,
        ffn_bias=True,
        norm="layer",
        gated=False,
        positions="learned" if is_gpt2 or cfg.positions == "learned" else "rotary",
    )


def _of_attention(cfg: AttentionLayerConfig) -> dict[str, Any]:
    bias = "all" if cfg.out_bias else "qkv" if cfg.q_bias else "none"
    return {
        "n_heads": cfg.n_heads,
        "n_kv_heads": cfg.n_kv_heads,
        "d_head": cfg.d_head,
        "attention_bias": bias,
    }


def _of_rotary(cfg: RotaryDecoderConfig) -> dict[str, Any]:
    experts = (cfg.n_experts, cfg.n_chosen) if isinstance(cfg, MixtralConfig) else (1, 1)
    return {
        "tied": cfg.ties_embeddings,
        "ffn_bias": isinstance(cfg, LlamaConfig) and cfg.feed_forward_bias,
        "norm": "rms",
        "gated": True,
        "positions": "rotary",
        "n_experts": experts[0],
        "n_chosen": experts[1],
        "norms": 4 if isinstance(cfg, GemmaConfig) and cfg.normalises_outputs else 2,
        "head_norms": isinstance(cfg, QwenConfig) and cfg.normalises_heads,
    }


def _of_bert(cfg: BertConfig) -> dict[str, Any]:
    return {
        # Without a head for words nothing scores them.
        "tied": cfg.ties_embeddings or not cfg.has_word_head,
        "ffn_bias": True,
        "norm": "layer",
        "gated": False,
        "positions": "learned",
        "last_norms": 0,  # its blocks normalise last
        "embedding_norms": 1,
        "n_segments": cfg.n_segments,
        "word_head": cfg.has_word_head,
        "summary_heads": cfg.has_pair_head,
    }


def _of_t5(cfg: T5Config) -> dict[str, Any]:
    if cfg.n_encoder_layers != cfg.n_decoder_layers:
        raise ValueError(
            f"one number of layers stands for both stacks, but {cfg.n_encoder_layers=} and "
            f"{cfg.n_decoder_layers=} differ"
        )
    # A block of the encoder and one of the decoder, which attends twice.
    return {
        "n_layers": cfg.n_encoder_layers,
        "tied": cfg.ties_embeddings,
        "ffn_bias": False,
        "norm": "rms",
        "gated": cfg.is_gated,
        "positions": "relative",
        "n_stacks": 2,
        "attentions": 3,
        "feed_forwards": 2,
        "norms": 5,
        "last_norms": 2,
    }


MODELS: Mapping[str, tuple[Config, int]] = {
    "mini-GPT of this course": (MINI_GPT, MINI_GPT.max_seq_len),
    "BERT base": (BERT_BASE, BERT_BASE.max_seq_len),
    "BERT large": (BERT_LARGE, BERT_LARGE.max_seq_len),
    # Raffel et al. 2020 trained on sequences of 512 tokens; the biases on scores set no limit.
    "T5 small": (T5_SMALL, 512),
    "T5 base": (T5_BASE, 512),
    "T5 1.1 small": (T5_V1_1_SMALL, 512),
    "LLaMA 3 8B": (LLAMA3_8B, 8192),
    **PUBLISHED,
}
"""Sizes by name, with the longest sequence."""
