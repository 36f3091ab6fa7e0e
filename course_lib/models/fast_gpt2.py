"""GPT-2 arranged for decoding: the numbers of `gpt2.GPT2`, a few large operations a step.

What differs from the model: queries, keys and values come from one product; nothing on the way is
a module; and each matrix lies in memory as this machine multiplies a few rows with it fastest.

Axes: B batch, T new positions, D width of the residual stream, V vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_paths import fused_attention
from course_lib.blocks import PreNormBlock
from course_lib.generation.language_model import (
    LanguageModelOutput,
    LayerCache,
    last_positions,
)
from course_lib.kernels.skinny_product import SkinnyProduct, fastest_way
from course_lib.layers import FeedForward
from course_lib.models.gpt2 import GPT2, GPT2Config

MakeProduct = Callable[[Float[Tensor, "Dout Din"], Float[Tensor, " Dout"]], SkinnyProduct]
"""Makes the product of a weight and a bias as an `nn.Linear` stores them."""


@dataclass(frozen=True)
class FastBlock:
    """One block, its matrices ready to multiply.

    Attributes:
        attention_norm: Normalises what goes into the attention.
        to_qkv: Gives queries, keys and values, one after the other.
        to_out: Output projection of the attention.
        feed_forward_norm: Normalises what goes into the feed-forward layer.
        to_hidden: Widens.
        narrow: Narrows again.
    """

    attention_norm: nn.Module
    to_qkv: SkinnyProduct
    to_out: SkinnyProduct
    feed_forward_norm: nn.Module
    to_hidden: SkinnyProduct
    narrow: SkinnyProduct


class FastGPT2:
    """A `LanguageModel` with the logits of a GPT-2, for inference alone.

    It shares the model's embeddings and normalisations and holds copies of its matrices.
    """

    def __init__(self, model: GPT2, make_product: MakeProduct) -> None:
        """Arrange the weights of a model.

        Args:
            model: The model; it is left as it is.
            make_product: Makes each product: what `fast_products` gives, or `Int8Linear`.
        """
        self.cfg: GPT2Config = model.cfg
        self._scale = model.cfg.attention.scale
        self._embedding = model.embedding.weight.detach()
        self._positions = model.positions
        blocks = (cast(PreNormBlock, block) for block in model.decoder.blocks)
        self._blocks = [_arranged(block, make_product) for block in blocks]
        self._final_norm = model.decoder.final_norm
        unembedding = model.embedding if model.cfg.ties_embeddings else model.unembedding
        nothing = self._embedding.new_zeros(model.cfg.vocab_size)
        self._score = make_product(unembedding.weight.detach(), nothing)

    @torch.inference_mode()
    def __call__(
        self,
        token_ids: Int[Tensor, "B T"],
        caches: tuple[LayerCache, ...] = (),
        n_padding: Int[Tensor, " B"] | None = None,
        n_scored: int | None = None,
    ) -> LanguageModelOutput:
        """Score the token after each position, or after the last ones; see `LanguageModel`."""
        n_seen, (batch_size, n_new) = caches[0].n_seen if caches else 0, token_ids.shape
        x = F.embedding(token_ids, self._embedding) + self._positions(n_seen, n_new, n_padding)
        x = x.flatten(0, 1)  # BT D
        context = causal_context(
            n_seen=n_seen, n_queries=n_new, n_padding=n_padding, device=token_ids.device
        )
        next_caches = []
        for layer, block in enumerate(self._blocks):
            cache = caches[layer] if caches else None
            x, cache = self._block(x, block, batch_size, context, cache)
            next_caches.append(cache)
        x = last_positions(x.view(batch_size, n_new, -1), n_scored)  # B N D
        logits = self._score(self._final_norm(x).flatten(0, 1)).unflatten(0, x.shape[:2])  # B N V
        return LanguageModelOutput(logits, tuple(next_caches) if caches else ())

    def _block(
        self,
        x: Float[Tensor, "BT D"],
        block: FastBlock,
        batch_size: int,
        context: AttentionContext,
        cache: LayerCache | None,
    ) -> tuple[Float[Tensor, "BT D"], LayerCache | None]:
        """Attend, then transform each position; see `blocks.PreNormBlock`."""
        qkv = block.to_qkv(block.attention_norm(x))  # BT 3D
        heads = qkv.view(batch_size, -1, 3, self.cfg.n_heads, self.cfg.d_head)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)  # B H T Dh
        if cache is not None:
            cache, k, v = cache.append(k, v)
        mixed = fused_attention(q, k, v, context, self._scale)  # B H T Dh
        x = x + block.to_out(mixed.transpose(1, 2).reshape(x.shape))
        hidden = F.gelu(block.to_hidden(block.feed_forward_norm(x)), approximate="tanh")
        return x + block.narrow(hidden), cache


def fast_products(batch_size: int) -> MakeProduct:
    """Have each matrix multiplied as is fastest for so many rows, by a measurement a shape."""
    fastest = cache(fastest_way)

    def make(weight: Float[Tensor, "Dout Din"], bias: Float[Tensor, " Dout"]) -> SkinnyProduct:
        d_out, d_in = weight.shape
        return fastest(d_in, d_out, batch_size, weight.dtype).of(weight, bias)

    return make


def _arranged(block: PreNormBlock, make: MakeProduct) -> FastBlock:
    """Take a block apart and make its products."""
    attention, feed_forward = block.attention, cast(FeedForward, block.feed_forward)
    projections = (attention.to_q, attention.to_k, attention.to_v)
    return FastBlock(
        attention_norm=block.attention_norm,
        to_qkv=make(
            torch.cat([projection.weight.detach() for projection in projections]),
            torch.cat([projection.bias.detach() for projection in projections]),
        ),
        to_out=_made(attention.to_out, make),
        feed_forward_norm=block.feed_forward_norm,
        to_hidden=_made(feed_forward.to_hidden, make),
        narrow=_made(feed_forward.to_out, make),
    )


def _made(linear: nn.Linear, make: MakeProduct) -> SkinnyProduct:
    return make(linear.weight.detach(), linear.bias.detach())
