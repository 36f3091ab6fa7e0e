"""Two ways to compute one attention: in a fused kernel, and step by step.

Axes: B batch, Tq queries, Tk keys, H query heads, Hkv key/value heads, Dh width of a head.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.attention import AttentionOutput, masked_softmax
from course_lib.attention_context import AttentionContext
from course_lib.masks import causal_mask


def soft_cap(scores: Float[Tensor, "*any"], cap: float) -> Float[Tensor, "*any"]:
    """Keep scores within ±`cap`, smoothly: small ones stay, large ones bend.

    Implements Gemma Team 2024 (arXiv:2408.00118), section 2.

    Args:
        scores: Scores or logits.
        cap: The bound, in the unit of the scores.

    Returns:
        The scores, bent.
    """
    return cap * torch.tanh(scores / cap)


def fused_attention(
    q: Float[Tensor, "B H Tq Dh"],
    k: Float[Tensor, "B Hkv Tk Dh"],
    v: Float[Tensor, "B Hkv Tk Dh"],
    context: AttentionContext,
    scale: float,
) -> Float[Tensor, "B H Tq Dh"]:
    """Attend in torch's own kernel, which never writes the scores to memory.

    Args:
        q: Queries by head.
        k: Keys by key/value head.
        v: Values by key/value head.
        context: Which keys may be seen, and what is added to their scores.
        scale: Factor on the dot products.

    Returns:
        One mixture of values per head and query: the `values` of `explicit_attention`.

    Raises:
        ValueError: The context is causal without a mask, and there are more keys than queries.
    """
    _check_square(q, k, context)
    return F.scaled_dot_product_attention(
        q,
        k,
        v,
        attn_mask=_last_keys(context.kernel_mask, k),
        is_causal=context.is_causal,
        scale=scale,
        enable_gqa=q.shape[1] != k.shape[1],
    )


def explicit_attention(
    q: Float[Tensor, "B H Tq Dh"],
    k: Float[Tensor, "B Hkv Tk Dh"],
    v: Float[Tensor, "B Hkv Tk Dh"],
    context: AttentionContext,
    scale: float,
    score_cap: float | None = None,
) -> AttentionOutput:
    """Attend step by step, for those who ask for the weights or bend the scores.

    Args:
        q: Queries by head.
        k: Keys by key/value head.
        v: Values by key/value head.
        context: Which keys may be seen, and what is added to their scores.
        scale: Factor on the dot products.
        score_cap: Bound on the scores before the bias. None: no bound.

    Returns:
        The mixtures, weights and scores by query head.

    Raises:
        ValueError: The context is causal without a mask, and there are more keys than queries.
    """
    _check_square(q, k, context)
    n_queries_per_kv = q.shape[1] // k.shape[1]
    k = k.repeat_interleave(n_queries_per_kv, dim=1)  # B H Tk Dh
    v = v.repeat_interleave(n_queries_per_kv, dim=1)
    scores = (q * scale) @ k.mT  # B H Tq Tk
    if score_cap is not None:
        scores = soft_cap(scores, score_cap)
    bias, mask = _last_keys(context.bias, k), _last_keys(context.mask, k)
    if bias is not None:
        scores = scores + bias
    if context.is_causal:
        mask = causal_mask(q.shape[2], k.shape[2], q.device)
    weights = masked_softmax(scores, mask)
    return AttentionOutput(values=weights @ v, weights=weights, scores=scores)


def _check_square(
    q: Float[Tensor, "B H Tq Dh"], k: Float[Tensor, "B Hkv Tk Dh"], context: AttentionContext
) -> None:
    """Refuse what torch's kernel would take for a mask that starts at the first key."""
    if context.is_causal and q.shape[2] != k.shape[2]:
        raise ValueError(f"is_causal=True, but {q.shape[2]} queries and {k.shape[2]} keys")


def _last_keys(
    table: Bool[Tensor, "*any"] | Float[Tensor, "*any"] | None, k: Float[Tensor, "B Hkv Tk Dh"]
) -> Tensor | None:
    """Cut a mask or bias to the keys that a cache has kept."""
    n_keys = k.shape[2]
    return table if table is None or table.shape[-1] <= n_keys else table[..., -n_keys:]
