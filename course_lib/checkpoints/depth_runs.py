"""Train decoders of growing depth, whole and with parts taken away, and record how far they come.

    python -m course_lib.checkpoints.depth_runs

On one machine, with one thread, the same seeds give the same losses bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from course_lib.analysis.effective_rank import effective_rank
from course_lib.analysis.residual_stream import residual_stream
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import read_outcomes, write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.tale_tokens import (
    TOKENS,
    held_out_tales,
    make_batch,
    tale_batches,
    tale_loss,
)
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.models.decoder_variants import build_variant
from course_lib.training.small_models import train_small

RECORD = FOLDER / "depth_runs.json"
SEEDS = (0, 1, 2)
PARTS = ("whole", "no residual", "no norm", "no feed-forward")
"""The variants of the experiment on parts, at each of `DEPTHS` and `RATES`."""
DEPTHS = (1, 2, 4, 8)
"""Numbers of blocks."""
RATES = (1e-3, 3e-3)
"""Peak learning rates, of which the better one counts."""
NORMS = ("whole", "post-norm")
"""The variants of the experiment on warm-up, at `WARM_UP_DEPTH` and `WARM_UP_RATE`."""
WARM_UP_DEPTH = 12
WARM_UP_RATE = 1e-3
WARM_UPS = (0, 40)
"""Steps in which the learning rate rises."""
BATCH_SIZE = 8
"""Tales in a batch."""
N_SORTED = 16
"""For how many batches tales are sorted by length at a time."""
N_TEST = 100
"""Tales on which every model is tested."""
N_RANKED = 40
"""Words of each test tale whose representations are ranked; every tale is longer."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One way to build and train a decoder.

    Attributes:
        kind: One of `VARIANTS`.
        n_layers: Number of blocks.
        learning_rate: Peak of the schedule, a straight line to 0 after the warm-up.
        n_warmup: Steps in which the learning rate rises. At 0 the first step is the largest.
        n_steps: Number of batches.
    """

    kind: str
    n_layers: int
    learning_rate: float
    n_warmup: int = 40
    n_steps: int = 200


@dataclass(frozen=True)
class Outcome:
    """How one trial ended.

    Attributes:
        loss: On tales that were not trained on, in nats a word; nan if the numbers overflowed.
        ranks: Effective rank of the words of a tale in front of the first block and behind each,
            mean over the test tales; empty if the numbers overflowed.
        history: Mean loss of each ten training steps, as far as it went.
    """

    loss: float
    ranks: tuple[float, ...]
    history: tuple[float, ...]


def decoder_config(n_layers: int) -> DecoderConfig:
    """Give the sizes of a decoder of some depth."""
    return DecoderConfig(
        vocab_size=len(TOKENS),
        d_model=64,
        n_heads=4,
        n_layers=n_layers,
        d_ff=256,
        positions="rotary",
        max_seq_len=128,
    )


def trials() -> list[Trial]:
    """List all that is recorded, each trial once."""
    parts = [
        Trial(kind=kind, n_layers=n_layers, learning_rate=rate)
        for n_layers in DEPTHS
        for kind in PARTS
        for rate in RATES
    ]
    norms = [
        Trial(kind=kind, n_layers=WARM_UP_DEPTH, learning_rate=WARM_UP_RATE, n_warmup=n_warmup)
        for kind in NORMS
        for n_warmup in WARM_UPS
    ]
    return parts + norms


def run_trial(trial: Trial, seed: int) -> Outcome:
    """Build a decoder, train it on tales that it meets once, and test it.

    Args:
        trial: What is built, and how it is trained.
        seed: Of the weights and of the tales.
    """
    generator = torch.Generator().manual_seed(seed)
    model = build_variant(trial.kind, decoder_config(trial.n_layers), generator)
    history: list[float] = []
    try:
        train_small(
            model,
            tale_batches(BATCH_SIZE, generator, N_SORTED),
            tale_loss,
            learning_rate=trial.learning_rate,
            n_steps=trial.n_steps,
            n_warmup=trial.n_warmup,
            on_step=lambda _, loss: history.append(loss),
        )
    except FloatingPointError:
        return Outcome(math.nan, (), tuple(_means_of_ten(history)))
    loss, ranks = _test(model)
    return Outcome(loss, ranks, tuple(_means_of_ten(history)))


@torch.no_grad()
def _test(model: Decoder) -> tuple[float, tuple[float, ...]]:
    token_ids = make_batch(held_out_tales(N_TEST))
    ranks = effective_rank(residual_stream(model, token_ids[:, :N_RANKED])).mean(dim=1)
    return tale_loss(model, token_ids).item(), tuple(ranks.tolist())


def _means_of_ten(history: Sequence[float]) -> Iterator[float]:
    """Shorten a curve to the means of ten steps each; a rest at the end is left out."""
    for start in range(0, len(history) - 9, 10):
        yield sum(history[start : start + 10]) / 10


def record(runs: Sequence[Trial], seeds: Sequence[int]) -> dict[str, Any]:
    """Run trials from every seed, and describe what came out."""
    return {
        "runs": [
            {"trial": asdict(trial), "seed": seed, "outcome": as_json(run_trial(trial, seed))}
            for trial in runs
            for seed in seeds
        ],
        **provenance("depth_runs"),
    }


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Write an outcome with four decimals, which is more than the seeds agree on."""
    return {
        "loss": None if math.isnan(outcome.loss) else round(outcome.loss, 4),
        "ranks": [round(rank, 2) for rank in outcome.ranks],
        "history": [round(loss, 4) for loss in outcome.history],
    }


def _from_json(found: dict[str, Any]) -> Outcome:
    loss = math.nan if found["loss"] is None else found["loss"]
    return Outcome(loss, tuple(found["ranks"]), tuple(found["history"]))


def recorded_outcomes(trial: Trial, path: Path = RECORD) -> list[Outcome]:
    """Read how a trial ended, one outcome a seed.

    Raises:
        ValueError: It was not recorded.
    """
    return [_from_json(outcome) for outcome in read_outcomes(path, trial)]


def best_outcomes(kind: str, n_layers: int, path: Path = RECORD) -> list[Outcome]:
    """Read how a variant ended at some depth, at the rate with the lower mean loss over the seeds.

    A rate at which the numbers overflowed from any seed counts as the worst.
    """
    by_rate = [
        recorded_outcomes(Trial(kind=kind, n_layers=n_layers, learning_rate=rate), path)
        for rate in RATES
    ]
    return min(by_rate, key=_mean_loss)


def _mean_loss(outcomes: Sequence[Outcome]) -> float:
    mean = sum(outcome.loss for outcome in outcomes) / len(outcomes)
    return math.inf if math.isnan(mean) else mean


def main() -> None:
    """Run all trials from the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(trials(), SEEDS))


if __name__ == "__main__":
    main()
