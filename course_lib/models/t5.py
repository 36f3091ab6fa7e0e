"""T5: Raffel et al. 2020 (arXiv:1910.10683), and its version 1.1, which Flan-T5 goes on from.

Axes: B batch, T new positions of the text that is written, Ts positions of the source, D width of
the residual stream, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.activations import gelu_tanh
from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, KeysValues
from course_lib.blocks import BlockStack, PreNormBlock, StackOutput
from course_lib.encoder_decoder import (
    CrossStack,
    CrossStackOutput,
    EncoderDecoder,
    PreNormCrossBlock,
)
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.layers import FeedForward, GatedFeedForward
from course_lib.masks import right_padding_mask
from course_lib.models.public_checkpoint import load_tensors, read_tensors
from course_lib.models.t5_checkpoint import NOT_USED, SOURCES, without_copies
from course_lib.models.t5_config import T5Config, read_t5_config
from course_lib.normalisation import RMSNorm
from course_lib.position_biases import RelativePositionBias


class T5(nn.Module):
    """An encoder and a decoder that tell positions by biases on the scores, one set a stack."""

    def __init__(self, cfg: T5Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        self.encoder_bias, self.decoder_bias = (
            RelativePositionBias(
                n_heads=cfg.n_heads,
                n_buckets=cfg.n_buckets,
                max_distance=cfg.max_distance,
                is_bidirectional=is_bidirectional,
            )
            for is_bidirectional in (True, False)
        )
        self.stacks = EncoderDecoder(
            BlockStack((t5_encoder_block(cfg) for _ in range(cfg.n_encoder_layers)), _norm(cfg)),
            CrossStack((t5_decoder_block(cfg) for _ in range(cfg.n_decoder_layers)), _norm(cfg)),
        )
        if not cfg.ties_embeddings:
            self.unembedding = nn.Linear(cfg.d_model, cfg.vocab_size, bias=False)

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "T5":
        """Read a model as published on the Hugging Face hub, such as google/flan-t5-small.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a T5.
        """
        cfg = read_t5_config(folder)
        found = without_copies(read_tensors(folder), cfg.ties_embeddings)
        # Recent configs say of every model that it is tied: the file knows better.
        cfg = replace(cfg, ties_embeddings=cfg.ties_embeddings and "lm_head.weight" not in found)
        with torch.device("meta"):
            model = cls(cfg)
        load_tensors(model, found, SOURCES, dtype=dtype, ignored=NOT_USED)
        return model

    def forward(
        self,
        source_ids: Int[Tensor, "B Ts"],
        token_ids: Int[Tensor, "B T"],
        n_source_tokens: Int[Tensor, " B"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score the token after each position of a text, given its source; see `read`."""
        return self.read(source_ids, n_source_tokens)(token_ids).logits

    def read(
        self, source_ids: Int[Tensor, "B Ts"], n_tokens: Int[Tensor, " B"] | None = None
    ) -> "T5Writer":
        """Encode sources, and make the language model that writes what belongs to them.

        Args:
            source_ids: The tokens of the sources.
            n_tokens: How many positions of each are tokens; padding, which nobody looks at,
                stands behind them. None: all are.
        """
        memory = self.stacks.decoder.remember(self.encode(source_ids, n_tokens).x)
        mask = None if n_tokens is None else right_padding_mask(n_tokens, source_ids.shape[1])
        return T5Writer(self, memory, mask)

    def encode(
        self,
        source_ids: Int[Tensor, "B Ts"],
        n_tokens: Int[Tensor, " B"] | None = None,
        keep_weights: bool = False,
    ) -> StackOutput:
        """Put each token of the sources in its context; see `read`."""
        n_positions = source_ids.shape[1]
        context = AttentionContext(
            mask=None if n_tokens is None else right_padding_mask(n_tokens, n_positions),
            bias=self.encoder_bias(n_positions, n_positions),  # H Ts Ts
            keep_weights=keep_weights,
        )
        contexts = (context,) * self.cfg.n_encoder_layers
        return self.stacks.encoder(self.embedding(source_ids), contexts)

    def score(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """End the residual stream: how well each token of the vocabulary goes on."""
        if self.cfg.scales_output:
            x = x * self.cfg.d_model**-0.5
        unembedding = self.embedding if self.cfg.ties_embeddings else self.unembedding
        return F.linear(x, unembedding.weight)


@dataclass(frozen=True)
class T5Writer:
    """A T5 that has read its sources: the `LanguageModel` of what belongs to them.

    A text begins with the token for padding, which T5 was trained to take for the start. Of one
    source it writes any number of texts, as a beam search does.

    Attributes:
        model: The T5.
        memory: What each layer of its decoder looks at in the sources.
        mask: True at what is no padding in the sources. None: nothing is.
    """

    model: T5
    memory: Sequence[KeysValues]
    mask: Bool[Tensor, "B 1 1 Ts"] | None

    def __call__(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones; see `LanguageModel`."""
        out = self.states(token_ids, caches, n_padding)
        logits = self.model.score(last_positions(out.x, n_scored))  # B N V
        return LanguageModelOutput(logits=logits, caches=out.caches)

    def states(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        keep_weights: bool = False,
    ) -> CrossStackOutput:
        """Put each token in its context and its source, without scoring the next one.

        Args:
            token_ids: The tokens of the new positions.
            caches: What earlier calls kept, one a layer; see `LanguageModel`.
            n_padding: How many positions at the left of each sequence are padding.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: There are not as many texts as sources, and not one source for all.
        """
        n_seen, n_new = caches[0].n_seen if caches else 0, token_ids.shape[1]
        context = causal_context(
            n_seen=n_seen,
            n_queries=n_new,
            n_padding=n_padding,
            bias=self.model.decoder_bias(n_new, n_seen + n_new),  # H T Tk
            keep_weights=keep_weights,
            device=token_ids.device,
        )
        return self.model.stacks(
            self.model.embedding(token_ids),
            (context,) * len(self.memory),
            self.memory,
            AttentionContext(mask=self.mask, keep_weights=keep_weights),
            caches,
        )

    def reserve_caches(self, batch_size: int, max_seq_len: int) -> tuple[PlainCache, ...]:
        """Reserve memory for the keys and values of so many positions, in every layer."""
        model = self.model
        shape = CacheShape.of(model.cfg.attention, batch_size, model.embedding.weight)
        return tuple(PlainCache.empty(shape, max_seq_len) for _ in self.memory)


def t5_encoder_block(cfg: T5Config) -> PreNormBlock:
    """Assemble one block that reads."""
    return PreNormBlock(
        attention_norm=_norm(cfg),
        attention=_attention(cfg),
        feed_forward_norm=_norm(cfg),
        feed_forward=_feed_forward(cfg),
    )


def t5_decoder_block(cfg: T5Config) -> PreNormCrossBlock:
    """Assemble one block that writes."""
    return PreNormCrossBlock(
        attention_norm=_norm(cfg),
        attention=_attention(cfg),
        cross_attention_norm=_norm(cfg),
        cross_attention=_attention(cfg),
        feed_forward_norm=_norm(cfg),
        feed_forward=_feed_forward(cfg),
    )


def _attention(cfg: T5Config) -> AttentionLayer:
    layer = AttentionLayer(cfg.attention)
    # The scores of T5 are not scaled by 1/√Dh: its queries begin that much smaller instead.
    nn.init.normal_(layer.to_q.weight, std=(cfg.d_model * cfg.d_head) ** -0.5)
    return layer


def _feed_forward(cfg: T5Config) -> FeedForward | GatedFeedForward:
    if cfg.is_gated:
        return GatedFeedForward(cfg.d_model, cfg.d_ff, gelu_tanh)
    return FeedForward(cfg.d_model, cfg.d_ff, F.relu, has_bias=False)


def _norm(cfg: T5Config) -> RMSNorm:
    return RMSNorm(cfg.d_model, cfg.norm_eps)
