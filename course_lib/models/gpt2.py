"""GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".

Axes: B batch, T new positions, D width of the residual stream, V vocabulary.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.activations import gelu_tanh
from course_lib.attention_context import causal_context
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import BlockStack, PreNormBlock, StackOutput
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.layers import FeedForward
from course_lib.models.gpt2_checkpoint import OLD_CONSTANTS, SOURCES
from course_lib.models.public_checkpoint import build_with_public_weights
from course_lib.models.public_config import read_config
from course_lib.normalisation import FusedLayerNorm
from course_lib.positions import INITIAL_SPREAD, LearnedPositions


@dataclass(frozen=True, kw_only=True)
class GPT2Config:
    """Sizes of a GPT-2.

    Attributes:
        vocab_size: Number of different tokens (V).
        max_seq_len: How many positions have a vector.
        d_model: Width of the residual stream (D).
        n_heads: Number of heads in each layer.
        n_layers: Number of blocks.
        d_ff: Width of the feed-forward layers between their projections.
        norm_eps: Added to the variance in each normalisation.
        ties_embeddings: Whether the vectors that read the tokens also score them.
    """

    vocab_size: int
    max_seq_len: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int
    norm_eps: float = 1e-5
    ties_embeddings: bool = True

    def __post_init__(self) -> None:
        sizes = self.vocab_size, self.max_seq_len, self.n_heads, self.n_layers, self.d_ff
        if min(sizes) < 1:
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
            q_bias=True,
            k_bias=True,
            v_bias=True,
            out_bias=True,
        )


def _published(*, d_model: int, n_heads: int, n_layers: int) -> GPT2Config:
    return GPT2Config(
        vocab_size=50257,
        max_seq_len=1024,
        d_model=d_model,
        n_heads=n_heads,
        n_layers=n_layers,
        d_ff=4 * d_model,
    )


GPT2_SMALL = _published(d_model=768, n_heads=12, n_layers=12)
GPT2_MEDIUM = _published(d_model=1024, n_heads=16, n_layers=24)
GPT2_LARGE = _published(d_model=1280, n_heads=20, n_layers=36)
GPT2_XL = _published(d_model=1600, n_heads=25, n_layers=48)


class GPT2(nn.Module):
    """Learned positions, blocks that normalise first, and the token embeddings used twice."""

    def __init__(self, cfg: GPT2Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        nn.init.normal_(self.embedding.weight, std=INITIAL_SPREAD)
        self.positions = LearnedPositions(cfg.max_seq_len, cfg.d_model)
        self.decoder = BlockStack(
            (gpt2_block(cfg) for _ in range(cfg.n_layers)),
            FusedLayerNorm(cfg.d_model, cfg.norm_eps),
        )
        if not cfg.ties_embeddings:
            self.unembedding = nn.Linear(cfg.d_model, cfg.vocab_size, bias=False)

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "GPT2":
        """Read a model as published on the Hugging Face hub, such as openai-community/gpt2.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a GPT-2.
        """
        cfg = read_gpt2_config(folder)
        return build_with_public_weights(
            partial(cls, cfg),
            folder,
            SOURCES,
            dtype=dtype,
            optional_prefix="transformer.",
            ignored=(*OLD_CONSTANTS, "lm_head.weight") if cfg.ties_embeddings else OLD_CONSTANTS,
        )

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones; see `LanguageModel`."""
        out = self.states(token_ids, caches, n_padding)
        unembedding = self.embedding if self.cfg.ties_embeddings else self.unembedding
        return LanguageModelOutput(
            logits=F.linear(last_positions(out.x, n_scored), unembedding.weight),  # B N V
            caches=out.caches,
        )

    def states(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        keep_weights: bool = False,
    ) -> StackOutput:
        """Put each token in its context, without scoring the next one.

        Args:
            token_ids: The tokens of the new positions.
            caches: What earlier calls kept, one a layer; see `LanguageModel`.
            n_padding: How many positions at the left of each sequence are padding.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: There are more positions than the model has vectors for.
        """
        n_seen = caches[0].n_seen if caches else 0
        n_new = token_ids.shape[1]
        x = self.embedding(token_ids) + self.positions(n_seen, n_new, n_padding)  # B T D
        context = causal_context(
            n_seen=n_seen,
            n_queries=n_new,
            n_padding=n_padding,
            keep_weights=keep_weights,
            device=token_ids.device,
        )
        return self.decoder(x, (context,) * self.cfg.n_layers, caches)

    def reserve_caches(self, batch_size: int, max_seq_len: int) -> tuple[PlainCache, ...]:
        """Reserve memory for the keys and values of so many positions, in every layer."""
        shape = CacheShape.of(self.cfg.attention, batch_size, self.embedding.weight)
        return tuple(PlainCache.empty(shape, max_seq_len) for _ in range(self.cfg.n_layers))


def gpt2_block(cfg: GPT2Config) -> PreNormBlock:
    """Assemble one block."""
    return PreNormBlock(
        attention_norm=FusedLayerNorm(cfg.d_model, cfg.norm_eps),
        attention=AttentionLayer(cfg.attention),
        feed_forward_norm=FusedLayerNorm(cfg.d_model, cfg.norm_eps),
        feed_forward=FeedForward(cfg.d_model, cfg.d_ff, gelu_tanh),
    )


def read_gpt2_config(folder: Path) -> GPT2Config:
    """Read the sizes of a published GPT-2.

    Raises:
        FileNotFoundError: There is no config.json.
        ValueError: It asks for something else than a GPT-2 as it was published.
    """
    config = read_config(folder, "gpt2")
    config.must_be("activation_function", "gelu_new", "gelu_pytorch_tanh")
    config.must_be("scale_attn_weights", True)
    config.must_be("scale_attn_by_inverse_layer_idx", False)
    config.must_be("add_cross_attention", False)
    d_model = config.size("n_embd")
    return GPT2Config(
        vocab_size=config.size("vocab_size"),
        max_seq_len=config.size("n_positions"),
        d_model=d_model,
        n_heads=config.size("n_head"),
        n_layers=config.size("n_layer"),
        d_ff=config.size("n_inner", default=4 * d_model),
        norm_eps=config.number("layer_norm_epsilon", default=1e-5),
        ties_embeddings=config.flag("tie_word_embeddings", default=True),
    )
