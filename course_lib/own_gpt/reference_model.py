"""The model that stands in for a learner's: a block and a GPT by torch's own fused attention.

Axes: B texts, T new tokens, D width of the stream, H heads of width Dh, V vocabulary.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.attention import merge_heads, split_heads
from course_lib.layers import gated
from course_lib.masks import causal_mask
from course_lib.own_gpt.parameters import NORM_EPS, Params, Past, params_of_block
from course_lib.rotary import rotary_frequencies, rotate_interleaved

ROTARY_BASE = 10_000.0


def reference_block(
    x: Float[Tensor, "B T D"],
    params: Params,
    past: tuple[Tensor, Tensor],
    n_heads: int,
    parts: object = None,
) -> tuple[Float[Tensor, "B T D"], tuple[Tensor, Tensor]]:
    """Attend to the past and to the new tokens, then transform each position.

    The order of LLaMA's block: Touvron et al. 2023 (arXiv:2302.13971), section 2.2.

    Args:
        x: The residual stream of the new tokens.
        params: Of this block, under their short names.
        past: Its keys and values of the tokens before.
        n_heads: Number of heads.
        parts: Not used; a learner's block takes its steps from there.

    Returns:
        The stream after the block, and the keys and values with the new ones behind.
    """
    normed = F.rms_norm(x, x.shape[-1:], params["attention_norm"], NORM_EPS)
    made = normed @ torch.cat([params["W_q"], params["W_k"], params["W_v"]], dim=1)
    q, k, v = (split_heads(one, n_heads) for one in made.chunk(3, dim=-1))  # B H T Dh
    q, k = _turned(q, k, past[0].shape[2])
    grown = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
    mask = causal_mask(q.shape[2], grown[0].shape[2], x.device)
    mixed = merge_heads(F.scaled_dot_product_attention(q, *grown, attn_mask=mask))
    stream = torch.addmm(x.flatten(0, 1), mixed.flatten(0, 1), params["W_o"]).view_as(x)
    normed = F.rms_norm(stream, x.shape[-1:], params["feed_forward_norm"], NORM_EPS)
    widened = params["W_gate"], params["W_up"], params["W_down"]
    return stream + gated(normed, *widened, activation=F.silu), grown


def reference_gpt(
    token_ids: Int[Tensor, "B T"],
    params: Params,
    past: Past,
    n_heads: int,
    parts: object = None,
) -> tuple[Float[Tensor, "B T V"], Past]:
    """Score the token behind each new token; the embedding is the output's matrix too.

    Args:
        token_ids: The new tokens.
        params: All parameters.
        past: Keys and values of the tokens before, a pair for each block.
        n_heads: Number of heads.
        parts: Not used; see `reference_block`.

    Returns:
        One score a token of the vocabulary, and the past with the new tokens behind.
    """
    stream, kept = F.embedding(token_ids, params["embedding"]), []
    for layer in range(len(past)):
        own = params_of_block(params, layer)
        stream, pair = reference_block(stream, own, past[layer], n_heads)
        kept.append(pair)
    stream = F.rms_norm(stream, stream.shape[-1:], params["final_norm"], NORM_EPS)
    return nn.functional.linear(stream, params["embedding"]), kept


def _turned(q: Tensor, k: Tensor, n_before: int) -> tuple[Tensor, Tensor]:
    """Turn queries and keys by where they stand."""
    places = torch.arange(n_before, n_before + q.shape[2], device=q.device).double()
    angles = torch.outer(places, rotary_frequencies(q.shape[3], ROTARY_BASE, device=q.device))
    cos, sin = angles.cos().to(q), angles.sin().to(q)
    return rotate_interleaved(q, cos, sin), rotate_interleaved(k, cos, sin)
