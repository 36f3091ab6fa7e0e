"""Beam search: follow the most probable texts so far side by side, and keep the best in the end.

Axes: T tokens so far, M beams (the texts followed), V vocabulary.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.generation.cache_editing import select_rows
from course_lib.generation.language_model import LanguageModel, LayerCache
from course_lib.generation.sampling import summing_dtype


def length_penalty(n_new: int, exponent: float) -> float:
    """Return what the log-probability of a text is divided by, so that long ones stand a chance.

    Implements Wu et al. 2016 (arXiv:1609.08144), equation 14, without its term for coverage,
    which needs a source text.

    Args:
        n_new: How many tokens the text has besides the prompt.
        exponent: 0 leaves the log-probability as it is. Near 1 it becomes about that of a token.

    Returns:
        A factor that is 1 for a text of one token.
    """
    # The constants of the paper: they tell short texts apart less than n to the exponent would.
    return ((5 + n_new) / (5 + 1)) ** exponent


@dataclass(frozen=True, kw_only=True)
class BeamSearchConfig:
    """How widely and how far to search.

    Attributes:
        n_beams: How many texts are followed at a time (M). With one the search is greedy.
        max_new_tokens: How many tokens a text gets at most.
        length_exponent: See `length_penalty`.
        end_token: The token that ends a text, and stays in it. None: no token does.
    """

    n_beams: int
    max_new_tokens: int
    length_exponent: float = 0.0
    end_token: int | None = None

    def __post_init__(self) -> None:
        if min(self.n_beams, self.max_new_tokens) < 1:
            raise ValueError(f"beams and new tokens are at least 1, unlike {self}")
        if self.length_exponent < 0:
            raise ValueError(f"a length exponent is at least 0, unlike {self.length_exponent}")


@dataclass(frozen=True)
class Hypothesis:
    """One text that the search found.

    Attributes:
        token_ids: Its new tokens, the end token too where it has one.
        log_prob: Natural logarithm of their probability after the prompt.
        score: That over the length penalty; the best text has the largest.
    """

    token_ids: tuple[int, ...]
    log_prob: float
    score: float


@dataclass(frozen=True)
class Beams:
    """The texts that are followed.

    Attributes:
        token_ids: All their tokens.
        log_probs: Natural logarithm of the probability of their new tokens after the prompt.
        parents: Which of the beams one step before each goes on from.
    """

    token_ids: Int[Tensor, "M T"]
    log_probs: Float[Tensor, " M"]
    parents: Int[Tensor, " M"]

    def only(self, chosen: Bool[Tensor, " M"]) -> "Beams":
        """Return some of the beams."""
        return Beams(self.token_ids[chosen], self.log_probs[chosen], self.parents[chosen])


def beam_search(
    model: LanguageModel,
    token_ids: Int[Tensor, "1 T"],
    cfg: BeamSearchConfig,
    caches: tuple[LayerCache, ...] = (),
) -> list[Hypothesis]:
    """Search for the texts with the largest score.

    At each step, of all continuations of all beams by one token, the most probable ones are kept,
    as many as there may be beams. Those that end leave the search and wait for the others.

    Args:
        model: Scores the next token.
        token_ids: The prompt.
        cfg: How widely and how far to search.
        caches: The model's caches for one sequence, one a layer, empty. None at all: the model
            reads the whole texts again at each step.

    Returns:
        What was found, at most as many texts as there may be beams, the best first.
    """
    n_prompt, found = token_ids.shape[1], list[Hypothesis]()
    one = token_ids.new_zeros(1)
    beams = Beams(token_ids, torch.zeros(1, device=token_ids.device), parents=one)
    for _ in range(cfg.max_new_tokens):
        n_read = caches[0].n_seen if caches else 0
        with torch.no_grad():
            out = model(beams.token_ids[:, n_read:], caches, n_scored=1)
        beams = extend(beams, out.logits[:, -1], cfg.n_beams)
        if cfg.end_token is not None:
            ended = beams.token_ids[:, -1] == cfg.end_token
            found += _hypotheses(beams.only(ended), n_prompt, cfg)
            beams = beams.only(~ended)
        if _is_settled(found, beams, cfg):
            break
        caches = select_rows(out.caches, beams.parents)
    # Of a settled search these are the losers, and fall off the end of the list.
    found += _hypotheses(beams, n_prompt, cfg)
    return sorted(found, key=lambda text: -text.score)[: cfg.n_beams]


def extend(beams: Beams, logits: Float[Tensor, "M V"], n_beams: int) -> Beams:
    """Keep the most probable of all continuations by one token; beams compete with each other.

    Args:
        beams: The texts followed so far.
        logits: One score per beam and next token.
        n_beams: How many continuations to keep; those of probability 0 are not kept.

    Returns:
        The texts to follow, the most probable first.
    """
    log_probs = logits.log_softmax(dim=-1, dtype=summing_dtype(logits.dtype))
    totals = (beams.log_probs[:, None] + log_probs).flatten()  # M·V
    best = totals.topk(min(n_beams, totals.shape[0]))
    parents, tokens = best.indices // logits.shape[-1], best.indices % logits.shape[-1]
    token_ids = torch.cat([beams.token_ids[parents], tokens[:, None]], dim=1)  # M T+1
    return Beams(token_ids, best.values, parents).only(best.values > -torch.inf)


def _hypotheses(beams: Beams, n_prompt: int, cfg: BeamSearchConfig) -> list[Hypothesis]:
    penalty = length_penalty(beams.token_ids.shape[1] - n_prompt, cfg.length_exponent)
    texts = zip(beams.token_ids[:, n_prompt:].tolist(), beams.log_probs.tolist(), strict=True)
    return [Hypothesis(tuple(ids), log_prob, log_prob / penalty) for ids, log_prob in texts]


def _is_settled(found: list[Hypothesis], beams: Beams, cfg: BeamSearchConfig) -> bool:
    """Whether no beam can still come to be among the best texts."""
    if beams.token_ids.shape[0] == 0:
        return True
    if len(found) < cfg.n_beams:
        return False
    # A log-probability only falls, and at best it is divided by the penalty of the longest text.
    longest = length_penalty(cfg.max_new_tokens, cfg.length_exponent)
    best_possible = beams.log_probs.max().item() / longest
    return best_possible <= sorted(text.score for text in found)[-cfg.n_beams]
