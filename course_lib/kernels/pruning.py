"""Take whole heads out of an attention layer: less to store and to compute, unlike silencing them.

Axes: H query heads, Hkv key/value heads, D width of the residual stream, Dh width of a head.
"""

import copy
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor, nn

from course_lib.attention import MultiHeadAttention
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig


@dataclass(frozen=True)
class PrunedAttention:
    """A layer with fewer heads.

    Attributes:
        layer: The layer.
        n_parameters_saved: How many parameters it has less than the layer it was made from.
    """

    layer: AttentionLayer
    n_parameters_saved: int


def without_heads(
    layer: MultiHeadAttention | AttentionLayer, heads: Iterable[int]
) -> PrunedAttention:
    """Return a smaller layer that computes what the layer would if some heads gave 0.

    Implements the pruning of Michel et al. 2019 (arXiv:1905.10650); which heads to take is left to
    the caller. A key/value head goes with the last query head that it serves.

    Args:
        layer: The layer; it is left as it is.
        heads: The query heads to take out, counted from 0.

    Returns:
        The smaller layer, and what it saves.

    Raises:
        ValueError: There is no such head, or none would be left, or those left could not be
            shared out evenly among the key/value heads left.
    """
    cfg = layer.cfg
    kept, kept_kv = _kept(set(heads), cfg.n_heads, cfg.n_kv_heads)
    is_general = isinstance(layer, AttentionLayer)
    smaller_cfg = AttentionLayerConfig(
        d_model=cfg.d_model,
        n_heads=len(kept),
        n_kv_heads=len(kept_kv),
        d_head=cfg.d_head,
        scale=layer.cfg.scale if is_general else 1.0 / math.sqrt(cfg.d_head),
        score_cap=layer.cfg.score_cap if is_general else None,
        q_bias=layer.to_q.bias is not None,
        k_bias=layer.to_k.bias is not None,
        v_bias=layer.to_v.bias is not None,
        out_bias=layer.to_out.bias is not None,
    )
    with torch.device("meta"):  # no memory, and no random numbers: every projection is replaced
        smaller = AttentionLayer(smaller_cfg)
    if is_general:
        smaller.q_norm, smaller.k_norm = copy.deepcopy((layer.q_norm, layer.k_norm))
    rows, kv_rows = _components(kept, cfg.d_head), _components(kept_kv, cfg.d_head)
    smaller.to_q = _outputs_of(layer.to_q, rows)
    smaller.to_k = _outputs_of(layer.to_k, kv_rows)
    smaller.to_v = _outputs_of(layer.to_v, kv_rows)
    smaller.to_out = _inputs_of(layer.to_out, rows)
    return PrunedAttention(smaller, _n_parameters(layer) - _n_parameters(smaller))


def _kept(removed: set[int], n_heads: int, n_kv_heads: int) -> tuple[list[int], list[int]]:
    """Return the query heads and the key/value heads that are left."""
    if unknown := sorted(removed - set(range(n_heads))):
        raise ValueError(f"there is no head {unknown[0]}: the layer has {n_heads}, counted from 0")
    kept = [head for head in range(n_heads) if head not in removed]
    if not kept:
        raise ValueError(f"a layer needs a head, and all {n_heads} would be taken out")
    served = Counter(head // (n_heads // n_kv_heads) for head in kept)
    if len(set(served.values())) > 1:
        raise ValueError(
            f"heads {kept} would be left, {list(served.values())} for each key/value head; "
            "each must serve as many as the others, or none"
        )
    return kept, sorted(served)


def _components(heads: list[int], d_head: int) -> Int[Tensor, " HDh"]:
    """Return where the components of some heads lie when all heads stand one after the other."""
    return (torch.tensor(heads)[:, None] * d_head + torch.arange(d_head)).flatten()


def _outputs_of(linear: nn.Linear, rows: Int[Tensor, " n"]) -> nn.Linear:
    """Return a projection to some of the outputs of another."""
    bias = None if linear.bias is None else linear.bias[rows]
    return _linear(linear.weight[rows], bias)


def _inputs_of(linear: nn.Linear, columns: Int[Tensor, " n"]) -> nn.Linear:
    """Return a projection from some of the inputs of another."""
    return _linear(linear.weight[:, columns], linear.bias)


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """Return a projection with a weight that is already a copy, and a copy of a bias."""
    d_out, d_in = weight.shape
    linear = nn.Linear(d_in, d_out, bias=bias is not None, device="meta")
    linear.weight = nn.Parameter(weight.detach())
    if bias is not None:
        linear.bias = nn.Parameter(bias.detach().clone())
    return linear


def _n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
