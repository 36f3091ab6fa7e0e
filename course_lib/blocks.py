"""Transformer blocks that differ in where they normalise, and the stack of them.

A block is given its parts ready-made: any attention layer, any feed-forward layer, any
normalisation.

Axes: B batch, T new positions, Tk keys, H heads, D width of the residual stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer
from course_lib.generation.language_model import LayerCache


@dataclass(frozen=True)
class BlockOutput:
    """What one block computed.

    Attributes:
        x: The residual stream after the block.
        cache: The cache with the new positions in it; None if none was given.
        weights: Share of each key, by head and query; None unless the context keeps them.
    """

    x: Float[Tensor, "B T D"]
    cache: LayerCache | None
    weights: Float[Tensor, "B H T Tk"] | None


class PreNormBlock(nn.Module):
    """Normalise what goes into each part: GPT-2, LLaMA, ViT, CLIP, the encoders of T5 and Whisper.

    Xiong et al. 2020 (arXiv:2002.04745), figure 1b.
    """

    def __init__(
        self,
        *,
        attention_norm: nn.Module,
        attention: AttentionLayer,
        feed_forward_norm: nn.Module,
        feed_forward: nn.Module,
    ) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.feed_forward_norm = feed_forward_norm
        self.feed_forward = feed_forward

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> BlockOutput:
        """Attend, then transform each position; each adds to the residual stream."""
        heads = self.attention(self.attention_norm(x), context, cache)
        x = x + heads.x
        x = x + self.feed_forward(self.feed_forward_norm(x))
        return BlockOutput(x=x, cache=heads.cache, weights=heads.weights)


class PostNormBlock(nn.Module):
    """Normalise the residual stream after each part: Vaswani et al. 2017 (arXiv:1706.03762), BERT.

    Xiong et al. 2020 (arXiv:2002.04745), figure 1a.
    """

    def __init__(
        self,
        *,
        attention: AttentionLayer,
        attention_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.attention_norm = attention_norm
        self.feed_forward = feed_forward
        self.feed_forward_norm = feed_forward_norm

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> BlockOutput:
        """Attend, then transform each position; each sum is normalised."""
        heads = self.attention(x, context, cache)
        x = self.attention_norm(x + heads.x)
        x = self.feed_forward_norm(x + self.feed_forward(x))
        return BlockOutput(x=x, cache=heads.cache, weights=heads.weights)


class SandwichNormBlock(nn.Module):
    """Normalise what goes into each part and what comes out of it: Gemma 2 (arXiv:2408.00118)."""

    def __init__(
        self,
        *,
        attention_norm: nn.Module,
        attention: AttentionLayer,
        attention_out_norm: nn.Module,
        feed_forward_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_out_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.attention_out_norm = attention_out_norm
        self.feed_forward_norm = feed_forward_norm
        self.feed_forward = feed_forward
        self.feed_forward_out_norm = feed_forward_out_norm

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> BlockOutput:
        """Attend, then transform each position; each adds a normalised row to the stream."""
        heads = self.attention(self.attention_norm(x), context, cache)
        x = x + self.attention_out_norm(heads.x)
        x = x + self.feed_forward_out_norm(self.feed_forward(self.feed_forward_norm(x)))
        return BlockOutput(x=x, cache=heads.cache, weights=heads.weights)


@dataclass(frozen=True)
class StackOutput:
    """What a stack of blocks computed.

    Attributes:
        x: The residual stream after the last block, normalised.
        caches: The caches with the new positions in them, first layer first; empty if none were
            given.
        weights: Share of each key by head and query, first layer first; empty unless the contexts
            keep them.
    """

    x: Float[Tensor, "B T D"]
    caches: tuple[LayerCache, ...]
    weights: tuple[Float[Tensor, "B H T _"], ...]


class BlockStack(nn.Module):
    """Blocks one on top of the other: an encoder, or a decoder that looks at nothing but itself.

    Which of the two it is, the contexts decide. After the last block comes `final_norm`, without
    parameters (`nn.Identity`) where blocks normalise last.
    """

    def __init__(self, blocks: Iterable[nn.Module], final_norm: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = final_norm

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        contexts: Sequence[AttentionContext],
        caches: Sequence[LayerCache] = (),
    ) -> StackOutput:
        """Pass the residual stream through all blocks.

        Args:
            x: The residual stream at the new positions.
            contexts: What each layer is told, first layer first.
            caches: What each layer kept of the positions before. Empty: nothing is kept.

        Returns:
            The residual stream, with the next caches.

        Raises:
            ValueError: There are not as many contexts or caches as blocks.
        """
        check_one_a_layer("contexts", contexts, len(self.blocks))
        check_one_a_layer("caches", caches or contexts, len(self.blocks))
        next_caches, weights = [], []
        for layer, block in enumerate(self.blocks):
            out = block(x, contexts[layer], caches[layer] if caches else None)
            x = out.x
            next_caches.append(out.cache)
            weights.append(out.weights)
        return StackOutput(
            x=self.final_norm(x),
            caches=tuple(cache for cache in next_caches if cache is not None),
            weights=tuple(share for share in weights if share is not None),
        )


def check_one_a_layer(name: str, given: Sequence[object], n_layers: int) -> None:
    """Refuse a sequence that has not one entry for each layer.

    Raises:
        ValueError: It has more or fewer.
    """
    if len(given) != n_layers:
        raise ValueError(f"{len(given)} {name} for {n_layers} layers")
