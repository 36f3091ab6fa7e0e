"""The decoder of `course_lib.decoder` with one part of every block taken away or moved.

Dong et al. 2021 (arXiv:2103.03404) work out what becomes of attention without the residuals and
the feed-forward layers.

Axes: B batch, T positions, D width of the residual stream.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer
from course_lib.blocks import BlockOutput, PostNormBlock, PreNormBlock
from course_lib.decoder import NORM_EPS, Decoder, DecoderConfig
from course_lib.generation.language_model import LayerCache
from course_lib.layers import FeedForward
from course_lib.normalisation import FusedLayerNorm


class SilentLayer(nn.Module):
    """Stands where a feed-forward layer was, and adds nothing to the stream."""

    def forward(self, x: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch D"]:
        """Give zeros of the same shape."""
        return torch.zeros_like(x)


class NoResidualBlock(PreNormBlock):
    """A `PreNormBlock` that hands on only what its parts compute, and not what they read."""

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        context: AttentionContext,
        cache: LayerCache | None = None,
    ) -> BlockOutput:
        """Attend, then transform each position; nothing is added to anything."""
        heads = self.attention(self.attention_norm(x), context, cache)
        x = self.feed_forward(self.feed_forward_norm(heads.x))
        return BlockOutput(x=x, cache=heads.cache, weights=heads.weights)


def build_variant(kind: str, cfg: DecoderConfig, generator: torch.Generator) -> Decoder:
    """Build an untrained decoder whose blocks are of one kind.

    Every matrix begins with a spread of one over the root of the width that it reads, whatever the
    kind, so that what is compared is the block and not its first weights.

    Args:
        kind: One of `VARIANTS`.
        cfg: Sizes of the decoder.
        generator: Where the weights come from.

    Returns:
        The decoder. Where blocks normalise last, it has no final norm; else it keeps it.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in VARIANTS:
        raise ValueError(f"there is no variant {kind!r}; there are {', '.join(VARIANTS)}")
    model = Decoder(cfg, generator)
    model.blocks = nn.ModuleList(VARIANTS[kind](cfg) for _ in range(cfg.n_layers))
    if kind == "post-norm":
        model.register_module("final_norm", nn.Identity())
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=generator)
    return model


def _norm(cfg: DecoderConfig) -> FusedLayerNorm:
    return FusedLayerNorm(cfg.d_model, NORM_EPS)


def _attention(cfg: DecoderConfig) -> AttentionLayer:
    return AttentionLayer(cfg.attention)


def _feed_forward(cfg: DecoderConfig) -> FeedForward:
    # Without biases every number that a part adds comes from what the part reads.
    return FeedForward(cfg.d_model, cfg.d_ff, has_bias=False)


def _whole(cfg: DecoderConfig) -> nn.Module:
    return PreNormBlock(
        attention_norm=_norm(cfg),
        attention=_attention(cfg),
        feed_forward_norm=_norm(cfg),
        feed_forward=_feed_forward(cfg),
    )


def _no_residual(cfg: DecoderConfig) -> nn.Module:
    return NoResidualBlock(
        attention_norm=_norm(cfg),
        attention=_attention(cfg),
        feed_forward_norm=_norm(cfg),
        feed_forward=_feed_forward(cfg),
    )


def _no_norm(cfg: DecoderConfig) -> nn.Module:
    return PreNormBlock(
        attention_norm=nn.Identity(),
        attention=_attention(cfg),
        feed_forward_norm=nn.Identity(),
        feed_forward=_feed_forward(cfg),
    )


def _no_feed_forward(cfg: DecoderConfig) -> nn.Module:
    return PreNormBlock(
        attention_norm=_norm(cfg),
        attention=_attention(cfg),
        feed_forward_norm=nn.Identity(),
        feed_forward=SilentLayer(),
    )


def _post_norm(cfg: DecoderConfig) -> nn.Module:
    return PostNormBlock(
        attention=_attention(cfg),
        attention_norm=_norm(cfg),
        feed_forward=_feed_forward(cfg),
        feed_forward_norm=_norm(cfg),
    )


VARIANTS: Mapping[str, Callable[[DecoderConfig], nn.Module]] = MappingProxyType(
    {
        "whole": _whole,
        "no residual": _no_residual,
        "no norm": _no_norm,
        "no feed-forward": _no_feed_forward,
        "post-norm": _post_norm,
    }
)
"""How a block of each kind is made."""
