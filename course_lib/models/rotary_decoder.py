"""What LLaMA, Mistral, Qwen, Gemma and Mixtral have in common: a decoder with rotary positions.

Touvron et al. 2023 (arXiv:2302.13971), section 2.2; the positions are those of Su et al. 2021
(arXiv:2104.09864).

Axes: B batch, T new positions, D width of the residual stream, V vocabulary.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import causal_context
from course_lib.attention_layer import AttentionLayerConfig
from course_lib.blocks import BlockStack, StackOutput
from course_lib.generation.kv_cache import N_SPARE, CacheShape, PlainCache, SlidingCache
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.positions import INITIAL_SPREAD, token_positions
from course_lib.rotary import (
    Llama3Scaling,
    Rotate,
    half_split_rotation,
    rotary_frequencies,
    slow_down,
)


@dataclass(frozen=True, kw_only=True)
class RotaryDecoderConfig:
    """Sizes of a decoder with rotary positions.

    Attributes:
        vocab_size: Number of different tokens (V).
        d_model: Width of the residual stream (D).
        n_heads: Number of query heads in each layer.
        n_kv_heads: Number of key/value heads in each layer.
        d_head: Width of one head.
        n_layers: Number of blocks.
        d_ff: Width of the feed-forward layers between their projections.
        norm_eps: Added to the mean square in each normalisation.
        rotary_base: The larger, the slower the slow pairs of components turn.
        rotary_scaling: How the slow pairs are slowed down further. None: they are not.
        windows: How many positions a query sees, layer by layer and then from the start again;
            None for all positions.
        ties_embeddings: Whether the vectors that read the tokens also score them.
    """

    vocab_size: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    n_layers: int
    d_ff: int
    norm_eps: float
    rotary_base: float
    rotary_scaling: Llama3Scaling | None = None
    windows: tuple[int | None, ...] = (None,)
    ties_embeddings: bool = False

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.n_layers, self.d_ff, len(self.windows)) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.d_head % 2:
            raise ValueError(f"components turn in pairs, so {self.d_head=} must be even")
        _ = self.attention  # built here so that sizes that do not fit are refused here

    @property
    def attention(self) -> AttentionLayerConfig:
        """Sizes of each attention layer."""
        return AttentionLayerConfig(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_kv_heads,
            d_head=self.d_head,
            scale=self.d_head**-0.5,
        )

    @property
    def layer_windows(self) -> tuple[int | None, ...]:
        """How many positions a query sees in each layer; None for all."""
        return tuple(self.windows[layer % len(self.windows)] for layer in range(self.n_layers))


class RotaryDecoder(nn.Module):
    """Embed tokens, pass them through blocks that turn queries and keys, and score the next one."""

    def __init__(
        self, cfg: RotaryDecoderConfig, blocks: Iterable[nn.Module], final_norm: nn.Module
    ) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.d_model)
        nn.init.normal_(self.embedding.weight, std=INITIAL_SPREAD)
        self.decoder = BlockStack(blocks, final_norm)
        if not cfg.ties_embeddings:
            self.unembedding = nn.Linear(cfg.d_model, cfg.vocab_size, bias=False)

    def forward(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones; see `LanguageModel`."""
        out = self.states(token_ids, caches, n_padding)
        logits = self.score(last_positions(out.x, n_scored))  # B N V
        return LanguageModelOutput(logits=logits, caches=out.caches)

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
        """
        n_seen = caches[0].n_seen if caches else 0
        x = self.embed(token_ids)  # B T D
        positions = token_positions(n_seen, token_ids.shape[1], n_padding, token_ids.device)
        rotate = rotation(self.cfg, positions, x.dtype)
        contexts = {
            window: causal_context(
                n_seen=n_seen,
                n_queries=token_ids.shape[1],
                n_padding=n_padding,
                window=window,
                rotate=rotate,
                keep_weights=keep_weights,
                device=token_ids.device,
            )
            for window in set(self.cfg.layer_windows)
        }
        return self.decoder(x, [contexts[window] for window in self.cfg.layer_windows], caches)

    def embed(self, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
        """Begin the residual stream."""
        return self.embedding(token_ids)

    def score(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """End the residual stream: how well each token of the vocabulary goes on."""
        unembedding = self.embedding if self.cfg.ties_embeddings else self.unembedding
        return F.linear(x, unembedding.weight)

    def reserve_caches(
        self, batch_size: int, max_seq_len: int, n_spare: int = N_SPARE
    ) -> tuple[LayerCache, ...]:
        """Reserve memory for the keys and values of so many positions, or of a window of them.

        Args:
            batch_size: How many sequences there are.
            max_seq_len: How many positions there are at most.
            n_spare: How many of them can be taken back behind a window; see `SlidingCache`.
        """
        shape = CacheShape.of(self.cfg.attention, batch_size, self.embedding.weight)
        return tuple(
            PlainCache.empty(shape, max_seq_len)
            if window is None or window >= max_seq_len
            else SlidingCache.empty(shape, window, n_spare)
            for window in self.cfg.layer_windows
        )


def rotation(
    cfg: RotaryDecoderConfig, positions: Int[Tensor, "*B T"], dtype: torch.dtype
) -> Rotate:
    """Say how queries and keys of some positions turn."""
    # Angles grow with the position: half precision would be off by whole turns.
    precision = torch.promote_types(dtype, torch.float32)
    frequencies = rotary_frequencies(cfg.d_head, cfg.rotary_base, precision, positions.device)
    if cfg.rotary_scaling is not None:
        frequencies = slow_down(frequencies, cfg.rotary_scaling)
    return half_split_rotation(positions, frequencies, dtype)
