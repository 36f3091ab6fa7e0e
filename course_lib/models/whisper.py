"""Whisper, which writes down speech: Radford et al. 2022 (arXiv:2212.04356).

Axes: B batch, T new tokens, D width of the residual stream, V vocabulary; sounds have mels and
frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, KeysValues
from course_lib.blocks import StackOutput
from course_lib.encoder_decoder import CrossStack, CrossStackOutput, PreNormCrossBlock
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.models.plain_stack import (
    StackConfig,
    attention_sources,
    feed_forward,
    layer_norm,
    plain_stack,
)
from course_lib.models.public_checkpoint import Source, build_with_public_weights, linear, norm
from course_lib.models.whisper_config import WhisperConfig, read_whisper_config
from course_lib.models.whisper_stem import WhisperStem
from course_lib.positions import INITIAL_SPREAD, LearnedPositions


class Whisper(nn.Module):
    """An encoder of spectrograms, and a decoder of text that looks at what the encoder heard."""

    def __init__(self, cfg: WhisperConfig) -> None:
        super().__init__()
        self.cfg = cfg
        d_model = cfg.encoder.d_model
        self.stem = WhisperStem(
            n_mels=cfg.n_mels, n_positions=cfg.n_sound_positions, d_model=d_model
        )
        self.encoder = plain_stack(cfg.encoder, layer_norm(cfg.encoder))
        self.embedding = nn.Embedding(cfg.vocab_size, d_model)
        nn.init.normal_(self.embedding.weight, std=INITIAL_SPREAD)
        self.positions = LearnedPositions(cfg.max_seq_len, d_model)
        self.decoder = CrossStack(
            (whisper_cross_block(cfg.decoder) for _ in range(cfg.decoder.n_layers)),
            layer_norm(cfg.decoder),
        )

    @classmethod
    def from_pretrained(cls, folder: Path, dtype: torch.dtype = torch.float32) -> "Whisper":
        """Read a model as published on the Hugging Face hub, such as openai/whisper-tiny.

        Args:
            folder: Where its config.json and safetensors lie.
            dtype: Of the parameters.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: The settings or the weights are not those of a Whisper.
        """
        return build_with_public_weights(
            partial(cls, read_whisper_config(folder)),
            folder,
            SOURCES,
            dtype=dtype,
            optional_prefix="model.",
            ignored=("proj_out.weight",),  # a copy of the embeddings
        )

    def forward(
        self, features: Float[Tensor, "B mels frames"], token_ids: Int[Tensor, "B T"]
    ) -> Float[Tensor, "B T V"]:
        """Score the token after each position of texts, given their sounds; see `listen`."""
        return self.listen(features)(token_ids).logits

    def listen(self, features: Float[Tensor, "B mels frames"]) -> "WhisperWriter":
        """Encode sounds, and keep of them what the decoder looks at; see `encode`.

        Returns:
            A language model that writes down what was said.
        """
        return WhisperWriter(self, self.decoder.remember(self.encode(features).x))

    def encode(
        self, features: Float[Tensor, "B mels frames"], keep_weights: bool = False
    ) -> StackOutput:
        """Put each moment of the sounds in its context.

        Args:
            features: Log-mel spectrograms; see `course_lib.audio`.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: The spectrograms have another length or other bands.
        """
        context = AttentionContext(keep_weights=keep_weights)
        return self.encoder(self.stem(features), (context,) * self.cfg.encoder.n_layers)

    def score(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T V"]:
        """End the residual stream: how well each token of the vocabulary goes on."""
        return F.linear(x, self.embedding.weight)


@dataclass(frozen=True)
class WhisperWriter:
    """A Whisper that has heard sounds: the `LanguageModel` of what is said in them.

    Attributes:
        model: The Whisper.
        memory: What each layer of its decoder looks at in the sounds.
    """

    model: Whisper
    memory: Sequence[KeysValues]

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
        """Put each token in its context and its sound, without scoring the next one.

        Args:
            token_ids: The tokens of the new positions. A single sound may have any number of
                texts, as a beam search has.
            caches: What earlier calls kept, one a layer; see `LanguageModel`.
            n_padding: How many positions at the left of each sequence are padding.
            keep_weights: Whether to give the attention weights of each layer back.

        Raises:
            ValueError: There are more positions than the model has vectors for, or several sounds
                and another number of texts.
        """
        n_seen, n_new = caches[0].n_seen if caches else 0, token_ids.shape[1]
        model = self.model
        x = model.embedding(token_ids) + model.positions(n_seen, n_new, n_padding)  # B T D
        context = causal_context(
            n_seen=n_seen,
            n_queries=n_new,
            n_padding=n_padding,
            keep_weights=keep_weights,
            device=token_ids.device,
        )
        memory_context = AttentionContext(keep_weights=keep_weights)
        contexts = (context,) * len(self.memory)
        return model.decoder(x, contexts, self.memory, memory_context, caches)

    def reserve_caches(self, batch_size: int, max_seq_len: int) -> tuple[PlainCache, ...]:
        """Reserve memory for the keys and values of so many tokens, in every layer."""
        model = self.model
        shape = CacheShape.of(model.cfg.decoder.attention, batch_size, model.embedding.weight)
        return tuple(PlainCache.empty(shape, max_seq_len) for _ in self.memory)


def whisper_cross_block(cfg: StackConfig) -> PreNormCrossBlock:
    """Assemble one block of the decoder."""
    return PreNormCrossBlock(
        attention_norm=layer_norm(cfg),
        attention=AttentionLayer(cfg.attention),
        cross_attention_norm=layer_norm(cfg),
        cross_attention=AttentionLayer(cfg.attention),
        feed_forward_norm=layer_norm(cfg),
        feed_forward=feed_forward(cfg),
    )


def _stack_sources(side: str) -> dict[str, Source]:
    ours, public = f"{side}.blocks.*", f"{side}.layers.*"
    return {
        **norm(f"{ours}.attention_norm", f"{public}.self_attn_layer_norm"),
        **attention_sources(f"{ours}.attention", f"{public}.self_attn"),
        **norm(f"{ours}.feed_forward_norm", f"{public}.final_layer_norm"),
        **linear(f"{ours}.feed_forward.to_hidden", f"{public}.fc1"),
        **linear(f"{ours}.feed_forward.to_out", f"{public}.fc2"),
        **norm(f"{side}.final_norm", f"{side}.layer_norm"),
    }


_CROSS, _PUBLIC_CROSS = "decoder.blocks.*.cross_attention", "decoder.layers.*.encoder_attn"
SOURCES = {
    **linear("stem.mix_mels", "encoder.conv1"),
    **linear("stem.halve_frames", "encoder.conv2"),
    "stem.positions": Source("encoder.embed_positions.weight"),
    **_stack_sources("encoder"),
    **linear("embedding", "decoder.embed_tokens"),
    "positions.table": Source("decoder.embed_positions.weight"),
    **_stack_sources("decoder"),
    **norm(f"{_CROSS}_norm", f"{_PUBLIC_CROSS}_layer_norm"),
    **attention_sources(_CROSS, _PUBLIC_CROSS),
}
"""Where each parameter stands in a published Whisper."""
