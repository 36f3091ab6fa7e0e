"""Train a model to tell right tries of an adder from wrong ones.

A verifier is the adder itself with one number at its end. It learns from the adder's own tries at
sums of the training, which somebody has marked: by their answers, or step by step.
`checkpoints.tries_runs` records what it is worth to let it pick.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from course_lib.agents.sum_solver import solve
from course_lib.data.arithmetic import Piece, Sum, draw_sum, encode, read_answer, scratchpad
from course_lib.generation.sampling import Sampler, SamplingConfig
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.chat_template import ChatBatch
from course_lib.training.reward_model import RewardModel
from course_lib.training.schedules import linear_decay

MARKINGS = ("answers", "steps")
"""What a mark speaks of: whether the answer will be right, or whether all so far is right."""

_AT_ONCE = 500  # sums that are tried side by side, so that memory stays small


@dataclass(frozen=True, kw_only=True)
class VerifierSettings:
    """How a verifier is trained.

    Attributes:
        n_sums: Sums of the training that the adder tries.
        n_tries: How often it tries each.
        n_steps: Number of batches.
        batch_size: Tries in a batch.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
    """

    n_sums: int = 3000
    n_tries: int = 4
    n_steps: int = 800
    batch_size: int = 32
    learning_rate: float = 1e-3
    n_warmup: int = 50


@dataclass(frozen=True)
class Tries:
    """What an adder wrote.

    Attributes:
        totals: The sums that it was asked for.
        texts: What it wrote behind each.
    """

    totals: Sequence[Sum]
    texts: Sequence[str]

    @property
    def answers(self) -> list[int | None]:
        """What each came to; None for one that came to nothing."""
        return [read_answer(text) for text in self.texts]

    def batch(self, rows: Sequence[int]) -> ChatBatch:
        """Write some of them as tokens; what was tried is marked as the answer."""
        return encode(
            [
                (Piece(self.totals[row].question, False), Piece(self.texts[row], True))
                for row in rows
            ]
        )


def try_once(adder: CachingDecoder, totals: Sequence[Sum], generator: torch.Generator) -> Tries:
    """Let an adder try each sum once, at temperature 1."""
    sampler, texts = Sampler(SamplingConfig(), generator), []
    for start in range(0, len(totals), _AT_ONCE):
        texts += solve(adder, totals[start : start + _AT_ONCE], choose=sampler)
    return Tries(totals, texts)


def training_tries(
    adder: CachingDecoder, generator: torch.Generator, settings: VerifierSettings
) -> Tries:
    """Let an adder try sums of four to six digits that are not held out, each several times."""
    lengths = torch.randint(4, 7, (settings.n_sums,), generator=generator).tolist()
    totals = [draw_sum(n_digits, generator, held_out=False) for n_digits in lengths]
    return try_once(adder, totals * settings.n_tries, generator)


def marks(total: Sum, text: str, marking: str) -> list[bool]:
    """Mark every character of a try.

    Args:
        total: The sum.
        text: What was tried.
        marking: One of `MARKINGS`. By answers all characters of a try get the same mark, as in
            Cobbe et al. 2021 (arXiv:2110.14168). By steps, every character up to the first one
            that the right working does not have is right, and no later one.

    Raises:
        ValueError: There is no such marking.
    """
    match marking:
        case "answers":
            return [read_answer(text) == total.answer] * len(text)
        case "steps":
            working = scratchpad(total)[1].text
            return [working.startswith(text[: place + 1]) for place in range(len(text))]
    raise ValueError(f"there is no marking {marking!r}; there are {', '.join(MARKINGS)}")


def train_verifier(
    adder: CachingDecoder,
    tries: Tries,
    marking: str,
    generator: torch.Generator,
    settings: VerifierSettings,
) -> RewardModel:
    """Teach a copy of an adder to say after every character what its mark is.

    Args:
        adder: Where the verifier begins.
        tries: What it reads.
        marking: One of `MARKINGS`.
        generator: Source of the draws.
        settings: How to train.

    Returns:
        The verifier, in evaluation mode: the logarithm of the odds that a try is right.
    """
    pairs = zip(tries.totals, tries.texts, strict=True)
    marked = [torch.tensor(marks(total, text, marking)) for total, text in pairs]
    verifier = RewardModel(copy.deepcopy(adder.decoder), generator)
    torch.nn.init.zeros_(verifier.to_score.weight)  # it begins without an opinion
    optimizer = torch.optim.AdamW(
        verifier.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), fused=True
    )
    schedule = linear_decay(settings.n_steps, settings.n_warmup)
    for step in range(settings.n_steps):
        rows = torch.randint(len(marked), (settings.batch_size,), generator=generator).tolist()
        batch = tries.batch(rows)
        scores = verifier.by_position(batch.token_ids)[batch.is_answer]
        targets = torch.cat([marked[row] for row in rows]).to(scores)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * schedule(step)
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(scores, targets).backward()
        torch.nn.utils.clip_grad_norm_(verifier.parameters(), 1.0)
        optimizer.step()
    return verifier.eval()
