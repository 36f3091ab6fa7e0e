"""The largest numbers of long rows, without comparing every number with the others.

Axes: V numbers in a row, K of them looked for, N bins.

A row is dealt out into bins, as cards are dealt to players, and only the largest number of each bin
is looked at first: a bin whose largest is too small holds nothing of interest. Taking maxima is the
cheapest pass over memory there is, and what is left to sort is short.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

# How many numbers share a bin. With more, the maxima are fewer but the bins kept hold more.
_BIN_WIDTH = 8
# Bins pay as long as those kept are at most this share of all.
_LARGEST_SHARE = 1 / 2


class Largest(NamedTuple):
    """Some numbers of each row, in falling order, as `torch.topk` returns them.

    Attributes:
        values: The numbers.
        indices: Where they stand in their row.
    """

    values: Float[Tensor, "*batch K"]
    indices: Int[Tensor, "*batch K"]


def largest(x: Float[Tensor, "*batch V"], k: int) -> Largest:
    """Find the k largest numbers of each row: `torch.topk`, faster where k is far below V.

    Each of them is the largest of its bin, or a larger one is. So they all lie in the k bins with
    the largest maxima.

    Args:
        x: The rows.
        k: How many are looked for, at most V.

    Returns:
        The numbers and their places. Which of several equal ones at the edge are returned is left
        open.
    """
    n_bins = x.shape[-1] // _BIN_WIDTH
    if k > n_bins * _LARGEST_SHARE:
        return Largest(*x.topk(k))
    bins = _bin_maxima(x, n_bins).topk(k, sorted=False).indices  # *batch K
    places = _places_in(bins, n_bins, x.shape[-1])
    found = x.gather(-1, places).topk(k)
    return Largest(found.values, places.gather(-1, found.indices))


def places_of_at_least(
    x: Float[Tensor, "*batch V"], threshold: Float[Tensor, "*batch 1"]
) -> Int[Tensor, "*batch K"]:
    """Find where numbers of at least a threshold may stand.

    Args:
        x: The rows.
        threshold: The least number of interest, for each row.

    Returns:
        The places of all such numbers, and of some others: rows have different numbers of them,
        and bins are not taken apart.
    """
    vocab_size = x.shape[-1]
    n_bins = vocab_size // _BIN_WIDTH
    maxima = _bin_maxima(x, n_bins)  # *batch N
    n_kept = int((maxima >= threshold).sum(dim=-1).max()) if n_bins else 1
    if n_kept > n_bins * _LARGEST_SHARE:
        return torch.arange(vocab_size, device=x.device).expand(x.shape)
    return _places_in(maxima.topk(n_kept, sorted=False).indices, n_bins, vocab_size)


def _bin_maxima(x: Float[Tensor, "*batch V"], n_bins: int) -> Float[Tensor, "*batch N"]:
    """Return the largest number of each bin; bin i holds the numbers at i, i + N, i + 2N, …."""
    return x[..., : n_bins * _BIN_WIDTH].unflatten(-1, (_BIN_WIDTH, n_bins)).amax(dim=-2)


def _places_in(
    bins: Int[Tensor, "*batch K"], n_bins: int, vocab_size: int
) -> Int[Tensor, "*batch Places"]:
    """Return where the numbers of some bins stand, and those left over when bins were dealt."""
    steps = torch.arange(0, n_bins * _BIN_WIDTH, n_bins, device=bins.device)
    members = (bins[..., None] + steps).flatten(-2)  # *batch K·width
    left_over = torch.arange(n_bins * _BIN_WIDTH, vocab_size, device=bins.device)
    return torch.cat([members, left_over.expand(*bins.shape[:-1], -1)], dim=-1)
