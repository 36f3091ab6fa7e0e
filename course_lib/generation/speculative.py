"""Speculative decoding: a small model drafts some tokens, the large one reads them all at once.

Axes: T tokens so far, K drafted tokens, V vocabulary. One text at a time: the rows of a batch would
accept different numbers of tokens.

What comes out has exactly the distribution of the large model alone. Only how many tokens a call of
it yields depends on how well the small one drafts.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.generation.cache_editing import truncate
from course_lib.generation.fast_sampling import find_candidates
from course_lib.generation.language_model import LanguageModel, LayerCache
from course_lib.generation.sampling import SamplingConfig, penalise_repetition


@dataclass(frozen=True)
class Verdict:
    """What the large model makes of a draft.

    Attributes:
        n_accepted: How many of the drafted tokens stand, counted from the first.
        next_token: The token behind them.
    """

    n_accepted: int
    next_token: int


def judge_draft(
    drafted: Int[Tensor, " K"],
    p_draft: Float[Tensor, "K V"],
    p_target: Float[Tensor, "K+1 _"],
    generator: torch.Generator,
) -> Verdict:
    """Decide how much of a draft stands, and what comes after it.

    Implements the second half of algorithm 1 of Leviathan et al. 2023 (arXiv:2211.17192), found
    independently by Chen et al. 2023 (arXiv:2302.01318), algorithm 2. A token that the draft gave
    probability q and the target p stands with probability min(1, p/q). Behind the first that does
    not stand comes one drawn from what the draft gave too little; behind a draft that stands as a
    whole comes one more token of the target.

    Args:
        drafted: The tokens, each drawn from its row of `p_draft`.
        p_draft: The draft's probabilities at each token.
        p_target: The target's probabilities there, and behind the last.
        generator: Where the randomness comes from.

    Returns:
        How many tokens stand, and the next one.

    Raises:
        ValueError: The two distributions are over different vocabularies.
    """
    if p_draft.shape[-1] != p_target.shape[-1]:
        raise ValueError(
            f"a draft of {p_draft.shape[-1]} tokens and a target of {p_target.shape[-1]} differ"
        )
    n_drafted = drafted.shape[0]
    q = p_draft.gather(-1, drafted[:, None]).squeeze(-1)  # K
    p = p_target[:n_drafted].gather(-1, drafted[:, None]).squeeze(-1)  # K
    chance = torch.rand(q.shape, dtype=q.dtype, device=q.device, generator=generator)
    stands = chance * q < p
    n_accepted = int(stands.long().cumprod(dim=0).sum())
    if n_accepted < n_drafted:
        probs = residual(p_target[n_accepted], p_draft[n_accepted])
    else:
        probs = p_target[n_drafted]
    return Verdict(n_accepted, int(torch.multinomial(probs, 1, generator=generator)))


def residual(p_target: Float[Tensor, " V"], p_draft: Float[Tensor, " V"]) -> Float[Tensor, " V"]:
    """Return the distribution of what the target gives beyond the draft.

    Args:
        p_target: The target's probabilities.
        p_draft: The draft's.

    Returns:
        The positive part of their difference, scaled to sum to 1. Of two equal distributions,
        where no token is ever refused but by rounding, the distribution itself.
    """
    beyond = (p_target - p_draft).clamp(min=0)
    total = beyond.sum()
    return beyond / total if total > 0 else p_target


@dataclass(frozen=True, kw_only=True)
class SpeculativeConfig:
    """How much to draft, and when to stop.

    Attributes:
        n_drafted: How many tokens are drafted for one call of the target (K).
        max_new_tokens: How many new tokens there are at most.
        end_token: The token that ends the text, and stays in it. None: no token does.
        sampling: What may be drawn: filters change the distributions of both models alike.
    """

    n_drafted: int
    max_new_tokens: int
    end_token: int | None = None
    sampling: SamplingConfig = field(default_factory=SamplingConfig)

    def __post_init__(self) -> None:
        if min(self.n_drafted, self.max_new_tokens) < 1:
            raise ValueError(f"drafted and new tokens are at least 1, unlike {self}")


@dataclass(frozen=True)
class SpeculativeOutput:
    """The text, and what it took.

    Attributes:
        token_ids: The new tokens.
        n_drafted: How many tokens were drafted in all.
        n_accepted: How many of them stood.
        n_target_calls: How often the target was called.
    """

    token_ids: tuple[int, ...]
    n_drafted: int
    n_accepted: int
    n_target_calls: int


@dataclass
class _Reader:
    """A model with its caches, which reads of a text what it has not read yet."""

    model: LanguageModel
    caches: tuple[LayerCache, ...]
    sampling: SamplingConfig

    def next_probs(self, token_ids: Int[Tensor, "1 T"], n_last: int) -> Float[Tensor, "N V"]:
        """Return the probabilities of the token behind each of the last positions."""
        n_read = self.caches[0].n_seen if self.caches else 0
        out = self.model(token_ids[:, n_read:], self.caches, n_scored=n_last)
        self.caches = out.caches
        return _probabilities(out.logits[0], token_ids, self.sampling)

    def forget_beyond(self, n_tokens: int) -> None:
        """Unread what comes behind the first tokens."""
        self.caches = truncate(self.caches, n_tokens)


@torch.no_grad()
def decode_speculatively(
    target: LanguageModel,
    draft: LanguageModel,
    token_ids: Int[Tensor, "1 T"],
    cfg: SpeculativeConfig,
    generator: torch.Generator,
    target_caches: tuple[LayerCache, ...] = (),
    draft_caches: tuple[LayerCache, ...] = (),
) -> SpeculativeOutput:
    """Draft, judge, repeat.

    Args:
        target: The model whose distribution the text has.
        draft: A faster model of the same vocabulary.
        token_ids: The prompt.
        cfg: How much to draft, and when to stop.
        generator: Where the randomness comes from.
        target_caches: The target's caches, one a layer, empty. None at all: it reads the whole
            text again at each call.
        draft_caches: The same for the draft.

    Returns:
        The new tokens, and how many were drafted and stood. Tokens that stood behind the end
        token are counted, and cut off.

    Raises:
        ValueError: A cache cannot forget what was refused.
    """
    target_reader = _Reader(target, target_caches, cfg.sampling)
    draft_reader = _Reader(draft, draft_caches, cfg.sampling)
    text, new = token_ids, list[int]()
    n_drafted = n_accepted = n_target_calls = 0
    while len(new) < cfg.max_new_tokens and cfg.end_token not in new:
        # One token comes from the target in any case.
        n_wanted = min(cfg.n_drafted, cfg.max_new_tokens - len(new) - 1)
        text, n_stood = _one_round(target_reader, draft_reader, text, n_wanted, generator)
        n_drafted, n_accepted = n_drafted + n_wanted, n_accepted + n_stood
        n_target_calls += 1
        new = text[0, token_ids.shape[1] :].tolist()
    if cfg.end_token is not None and cfg.end_token in new:
        new = new[: new.index(cfg.end_token) + 1]
    return SpeculativeOutput(tuple(new), n_drafted, n_accepted, n_target_calls)


def _one_round(
    target: _Reader,
    draft: _Reader,
    text: Int[Tensor, "1 T"],
    n_wanted: int,
    generator: torch.Generator,
) -> tuple[Int[Tensor, "1 T2"], int]:
    """Draft some tokens behind a text; return the longer text, and how many of them stood."""
    with_draft, p_draft = text, list[Tensor]()
    for _ in range(n_wanted):
        p_draft.append(draft.next_probs(with_draft, 1))  # 1 V
        token = torch.multinomial(p_draft[-1], 1, generator=generator)  # 1 1
        with_draft = torch.cat([with_draft, token], dim=1)
    drafted = with_draft[0, text.shape[1] :]  # K
    p_target = target.next_probs(with_draft, n_wanted + 1)  # K+1 V
    verdict = judge_draft(drafted, torch.cat([p_target[:0], *p_draft]), p_target, generator)
    n_kept = text.shape[1] + verdict.n_accepted
    for reader in (target, draft):
        reader.forget_beyond(n_kept)
    last = with_draft.new_tensor([[verdict.next_token]])
    return torch.cat([with_draft[:, :n_kept], last], dim=1), verdict.n_accepted


def _probabilities(
    logits: Float[Tensor, "N V"], token_ids: Int[Tensor, "1 T"], cfg: SamplingConfig
) -> Float[Tensor, "N V"]:
    """Return the distributions to draw from behind each of the last N positions of a text."""
    if cfg.repetition_penalty != 1:
        n_tokens, n_rows = token_ids.shape[1], logits.shape[0]
        last = torch.arange(n_tokens - n_rows, n_tokens, device=token_ids.device)
        places = torch.arange(n_tokens, device=token_ids.device).minimum(last[:, None])  # N T
        # A row must not know the tokens behind its own position: its own stands in their place.
        history = token_ids[0][places]  # N T
        logits = penalise_repetition(logits, history, cfg.repetition_penalty)
    return find_candidates(logits, cfg).spread(logits.shape[-1]).softmax(dim=-1)
