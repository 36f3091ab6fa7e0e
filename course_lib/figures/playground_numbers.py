"""What the sampling playground shows of one prompt, computed with `course_lib.generation.sampling`.

Axes: V tokens that may come next, S tokens of the text so far.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.generation.sampling import (
    SamplingConfig,
    filter_logits,
    penalise_repetition,
    scale_by_temperature,
)

# Where tokens are equally probable, whether a limit is met is often left to the last bit of a sum:
# 18 of 20 hold 0.9. A share that meets a limit but for this much has met it, here and in the page.
ROUNDING = 1e-9

KEPT = ""
"""What stands in place of a rule for a token that may be drawn."""


@dataclass(frozen=True)
class PlaygroundNumbers:
    """All that the figure shows of one prompt, in the order of its tokens.

    Attributes:
        tokens: The tokens, by falling logit.
        raw: Their probabilities as the model gives them.
        probs: Their probabilities once penalty, temperature and filters have been at work.
        cut_by: The rule that cut each token off, "temperature", "top-k", "top-p" or "min-p"; empty
            for those that may be drawn. Of equals at an edge the first stay.
        kept_after: How many tokens each of these rules, in this order, has left.
    """

    tokens: tuple[str, ...]
    raw: Float[Tensor, " V"]
    probs: Float[Tensor, " V"]
    cut_by: tuple[str, ...]
    kept_after: Mapping[str, int]

    @property
    def n_kept(self) -> int:
        """How many tokens may be drawn."""
        return self.cut_by.count(KEPT)

    @property
    def entropies(self) -> tuple[float, float]:
        """Entropy in nats, raw and now."""
        return _entropy(self.raw), _entropy(self.probs)

    @property
    def perplexities(self) -> tuple[float, float]:
        """Exponential of the entropies: so many tokens, all alike, would be as uncertain."""
        raw, now = self.entropies
        return math.exp(raw), math.exp(now)

    @property
    def mass_kept(self) -> float:
        """Raw probability of the tokens that may be drawn, all together."""
        return sum(p for p, rule in zip(self.raw.tolist(), self.cut_by, strict=True) if not rule)


def playground_numbers(
    tokens: Sequence[str], logits: Float[Tensor, " V"], seen: Sequence[int], cfg: SamplingConfig
) -> PlaygroundNumbers:
    """Scale and cut one distribution, and keep count of what each rule does.

    The library leaves open which of several equal tokens stay at an edge. Here, and in the page,
    the first do.

    Args:
        tokens: The tokens, by falling logit.
        logits: Their logits.
        seen: Indices of the tokens of the text so far.
        cfg: Penalty, temperature and filters.

    Returns:
        Probabilities in the dtype of the logits, and which rule cut which token.
    """
    seen_ids = torch.tensor([list(seen)], dtype=torch.long)  # 1 S
    kept_after = _kept_after(logits[None], seen_ids, _without_rounding(cfg))
    scaled = penalise_repetition(logits[None], seen_ids, cfg.repetition_penalty)[0]
    if cfg.temperature:
        scaled = scale_by_temperature(scaled, cfg.temperature)
    # Every filter keeps the n most probable of what it gets, so that counts and order say all.
    falling, order = scaled.sort(descending=True, stable=True)
    n_kept = min(kept_after.values())
    probs = torch.zeros_like(logits)
    probs[order[:n_kept]] = falling[:n_kept].softmax(dim=-1)
    cut_by = [KEPT] * len(tokens)
    for rank, token in enumerate(order.tolist()):
        cut_by[token] = next((rule for rule, n in kept_after.items() if rank >= n), KEPT)
    return PlaygroundNumbers(
        tuple(tokens), logits.softmax(dim=-1), probs, tuple(cut_by), kept_after
    )


def _without_rounding(cfg: SamplingConfig) -> SamplingConfig:
    """Move the limits so far that a share that meets one in exact arithmetic meets it here."""
    top_p = 1.0 if cfg.top_p == 1 else cfg.top_p - ROUNDING
    return replace(cfg, top_p=top_p, min_p=cfg.min_p * (1 - ROUNDING))


def _kept_after(
    logits: Float[Tensor, "1 V"], seen_ids: Int[Tensor, "1 S"], cfg: SamplingConfig
) -> dict[str, int]:
    """Count what is left after each rule, by letting the library apply one rule more each time."""
    steps = {
        "temperature": replace(cfg, top_k=None, top_p=1.0, min_p=0.0),
        "top-k": replace(cfg, top_p=1.0, min_p=0.0),
        "top-p": replace(cfg, min_p=0.0),
        "min-p": cfg,
    }
    return {
        rule: int(filter_logits(logits, seen_ids, step).isfinite().sum())
        for rule, step in steps.items()
    }


def _entropy(probs: Float[Tensor, " V"]) -> float:
    # The sum of one certain token's −0 is 0, not −0.
    return abs(torch.special.xlogy(probs, probs).sum().item())
