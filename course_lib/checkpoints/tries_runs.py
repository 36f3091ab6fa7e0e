"""Train verifiers for a model that adds, and record what it is worth to let them pick.

    python -m course_lib.checkpoints.tries_runs

A verifier is the adder itself with one number at its end. It learns from the adder's own tries at
sums of the training, each marked as right or wrong, and then picks among tries at held-out sums.
On one machine, with one thread, the same seeds give the same record.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.agents.sum_solver import solve
from course_lib.analysis.tries import among_curve, orders, pick_curve, vote_curve
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.sum_models import load_adder
from course_lib.checkpoints.sum_runs import held_out_sums
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.arithmetic import Piece, Sum, draw_sum, encode, read_answer
from course_lib.generation.sampling import Sampler, SamplingConfig
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.chat_template import ChatBatch
from course_lib.training.reward_model import RewardModel
from course_lib.training.schedules import linear_decay

RECORD = FOLDER / "tries_runs.json"
SEEDS = (0, 1, 2)
NO_ANSWER = -1
"""What stands for a try that came to no answer."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a verifier is trained, and tested.

    Attributes:
        n_sums: Sums of the training that the adder tries.
        n_tries: How often it tries each.
        n_steps: Steps of the verifier.
        batch_size: Tries in a step.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
        n_test_tries: Tries at each held-out sum.
        n_digits: Digits of the held-out sums.
        n_orders: Orders of the tries over which curves are averaged.
    """

    n_sums: int = 1500
    n_tries: int = 4
    n_steps: int = 650
    batch_size: int = 32
    learning_rate: float = 2e-3
    n_warmup: int = 30
    n_test_tries: int = 16
    n_digits: int = 5
    n_orders: int = 20


SETTINGS = Settings()


def write_tries(totals: Sequence[Sum], texts: Sequence[str]) -> ChatBatch:
    """Write sums with what was tried as tokens; the try is marked as the answer."""
    pairs = zip(totals, texts, strict=True)
    return encode([(Piece(total.question, False), Piece(text, True)) for total, text in pairs])


def train_verifier(
    adder: CachingDecoder, generator: torch.Generator, settings: Settings = SETTINGS
) -> RewardModel:
    """Teach a copy of the adder to tell its right tries from its wrong ones.

    As in Cobbe et al. 2021 (arXiv:2110.14168) it says after every character how probable it is
    that the answer will be right.
    """
    lengths = torch.randint(4, 7, (settings.n_sums,), generator=generator).tolist()
    totals = [draw_sum(n_digits, generator, held_out=False) for n_digits in lengths]
    totals = totals * settings.n_tries
    texts = solve(adder, totals, choose=Sampler(SamplingConfig(), generator))
    is_right = torch.tensor(
        [read_answer(text) == total.answer for total, text in zip(totals, texts, strict=True)]
    )
    verifier = RewardModel(copy.deepcopy(adder.decoder), generator)
    optimizer = torch.optim.AdamW(
        verifier.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98)
    )
    schedule = linear_decay(settings.n_steps, settings.n_warmup)
    for step in range(settings.n_steps):
        rows = torch.randint(len(texts), (settings.batch_size,), generator=generator)
        batch = write_tries([totals[row] for row in rows], [texts[row] for row in rows])
        scores = verifier.by_position(batch.token_ids)[batch.is_answer]
        targets = is_right[rows].unsqueeze(1).expand_as(batch.is_answer)[batch.is_answer]
        optimizer.param_groups[0]["lr"] = settings.learning_rate * schedule(step)
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(scores, targets.to(scores)).backward()
        torch.nn.utils.clip_grad_norm_(verifier.parameters(), 1.0)
        optimizer.step()
    return verifier.eval()


@torch.no_grad()
def measure(
    adder: CachingDecoder,
    verifier: RewardModel,
    generator: torch.Generator,
    settings: Settings = SETTINGS,
) -> dict[str, Any]:
    """Let the adder try held-out sums, and the vote, the verifier and a checker pick.

    Returns:
        The curves against the number of tries, and how often the verifier is right about one try.
    """
    totals = held_out_sums(settings.n_digits)
    sampler = Sampler(SamplingConfig(), generator)
    tried = [solve(adder, totals, choose=sampler) for _ in range(settings.n_test_tries)]
    answers = torch.stack([_read(texts) for texts in tried])
    scores = torch.stack([_score(verifier, totals, texts) for texts in tried])
    truth = torch.tensor([total.answer for total in totals])
    order = orders(settings.n_test_tries, settings.n_orders, generator)
    is_right = answers == truth
    return {
        "among": _rounded(among_curve(is_right, order)),
        "vote": _rounded(vote_curve(answers, truth, order)),
        "verifier": _rounded(pick_curve(scores, is_right, order)),
        "judged_rightly": round(((scores > 0) == is_right).double().mean().item(), 4),
    }


def record(seeds: Sequence[int], settings: Settings = SETTINGS) -> dict[str, Any]:
    """Train and measure from every seed, and describe what came out."""
    adder, runs = load_adder("scratchpad_early"), []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        verifier = train_verifier(adder, generator, settings)
        runs.append({"seed": seed, **measure(adder, verifier, generator, settings)})
    return {"settings": asdict(settings), "runs": runs, **provenance("tries_runs")}


def recorded_tries(name: str, path: Path = RECORD) -> list[Any]:
    """Read one of the things that `measure` returns, one entry a seed."""
    return [run[name] for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]


def main() -> None:
    """Run with the stated seeds and write the record."""
    torch.set_num_threads(1)
    text = json.dumps(record(SEEDS), sort_keys=True)
    RECORD.write_text(text + "\n", encoding="utf-8")


def _read(texts: Sequence[str]) -> Int[Tensor, " S"]:
    answers = [read_answer(text) for text in texts]
    return torch.tensor([NO_ANSWER if answer is None else answer for answer in answers])


def _score(
    verifier: RewardModel, totals: Sequence[Sum], texts: Sequence[str]
) -> Float[Tensor, " S"]:
    return verifier(write_tries(totals, texts))


def _rounded(curve: Float[Tensor, " N"]) -> list[float]:
    return [round(share, 4) for share in curve.tolist()]


if __name__ == "__main__":
    main()
