"""The filters and the sampler of `sampling`, for large vocabularies.

Axes: B batch, T tokens so far, V vocabulary, K candidates.

Sorting fifty thousand logits costs more than everything else, and so does a random number for each
of them. The candidates are therefore cut out first, and a draw is one random number a row.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.generation.largest import largest, places_of_at_least
from course_lib.generation.sampling import (
    SamplingConfig,
    keep_min_p,
    penalise_repetition,
    scale_by_temperature,
    summing_dtype,
)

# How many of the most probable tokens are looked at first in search of top-p's edge. Peaked
# distributions have it there, and finding so few costs hardly more than finding the largest.
_FIRST_WINDOW = 64
# By how much the window is widened at least when the edge lies beyond it.
_WIDENING = 4
# A window larger than this share of the vocabulary costs as much as sorting all of it.
_LARGEST_SHARE = 1 / 8


@dataclass(frozen=True)
class Candidates:
    """Some tokens of each row, among them all that may be drawn.

    Attributes:
        token_ids: Which tokens they are.
        logits: Their scores, -inf for those that may not be drawn.
    """

    token_ids: Int[Tensor, "*batch K"]
    logits: Float[Tensor, "*batch K"]

    def spread(self, vocab_size: int) -> Float[Tensor, "*batch {vocab_size}"]:
        """Return the logits of the whole vocabulary, as the filters of `sampling` do."""
        shape = (*self.logits.shape[:-1], vocab_size)
        # Written in place: a second copy of so large a tensor would double the cost.
        return self.logits.new_full(shape, -torch.inf).scatter_(-1, self.token_ids, self.logits)


def top_k_candidates(logits: Float[Tensor, "*batch V"], k: int) -> Candidates:
    """Find what `sampling.keep_top_k` keeps, in falling order; see there."""
    top = largest(logits, min(k, logits.shape[-1]))
    return Candidates(token_ids=top.indices, logits=top.values)


def top_p_candidates(logits: Float[Tensor, "*batch V"], p: float) -> Candidates:
    """Find what `sampling.keep_top_p` keeps, looking no further down than need be.

    Sums are rounded in another order, so where the mass comes within rounding of `p` the two may
    differ by the token at the edge.

    Args:
        logits: One score per token.
        p: The share of the mass to reach, in (0, 1].

    Returns:
        As many tokens as the row that needs most of them needs, in falling order.
    """
    vocab_size = logits.shape[-1]
    probs = logits.softmax(dim=-1, dtype=summing_dtype(logits.dtype))
    window = min(_FIRST_WINDOW, vocab_size)
    while True:
        mass, token_ids = largest(probs, window)  # *batch K
        reached = mass.cumsum(dim=-1)
        missing = p - reached[..., -1]
        if window == vocab_size or (missing <= 0).all():
            kept = logits.gather(-1, token_ids).masked_fill(reached - mass >= p, -torch.inf)
            return Candidates(token_ids=token_ids, logits=kept)
        # No token further down is more probable than the last one here.
        n_missing = (missing / mass[..., -1]).max().item()
        window = max(window * _WIDENING, window + min(n_missing, vocab_size))
        window = vocab_size if window > vocab_size * _LARGEST_SHARE else math.ceil(window)


def min_p_candidates(logits: Float[Tensor, "*batch V"], min_p: float) -> Candidates:
    """Find what `sampling.keep_min_p` keeps; see there. `min_p` is above 0."""
    least = logits.amax(dim=-1, keepdim=True) + math.log(min_p)  # *batch 1
    token_ids = places_of_at_least(logits, least)
    kept = logits.gather(-1, token_ids)
    return Candidates(token_ids=token_ids, logits=kept.masked_fill(kept < least, -torch.inf))


def find_candidates(logits: Float[Tensor, "B V"], cfg: SamplingConfig) -> Candidates:
    """Find what the filters of a config keep; its penalty is left aside.

    Args:
        logits: One score per token.
        cfg: What may be drawn.

    Returns:
        The candidates; the whole vocabulary where nothing is cut.
    """
    if cfg.temperature == 0:
        best = logits.max(dim=-1, keepdim=True)
        return Candidates(token_ids=best.indices, logits=best.values)
    if cfg.top_k is not None:
        # No temperature changes the order, so that only the k need to be divided by it.
        top = top_k_candidates(logits, cfg.top_k)
        falling = scale_by_temperature(top.logits, cfg.temperature)
        return Candidates(token_ids=top.token_ids, logits=_cut_further(falling, cfg))
    scaled = scale_by_temperature(logits, cfg.temperature)
    if cfg.top_p < 1:
        top = top_p_candidates(scaled, cfg.top_p)
        return Candidates(token_ids=top.token_ids, logits=keep_min_p(top.logits, cfg.min_p))
    if cfg.min_p > 0:
        return min_p_candidates(scaled, cfg.min_p)
    everything = torch.arange(logits.shape[-1], device=logits.device).expand_as(logits)
    return Candidates(token_ids=everything, logits=scaled)


def draw_place(logits: Float[Tensor, "B K"], generator: torch.Generator) -> Int[Tensor, " B"]:
    """Draw one candidate a row, with one random number a row.

    The candidates share out the interval from 0 to 1 by their probabilities; the random number
    falls into the share of one of them.

    Args:
        logits: One score per candidate.
        generator: Where the randomness comes from; it is on the device of the logits.

    Returns:
        The place of the candidate drawn.
    """
    # Sums of many small shares lose the smallest in float32; Apple's GPUs have nothing wider.
    dtype = torch.float32 if logits.device.type == "mps" else torch.float64
    upper_ends = logits.softmax(dim=-1, dtype=dtype).cumsum(dim=-1)  # B K
    total = upper_ends[:, -1:]
    share = torch.rand(total.shape, dtype=dtype, device=logits.device, generator=generator)
    # Rounding could make the product the total itself, which lies in nobody's share.
    where = (share * total).minimum(total.nextafter(torch.zeros_like(total)))  # B 1
    return torch.searchsorted(upper_ends, where, right=True).squeeze(-1)


@dataclass(frozen=True)
class FastSampler:
    """Draw with the distribution of `sampling.Sampler`; see there for the attributes."""

    cfg: SamplingConfig
    generator: torch.Generator

    def __call__(
        self,
        logits: Float[Tensor, "B V"],
        token_ids: Int[Tensor, "B T"],
        n_padding: Int[Tensor, " B"] | None = None,
    ) -> Int[Tensor, " B"]:
        """Draw the next token of each row, after the text in `token_ids`."""
        cfg = self.cfg
        if cfg.repetition_penalty != 1:
            logits = penalise_repetition(logits, token_ids, cfg.repetition_penalty, n_padding)
        candidates = find_candidates(logits, cfg)
        if candidates.token_ids.shape[-1] == 1:
            return candidates.token_ids.squeeze(-1)
        place = draw_place(candidates.logits, self.generator)  # B
        return candidates.token_ids.gather(-1, place[:, None]).squeeze(-1)


def _cut_further(falling: Float[Tensor, "B K"], cfg: SamplingConfig) -> Float[Tensor, "B K"]:
    """Apply top-p and min-p to logits in falling order, which need no sorting."""
    if cfg.top_p < 1:
        probs = falling.softmax(dim=-1, dtype=summing_dtype(falling.dtype))
        mass_before = probs.cumsum(dim=-1) - probs
        falling = falling.masked_fill(mass_before >= cfg.top_p, -torch.inf)
    return keep_min_p(falling, cfg.min_p)
