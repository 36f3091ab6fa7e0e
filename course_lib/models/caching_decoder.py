"""A small decoder as generation asks for one: it goes on from caches, and passes over padding.

Axes: B batch, T new positions, N of them that are scored, D width of the residual stream, V
vocabulary.
"""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.decoder import ROTARY_BASE, Decoder
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.positions import token_positions
from course_lib.rotary import half_split_rotation, rotary_frequencies

POSITION_KINDS = ("none", "rotary")
"""The positions of `decoder.POSITION_KINDS` that say the same whatever was read before."""


@dataclass(frozen=True)
class CachingDecoder:
    """A `LanguageModel` around a trained decoder, whose weights it shares.

    Attributes:
        decoder: The decoder, with one of `POSITION_KINDS`.

    Raises:
        ValueError: The decoder has other positions.
    """

    decoder: Decoder

    def __post_init__(self) -> None:
        if (kind := self.decoder.cfg.positions) not in POSITION_KINDS:
            known = " or ".join(POSITION_KINDS)
            raise ValueError(f"a decoder with positions {kind!r} keeps no caches, only {known}")

    def __call__(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones; see `LanguageModel`."""
        decoder = self.decoder
        x = decoder.embedding(token_ids)  # B T D
        context = self._context(x, caches[0].n_seen if caches else 0, n_padding)
        next_caches = []
        for layer, block in enumerate(decoder.blocks):
            out = block(x, context, caches[layer] if caches else None)
            x = out.x
            next_caches.append(out.cache)
        x = decoder.final_norm(last_positions(x, n_scored))  # B N D
        return LanguageModelOutput(
            logits=x @ decoder.embedding.weight.T,  # B N V
            caches=tuple(cache for cache in next_caches if cache is not None),
        )

    def reserve_caches(self, batch_size: int, max_seq_len: int) -> tuple[PlainCache, ...]:
        """Reserve memory for the keys and values of so many positions, in every layer."""
        cfg = self.decoder.cfg
        shape = CacheShape.of(cfg.attention, batch_size, self.decoder.embedding.weight)
        return tuple(PlainCache.empty(shape, max_seq_len) for _ in range(cfg.n_layers))

    def _context(
        self, x: Float[Tensor, "B T D"], n_seen: int, n_padding: Int[Tensor, " B"] | None
    ) -> AttentionContext:
        """Tell the layers what the new positions may see, and where they stand."""
        cfg, rotate = self.decoder.cfg, None
        if cfg.positions == "rotary":
            frequencies = rotary_frequencies(cfg.d_head, ROTARY_BASE, device=x.device)
            positions = token_positions(n_seen, x.shape[1], n_padding, x.device)
            rotate = half_split_rotation(positions, frequencies, x.dtype)
        return causal_context(
            n_seen=n_seen,
            n_queries=x.shape[1],
            n_padding=n_padding,
            rotate=rotate,
            device=x.device,
        )
