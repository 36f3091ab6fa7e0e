"""Record what it is worth to try several times: who picks, and what a smaller model makes of it.

    python -m course_lib.checkpoints.tries_runs

Adders with a scratchpad try the same held-out sums: the half-trained one and the finished one of
`checkpoints.sum_models`, and smaller ones that are trained here and not kept. Among the tries of
the half-trained one verifiers pick, which are trained here too. On one machine, with one thread,
the same seeds give the same record.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from course_lib.agents.sum_solver import share_right, solve
from course_lib.analysis.tries import (
    among_curve,
    orders,
    pick_curve,
    vote_curve,
    weighted_vote_curve,
)
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.sum_models import CONFIG, SumSettings, load_adder, train_sums
from course_lib.checkpoints.sum_runs import held_out_sums
from course_lib.checkpoints.verifiers import (
    MARKINGS,
    Tries,
    VerifierSettings,
    train_verifier,
    training_tries,
    try_once,
)
from course_lib.checkpoints.weights import FOLDER
from course_lib.models.caching_decoder import CachingDecoder
from course_lib.training.reward_model import Score

RECORD = FOLDER / "tries_runs.json"
SEEDS = (0, 1, 2)
NO_ANSWER = -1
"""What stands for a try that came to no answer."""

_NARROW = replace(CONFIG, d_model=CONFIG.d_model // 2, d_ff=CONFIG.d_ff // 2)
SMALLER = {"narrow": _NARROW, "shallow": replace(_NARROW, n_layers=CONFIG.n_layers - 1)}
"""Half as wide, so that a character costs about a quarter; and with a layer less too."""

LARGER = {"half_trained": "scratchpad_early", "finished": "scratchpad"}
"""Names of the adders here, and in `sum_models.MODELS`."""

MODELS = (*SMALLER, *LARGER)


@dataclass(frozen=True, kw_only=True)
class TriesSettings:
    """How models are trained and tested.

    Attributes:
        verifier: How the verifiers are trained.
        n_narrow_steps: Batches of scratchpads for the narrow adder: as many as the half-trained
            one has seen, but its learning rate has come down to 0.
        n_shallow_steps: Those for the shallow one.
        n_warmup: Steps of the rise of their learning rates.
        n_tests: Held-out sums.
        n_digits: Their digits.
        n_tries: Tries at each.
        n_orders: Orders of the tries over which curves are averaged.
    """

    verifier: VerifierSettings = field(default_factory=VerifierSettings)
    n_narrow_steps: int = 800
    n_shallow_steps: int = 1600
    n_warmup: int = 50
    n_tests: int = 200
    n_digits: int = 5
    n_tries: int = 16
    n_orders: int = 20


SETTINGS = TriesSettings()


def train_smaller(name: str, seed: int, settings: TriesSettings = SETTINGS) -> CachingDecoder:
    """Train one of the `SMALLER` adders like the larger ones, in fewer steps."""
    n_steps = settings.n_narrow_steps if name == "narrow" else settings.n_shallow_steps
    how = SumSettings(n_steps=n_steps, n_warmup=settings.n_warmup)
    return CachingDecoder(train_sums("scratchpad", seed, how, SMALLER[name]))


@torch.no_grad()
def measure(
    adder: CachingDecoder,
    generator: torch.Generator,
    settings: TriesSettings = SETTINGS,
    verifiers: Mapping[str, Score] | None = None,
) -> dict[str, Any]:
    """Let an adder try held-out sums once greedily and often by chance, and others pick.

    Args:
        adder: The adder.
        generator: Source of the draws.
        settings: How many sums and tries.
        verifiers: Who else picks; None: nobody.

    Returns:
        `greedy`: the share that the greedy try gets right. `operations`: what it costs, a sum.
        `among`, `vote`: the share with a right answer among the first 1, 2, … drawn tries, and
        the share whose vote is right. And what `judge` returns, by the name of each verifier.
    """
    totals = held_out_sums(settings.n_digits, settings.n_tests)
    with FlopCounterMode(display=False) as counter:
        greedy = share_right(solve(adder, totals), totals)
    tries = [try_once(adder, totals, generator) for _ in range(settings.n_tries)]
    answers = _answers(tries)
    truth = torch.tensor([total.answer for total in totals])
    order = orders(settings.n_tries, settings.n_orders, generator)
    judged = {
        name: judge(verifier, tries, truth, order) for name, verifier in (verifiers or {}).items()
    }
    return {
        "greedy": greedy,
        "operations": counter.get_total_flops() / len(totals),
        "among": _rounded(among_curve(answers == truth, order)),
        "vote": _rounded(vote_curve(answers, truth, order)),
        **judged,
    }


def judge(
    verifier: Score, tries: Sequence[Tries], truth: Int[Tensor, " S"], order: Int[Tensor, "R N"]
) -> dict[str, Any]:
    """Let a verifier pick among tries.

    Args:
        verifier: Gives each try a score, above 0 where it takes it for right.
        tries: N tries at each of S sums.
        truth: What is right.
        order: Orders of the tries.

    Returns:
        `right_about_one`: how often it is right about one try. `pick`: the share of the sums where
        the try that it likes best among the first 1, 2, … is right. `weighted`: the same for the
        answer whose tries it takes to be right with the largest sum of probabilities.
    """
    scores = torch.stack([verifier(one.batch(range(len(truth)))) for one in tries])
    answers = _answers(tries)
    is_right = answers == truth
    return {
        "right_about_one": round(((scores > 0) == is_right).double().mean().item(), 4),
        "pick": _rounded(pick_curve(scores, is_right, order)),
        "weighted": _rounded(weighted_vote_curve(scores.sigmoid(), answers, truth, order)),
    }


def run(seed: int, settings: TriesSettings = SETTINGS) -> dict[str, Any]:
    """Train from a seed and measure every adder."""
    found: dict[str, Any] = {"seed": seed}
    for name in SMALLER:
        found[name] = measure(train_smaller(name, seed, settings), _seeded(seed), settings)
    finished, half_trained = (load_adder(LARGER[name]) for name in ("finished", "half_trained"))
    found["finished"] = measure(finished, _seeded(seed), settings)
    found["half_trained"] = measure_judged(half_trained, _seeded(seed), settings)
    return found


def measure_judged(
    adder: CachingDecoder, generator: torch.Generator, settings: TriesSettings = SETTINGS
) -> dict[str, Any]:
    """Train verifiers for an adder on the same tries, and measure it with them."""
    seen = training_tries(adder, generator, settings.verifier)
    verifiers = {
        marking: train_verifier(adder, seen, marking, generator, settings.verifier)
        for marking in MARKINGS
    }
    return measure(adder, generator, settings, verifiers)


def record(seeds: Sequence[int], settings: TriesSettings = SETTINGS) -> dict[str, Any]:
    """Run from every seed, and describe what came out."""
    runs = [run(seed, settings) for seed in seeds]
    return {"settings": asdict(settings), "runs": runs, **provenance("tries_runs")}


def recorded_tries(model: str, name: str, path: Path = RECORD) -> list[Any]:
    """Read one of the things that `measure` returns.

    Args:
        model: One of `MODELS`.
        name: What to read; for a verifier one of `verifiers.MARKINGS`.
        path: The record.

    Returns:
        One entry a seed.

    Raises:
        ValueError: Nothing of the kind was recorded.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [run[model][name] for run in runs if name in run.get(model, {})]
    if not found:
        raise ValueError(f"nothing called {name!r} is recorded of the model {model!r}")
    return found


def main() -> None:
    """Run with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(SEEDS))


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _answers(tries: Sequence[Tries]) -> Int[Tensor, "N S"]:
    rows = [[NO_ANSWER if answer is None else answer for answer in one.answers] for one in tries]
    return torch.tensor(rows)


def _rounded(curve: Float[Tensor, " N"]) -> list[float]:
    return [round(share, 4) for share in curve.tolist()]


if __name__ == "__main__":
    main()
