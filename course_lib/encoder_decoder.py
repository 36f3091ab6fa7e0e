"""A decoder that also looks at another sequence, and an encoder–decoder.

The other sequence is called the memory: an encoder's output, whose keys and values are computed
once and looked at by every new position.

Axes: B batch, T new positions, Tk keys, Ts positions of the memory, H heads, D width of the
residual stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer, KeysValues
from course_lib.blocks import BlockStack, StackOutput, check_one_a_layer
from course_lib.generation.language_model import LayerCache


@dataclass(frozen=True)
class CrossBlockOutput:
    """What one block with cross-attention computed.

    Attributes:
        x: The residual stream after the block.
        cache: The cache with the new positions in it; None if none was given.
        weights: Share of each key of the same sequence; None unless the context keeps them.
        memory_weights: Share of each position of the memory; None unless its context keeps them.
    """

    x: Float[Tensor, "B T D"]
    cache: LayerCache | None
    weights: Float[Tensor, "B H T Tk"] | None
    memory_weights: Float[Tensor, "B H T Ts"] | None


class PreNormCrossBlock(nn.Module):
    """A `PreNormBlock` that looks at a memory in between: the decoders of T5 and Whisper."""

    def __init__(
        self,
        *,
        attention_norm: nn.Module,
        attention: AttentionLayer,
        cross_attention_norm: nn.Module,
        cross_attention: AttentionLayer,
        feed_forward_norm: nn.Module,
        feed_forward: nn.Module,
    ) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.cross_attention_norm = cross_attention_norm
        self.cross_attention = cross_attention
        self.feed_forward_norm = feed_forward_norm
        self.feed_forward = feed_forward

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        memory: KeysValues,
        memory_context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> CrossBlockOutput:
        """Attend to one's own sequence, then to the memory, then transform each position."""
        heads = self.attention(self.attention_norm(x), context, cache)
        x = x + heads.x
        found, memory_weights = self.cross_attention.look_at(
            self.cross_attention_norm(x), memory, memory_context
        )
        x = x + found
        x = x + self.feed_forward(self.feed_forward_norm(x))
        return CrossBlockOutput(x, heads.cache, heads.weights, memory_weights)


class PostNormCrossBlock(nn.Module):
    """A `PostNormBlock` that looks at a memory in between.

    Vaswani et al. 2017 (arXiv:1706.03762), figure 1, on the right.
    """

    def __init__(
        self,
        *,
        attention: AttentionLayer,
        attention_norm: nn.Module,
        cross_attention: AttentionLayer,
        cross_attention_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_norm = attention_norm
        self.cross_attention = cross_attention
        self.cross_attention_norm = cross_attention_norm
        self.feed_forward = feed_forward
        self.feed_forward_norm = feed_forward_norm

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        memory: KeysValues,
        memory_context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> CrossBlockOutput:
        """Attend to one's own sequence, then to the memory, then transform each position."""
        heads = self.attention(x, context, cache)
        x = self.attention_norm(x + heads.x)
        found, memory_weights = self.cross_attention.look_at(x, memory, memory_context)
        x = self.cross_attention_norm(x + found)
        x = self.feed_forward_norm(x + self.feed_forward(x))
        return CrossBlockOutput(x, heads.cache, heads.weights, memory_weights)


@dataclass(frozen=True)
class CrossStackOutput(StackOutput):
    """What a stack of blocks with cross-attention computed.

    Attributes:
        memory_weights: Share of each position of the memory by head and query, first layer first;
            empty unless the memory's context keeps them.
    """

    memory_weights: tuple[Float[Tensor, "B H T Ts"], ...]


class CrossStack(nn.Module):
    """Blocks with cross-attention, one on top of the other: the decoder of an encoder–decoder."""

    def __init__(
        self, blocks: Iterable[PreNormCrossBlock | PostNormCrossBlock], final_norm: nn.Module
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = final_norm

    def remember(self, memory: Float[Tensor, "B Ts D"]) -> tuple[KeysValues, ...]:
        """Compute what each layer looks at in the memory: once, for all positions to come."""
        layers = [cast(AttentionLayer, block.cross_attention) for block in self.blocks]
        return tuple(layer.keys_and_values(memory) for layer in layers)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        contexts: Sequence[AttentionContext],
        memory: Sequence[KeysValues],
        memory_context: AttentionContext,
        caches: Sequence[LayerCache] = (),
    ) -> CrossStackOutput:
        """Pass the residual stream through all blocks.

        Args:
            x: The residual stream at the new positions.
            contexts: What each layer is told of its own sequence, first layer first.
            memory: What `remember` gave, of as many sequences, or of a single one for all.
            memory_context: Which positions of the memory may be seen.
            caches: What each layer kept of the positions before. Empty: nothing is kept.

        Returns:
            The residual stream, with the next caches.

        Raises:
            ValueError: There are not as many contexts, memories or caches as blocks, or memories
                of several sequences and not of as many.
        """
        check_one_a_layer("contexts", contexts, len(self.blocks))
        check_one_a_layer("memories", memory, len(self.blocks))
        check_one_a_layer("caches", caches or contexts, len(self.blocks))
        layers = []
        for layer, block in enumerate(self.blocks):
            cache = caches[layer] if caches else None
            seen = _for_each(memory[layer], x.shape[0])
            layers.append(block(x, contexts[layer], seen, memory_context, cache))
            x = layers[-1].x
        return CrossStackOutput(
            x=self.final_norm(x),
            caches=tuple(out.cache for out in layers if out.cache is not None),
            weights=tuple(out.weights for out in layers if out.weights is not None),
            memory_weights=tuple(
                out.memory_weights for out in layers if out.memory_weights is not None
            ),
        )


class EncoderDecoder(nn.Module):
    """Read one sequence with an encoder, and write another with a decoder that looks at it."""

    def __init__(self, encoder: BlockStack, decoder: CrossStack) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def read(
        self, source: Float[Tensor, "B Ts D"], contexts: Sequence[AttentionContext]
    ) -> tuple[KeysValues, ...]:
        """Encode a sequence, and keep of it what the decoder looks at."""
        return self.decoder.remember(self.encoder(source, contexts).x)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        contexts: Sequence[AttentionContext],
        memory: Sequence[KeysValues],
        memory_context: AttentionContext,
        caches: Sequence[LayerCache] = (),
    ) -> CrossStackOutput:
        """Decode new positions of the sequence that is written; see `CrossStack`."""
        return self.decoder(x, contexts, memory, memory_context, caches)


def _for_each(memory: KeysValues, batch_size: int) -> KeysValues:
    """Let all sequences look at a single memory, or each at its own."""
    n_memories = memory.k.shape[0]
    if n_memories not in (1, batch_size):
        raise ValueError(f"{batch_size} sequences cannot look at the memories of {n_memories}")
    sizes = (batch_size, -1, -1, -1)
    return KeysValues(memory.k.expand(sizes), memory.v.expand(sizes))
