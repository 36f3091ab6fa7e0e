"""One head's queries, keys and values over a sentence, checked and packed for the explorer.

Axes: T tokens, Dh width of queries and keys, Dv width of values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from course_lib.attention import MultiHeadOutput

N_AXES = 2  # T and Dh, or T and Dv

Matrix = Tensor | np.ndarray | Sequence[Sequence[float]]


@dataclass(frozen=True)
class ExplorerHead:
    """One head's queries, keys and values over one sentence.

    Attributes:
        label: Its name in the figure, such as "layer 1, head 3".
        q: Queries, one row a token (T, Dh).
        k: Keys, as wide as the queries (T, Dh).
        v: Values (T, Dv).
    """

    label: str
    q: Matrix
    k: Matrix
    v: Matrix


@dataclass(frozen=True)
class PackedHeads:
    """Heads as the page gets them.

    Attributes:
        qkv: q, k and v of one head after another, row by row, as little-endian float32.
        d_head: Width of queries and keys (Dh), the same for all heads.
        d_value: Width of values (Dv), the same for all heads.
    """

    qkv: bytes
    d_head: int
    d_value: int


def explorer_heads(layers: Sequence[MultiHeadOutput], batch_index: int = 0) -> list[ExplorerHead]:
    """Name every head of an encoder's layers and take out its queries, keys and values.

    Args:
        layers: What the layers computed, first layer first.
        batch_index: Which sequence of the batch to take.

    Returns:
        One `ExplorerHead` a head, layer by layer, counted from 1 as a reader counts.
    """
    return [
        ExplorerHead(f"layer {layer_number}, head {head_number}", q, k, v)
        for layer_number, layer in enumerate(layers, start=1)
        for head_number, (q, k, v) in enumerate(
            zip(
                layer.q[batch_index],
                _one_per_query_head(layer.k, layer.q)[batch_index],
                _one_per_query_head(layer.v, layer.q)[batch_index],
                strict=True,
            ),
            start=1,
        )
    ]


def pull_query(
    heads: Sequence[ExplorerHead], head: int, query: int, key: int, percent: int = 100
) -> dict[str, Any]:
    """Turn a query towards a key, as the figure's slider does for wide queries.

    Args:
        heads: The heads of the figure.
        head: Index of the head.
        query: Index of the token whose query turns.
        key: Index of the token towards whose key it turns.
        percent: How far; all the way it points along the key, as long as before.

    Returns:
        An entry for the figure's `edits`.
    """
    q, k = (_as_matrix(heads[head].label, name, getattr(heads[head], name)) for name in ("q", "k"))
    own, target = (row.astype(np.float64) for row in (q[query], k[key]))
    along = target * np.linalg.norm(own) / (np.linalg.norm(target) or 1.0)
    row = own + percent / 100 * (along - own)
    return {
        "head": head,
        "part": "q",
        "token": query,
        "row": row.tolist(),
        "toward": key,
        "percent": percent,
    }


def pack_heads(heads: Sequence[ExplorerHead], n_tokens: int) -> PackedHeads:
    """Check that the heads fit the sentence and each other, and write them as bytes.

    Args:
        heads: At least one head.
        n_tokens: Length of the sentence (T).

    Returns:
        The heads' numbers and their common widths.

    Raises:
        ValueError: There is no head, one does not fit, or a number is not finite.
    """
    if not heads:
        raise ValueError("the attention explorer needs at least one head")
    matrices = [_check_head(head, n_tokens) for head in heads]
    widths = [(q.shape[1], v.shape[1]) for q, _, v in matrices]
    for head, each in zip(heads, widths, strict=True):
        if each != widths[0]:
            raise ValueError(
                f"head “{head.label}” has widths (Dh, Dv) = {each}, the first head {widths[0]}; "
                "show heads of different widths in figures of their own"
            )
    qkv = b"".join(matrix.tobytes() for head in matrices for matrix in head)
    return PackedHeads(qkv, *widths[0])


def _one_per_query_head(
    x: Float[Tensor, "B Hkv T Dh"], q: Float[Tensor, "B H T Dh"]
) -> Float[Tensor, "B H T Dh"]:
    """Repeat shared keys or values, as `grouped_attention` does."""
    return x.repeat_interleave(q.shape[1] // x.shape[1], dim=1)


def _check_head(head: ExplorerHead, n_tokens: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return q, k and v as float32, or say what does not fit."""
    q, k, v = (_as_matrix(head.label, name, getattr(head, name)) for name in ("q", "k", "v"))
    for name, each in (("q", q), ("k", k), ("v", v)):
        if each.shape[0] != n_tokens:
            raise ValueError(
                f"{name} of head “{head.label}” has {each.shape[0]} rows for {n_tokens} tokens"
            )
    if q.shape[1] != k.shape[1]:
        raise ValueError(
            f"head “{head.label}” has queries of width {q.shape[1]} and keys of width "
            f"{k.shape[1]}; their dot product needs equal widths"
        )
    return q, k, v


def _as_matrix(label: str, name: str, values: Matrix) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    matrix = np.asarray(values, dtype="<f4")
    if matrix.ndim != N_AXES or not matrix.size:
        raise ValueError(
            f"{name} of head “{label}” must be a matrix with one row a token, got shape "
            f"{matrix.shape}"
        )
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} of head “{label}” holds a number that is not finite")
    return matrix
