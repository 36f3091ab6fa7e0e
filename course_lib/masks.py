"""Which keys a query may look at: the past, a window of it, and tokens but not padding.

Axes: B batch, Tq queries, Tk keys. Masks are boolean, True where a query may look at a key. The
queries are the last of the positions that the keys stand for, as they are while a model generates
token after token.
"""

from functools import reduce

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def causal_mask(
    n_queries: int, n_keys: int, device: torch.device | None = None
) -> Bool[Tensor, "{n_queries} {n_keys}"]:
    """Let each query look at its own position and at all before it.

    Args:
        n_queries: How many positions ask, the last ones.
        n_keys: How many positions there are.
        device: Where to make the mask.

    Returns:
        One row per query; the last one sees every key.

    Raises:
        ValueError: There are more queries than positions.
    """
    return _n_behind(n_queries, n_keys, device) >= 0


def sliding_window_mask(
    n_queries: int, n_keys: int, window: int, device: torch.device | None = None
) -> Bool[Tensor, "{n_queries} {n_keys}"]:
    """Let each query look at its own position and at the few before it.

    The window of Beltagy et al. 2020 (arXiv:2004.05150), on its causal side, as Jiang et al. 2023
    (arXiv:2310.06825) use it in Mistral 7B.

    Args:
        n_queries: How many positions ask, the last ones.
        n_keys: How many positions there are.
        window: How many positions a query sees, its own among them.
        device: Where to make the mask.

    Returns:
        One row per query, with at most `window` keys in it.

    Raises:
        ValueError: There are more queries than positions, or the window holds none.
    """
    if window < 1:
        raise ValueError(f"a window must hold at least one position, got {window}")
    n_behind = _n_behind(n_queries, n_keys, device)
    return (n_behind >= 0) & (n_behind < window)


def left_padding_mask(n_padding: Int[Tensor, " B"], n_keys: int) -> Bool[Tensor, "B 1 1 {n_keys}"]:
    """Hide the padding that stands before the tokens of each sequence.

    Args:
        n_padding: How many positions at the left of each sequence are padding.
        n_keys: How many positions each row of the batch has.

    Returns:
        For each sequence the keys that anybody may look at.
    """
    positions = torch.arange(n_keys, device=n_padding.device)
    return positions >= n_padding[:, None, None, None]


def right_padding_mask(n_tokens: Int[Tensor, " B"], n_keys: int) -> Bool[Tensor, "B 1 1 {n_keys}"]:
    """Hide the padding that stands behind the tokens of each sequence.

    Args:
        n_tokens: How many positions of each sequence are tokens; they are the first ones.
        n_keys: How many positions each row of the batch has.

    Returns:
        For each sequence the keys that anybody may look at.
    """
    positions = torch.arange(n_keys, device=n_tokens.device)
    return positions < n_tokens[:, None, None, None]


def combine_masks(*masks: Bool[Tensor, "..."] | None) -> Bool[Tensor, "..."] | None:
    """Let a query look at a key only where every mask does.

    Args:
        masks: Masks that broadcast to one another. None hides nothing.

    Returns:
        One mask in place of all, or None when nothing is hidden.
    """
    given = [mask for mask in masks if mask is not None]
    return reduce(torch.logical_and, given) if given else None


def _n_behind(
    n_queries: int, n_keys: int, device: torch.device | None
) -> Int[Tensor, "{n_queries} {n_keys}"]:
    """How many positions each key lies behind each query; negative where it lies ahead."""
    if n_queries > n_keys:
        raise ValueError(f"{n_queries} queries cannot be the last of {n_keys} positions")
    keys = torch.arange(n_keys, device=device)
    queries = keys[n_keys - n_queries :]
    return queries[:, None] - keys
