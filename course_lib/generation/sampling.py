"""From the scores of the next token to one token: what may be drawn, and the draw.

Axes: B batch, T tokens so far, V vocabulary. Each filter takes logits and returns logits, with -inf
for the tokens that may not be drawn, so that filters can follow one another in any order.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


def scale_by_temperature(
    logits: Float[Tensor, "*batch V"], temperature: float
) -> Float[Tensor, "*batch V"]:
    """Sharpen a distribution (below 1) or flatten it (above 1).

    Args:
        logits: One score per token.
        temperature: What the logits are divided by. At 0 only the largest logit is left, of equals
            the first: what the division tends to.

    Returns:
        The logits of the sharper or flatter distribution.

    Raises:
        ValueError: The temperature is negative or not finite.
    """
    _check_temperature(temperature)
    if temperature == 0:
        return keep_only(logits, logits.argmax(dim=-1, keepdim=True))
    return logits / temperature


def keep_top_k(logits: Float[Tensor, "*batch V"], k: int) -> Float[Tensor, "*batch V"]:
    """Keep the k most probable tokens, as Fan et al. 2018 (arXiv:1805.04833) do.

    Args:
        logits: One score per token.
        k: How many tokens stay in each row; all of them where the vocabulary is no larger.

    Returns:
        The logits, -inf for the others. Exactly k stay: which of several equal logits at the edge
        do is left open.

    Raises:
        ValueError: `k` is below 1.
    """
    _check_top_k(k)
    return keep_only(logits, logits.topk(min(k, logits.shape[-1])).indices)


def keep_top_p(logits: Float[Tensor, "*batch V"], p: float) -> Float[Tensor, "*batch V"]:
    """Keep the smallest set of most probable tokens that holds at least a share p of the mass.

    Implements the nucleus of Holtzman et al. 2020 (arXiv:1904.09751), section 3.1: a token stays
    if those more probable than it hold less than p together, so the first always stays.

    Args:
        logits: One score per token.
        p: The share to reach, in (0, 1]. At 1 nothing is taken away.

    Returns:
        The logits, -inf for the others. Which of several equal logits at the edge stay is left
        open.

    Raises:
        ValueError: `p` is outside (0, 1].
    """
    _check_top_p(p)
    if p == 1:
        return logits
    falling, order = logits.sort(dim=-1, descending=True)
    probs = falling.softmax(dim=-1, dtype=summing_dtype(logits.dtype))
    mass_before = probs.cumsum(dim=-1) - probs  # *batch V
    falls_away = (mass_before >= p).scatter(-1, order, mass_before >= p)  # in the logits' order
    return logits.masked_fill(falls_away, -torch.inf)


def keep_min_p(logits: Float[Tensor, "*batch V"], min_p: float) -> Float[Tensor, "*batch V"]:
    """Keep the tokens that are at least a share `min_p` as probable as the most probable one.

    Implements Nguyen et al. 2024 (arXiv:2407.01082). The ratio of two probabilities is the
    exponential of the difference of their logits, so no softmax is needed.

    Args:
        logits: One score per token.
        min_p: The share, in [0, 1]. At 0 nothing is taken away.

    Returns:
        The logits, -inf for the others.

    Raises:
        ValueError: `min_p` is outside [0, 1].
    """
    _check_min_p(min_p)
    if min_p == 0:
        return logits
    least = logits.amax(dim=-1, keepdim=True) + math.log(min_p)  # *batch 1
    return logits.masked_fill(logits < least, -torch.inf)


def penalise_repetition(
    logits: Float[Tensor, "B V"],
    token_ids: Int[Tensor, "B T"],
    penalty: float,
    n_padding: Int[Tensor, " B"] | None = None,
) -> Float[Tensor, "B V"]:
    """Make tokens that stand in the text already less probable, however often they stand there.

    Follows Keskar et al. 2019 (arXiv:1909.05858), who divide the logits by the penalty. That
    would make a token of negative logit more probable, so negative ones are multiplied, as the
    public implementations do.

    Args:
        logits: One score per token.
        token_ids: The text so far, the prompt too.
        penalty: Above 1 discourages, below 1 encourages, 1 changes nothing.
        n_padding: How many tokens at the left of each row are padding and do not count. None: none.

    Returns:
        The logits, changed for the tokens of the text.

    Raises:
        ValueError: The penalty is not positive, or a row is nothing but padding.
    """
    _check_repetition_penalty(penalty)
    if n_padding is not None:
        n_tokens = token_ids.shape[1]
        if (n_padding >= n_tokens).any():
            raise ValueError(f"{n_padding.tolist()} of {n_tokens} tokens a row are padding")
        counts = torch.arange(n_tokens, device=token_ids.device) >= n_padding[:, None]  # B T
        # The last token stands in for the padding: it counts anyway, and counts once.
        token_ids = torch.where(counts, token_ids, token_ids[:, -1:])
    seen = logits.gather(-1, token_ids)  # B T
    penalised = torch.where(seen < 0, seen * penalty, seen / penalty)
    return logits.scatter(-1, token_ids, penalised)


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How the next token is drawn; what is left out changes nothing.

    Attributes:
        temperature: See `scale_by_temperature`.
        top_k: See `keep_top_k`. None keeps all.
        top_p: See `keep_top_p`.
        min_p: See `keep_min_p`.
        repetition_penalty: See `penalise_repetition`.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        _check_temperature(self.temperature)
        if self.top_k is not None:
            _check_top_k(self.top_k)
        _check_top_p(self.top_p)
        _check_min_p(self.min_p)
        _check_repetition_penalty(self.repetition_penalty)


def filter_logits(
    logits: Float[Tensor, "B V"],
    token_ids: Int[Tensor, "B T"],
    cfg: SamplingConfig,
    n_padding: Int[Tensor, " B"] | None = None,
) -> Float[Tensor, "B V"]:
    """Apply the filters of a config, in the order of its attributes, the penalty before all.

    Each looks at what the one before it left: the mass that top-p counts is a share of the mass
    that top-k kept. For arguments see the filters.
    """
    if cfg.repetition_penalty != 1:
        logits = penalise_repetition(logits, token_ids, cfg.repetition_penalty, n_padding)
    logits = scale_by_temperature(logits, cfg.temperature)
    if cfg.top_k is not None:
        logits = keep_top_k(logits, cfg.top_k)
    return keep_min_p(keep_top_p(logits, cfg.top_p), cfg.min_p)


def draw(logits: Float[Tensor, "B V"], generator: torch.Generator) -> Int[Tensor, " B"]:
    """Draw one token a row from the distribution that the logits describe."""
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator).squeeze(-1)


@dataclass(frozen=True)
class Sampler:
    """Filter, then draw: the plain form, to read; `fast_sampling.FastSampler` is its fast twin.

    Attributes:
        cfg: What may be drawn.
        generator: Where the randomness comes from; it is on the device of the logits.
    """

    cfg: SamplingConfig
    generator: torch.Generator

    def __call__(
        self,
        logits: Float[Tensor, "B V"],
        token_ids: Int[Tensor, "B T"],
        n_padding: Int[Tensor, " B"] | None = None,
    ) -> Int[Tensor, " B"]:
        """Draw the next token of each row, after the text in `token_ids`."""
        return draw(filter_logits(logits, token_ids, self.cfg, n_padding), self.generator)


def keep_only(
    logits: Float[Tensor, "*batch V"], token_ids: Int[Tensor, "*batch K"]
) -> Float[Tensor, "*batch V"]:
    """Return the logits of some tokens of each row, with -inf for all others."""
    nothing = torch.full_like(logits, -torch.inf)
    return nothing.scatter(-1, token_ids, logits.gather(-1, token_ids))


def summing_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return a type in which fifty thousand probabilities can be added up: float32 or wider."""
    return torch.promote_types(dtype, torch.float32)


def _check_temperature(temperature: float) -> None:
    if not 0 <= temperature < math.inf:
        raise ValueError(f"a temperature is finite and at least 0, not {temperature}")


def _check_top_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"at least one token has to stay, not the top {k}")


def _check_top_p(p: float) -> None:
    if not 0 < p <= 1:
        raise ValueError(f"a share of the mass to keep lies in (0, 1], unlike {p}")


def _check_min_p(min_p: float) -> None:
    if not 0 <= min_p <= 1:
        raise ValueError(f"a share of the largest probability lies in [0, 1], unlike {min_p}")


def _check_repetition_penalty(penalty: float) -> None:
    if not 0 < penalty < math.inf:
        raise ValueError(f"a repetition penalty is positive and finite, unlike {penalty}")
