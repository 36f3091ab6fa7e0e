"""Train decoders of experts and dense ones on facts of villages, and record how much they remember.

    python -m course_lib.checkpoints.expert_runs

On one machine, with one thread, the same seeds give the same losses bit for bit.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import read_outcomes, write_record
from course_lib.checkpoints.village_readers import (
    COEFFICIENT,
    EXPERTS,
    VillageTrial,
    answer_logits,
    dense_trial,
    experts_trial,
    single_trial,
    train_trial,
)
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.village_facts import all_questions
from course_lib.decoder import Decoder
from course_lib.expert_balance import expert_shares
from course_lib.mixture_of_experts import choose_experts
from course_lib.models.expert_decoder import active_parameters, watched_routers

RECORD = FOLDER / "expert_runs.json"
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Outcome:
    """What a decoder came to.

    Attributes:
        loss: Mean surprise at the answers, in nats, over all questions.
        recalled: Share of the questions whose answer it finds most likely.
        n_parameters: All of its parameters.
        n_active: Those that a token meets.
        shares: Share of the choices that falls on each expert; empty for a dense layer.
        history: Mean loss of each hundred training steps, without that for uneven use.
    """

    loss: float
    recalled: float
    n_parameters: int
    n_active: int
    shares: tuple[float, ...]
    history: tuple[float, ...]


def trials() -> list[VillageTrial]:
    """List all that is recorded, each trial once."""
    return [
        *(dense_trial(n_used) for n_used in (2, *EXPERTS)),
        *(experts_trial(n_experts) for n_experts in EXPERTS),
        *(experts_trial(n_experts, 0.0) for n_experts in EXPERTS),
        *(single_trial(coefficient) for coefficient in (COEFFICIENT, 0.0)),
    ]


@torch.no_grad()
def examine(model: Decoder, trial: VillageTrial, history: Sequence[float] = ()) -> Outcome:
    """Ask a trained decoder everything that it was told."""
    asked = all_questions(trial.n_villages)
    with watched_routers(model) as routers:
        logits = answer_logits(model, asked)
    shares: list[float] = []
    for said in routers:
        route = choose_experts(said[asked.counted.flatten()], trial.n_chosen)
        shares = expert_shares(route.experts, trial.n_experts).tolist()
    return Outcome(
        loss=F.cross_entropy(logits, asked.answers).item(),
        recalled=(logits.argmax(dim=-1) == asked.answers).double().mean().item(),
        n_parameters=sum(parameter.numel() for parameter in model.parameters()),
        n_active=active_parameters(model),
        shares=tuple(shares),
        history=tuple(_means_of_hundred(history)),
    )


def run_trial(trial: VillageTrial, seed: int) -> Outcome:
    """Build, train and test."""
    model, history = train_trial(trial, seed)
    return examine(model, trial, history)


def _means_of_hundred(history: Sequence[float]) -> list[float]:
    return [sum(history[at : at + 100]) / 100 for at in range(0, len(history) - 99, 100)]


def record(runs: Sequence[VillageTrial], seeds: Sequence[int]) -> dict[str, Any]:
    """Run trials from every seed, and describe what came out."""
    return {
        "runs": [
            {"trial": asdict(trial), "seed": seed, "outcome": as_json(run_trial(trial, seed))}
            for trial in runs
            for seed in seeds
        ],
        **provenance("expert_runs"),
    }


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Write an outcome with four decimals."""
    return {
        name: [round(each, 4) for each in value] if isinstance(value, tuple) else round(value, 4)
        for name, value in vars(outcome).items()
    }


def recorded_outcomes(trial: VillageTrial, path: Path = RECORD) -> list[Outcome]:
    """Read how a trial ended, one outcome a seed.

    Raises:
        ValueError: It was not recorded.
    """
    return [_from_json(outcome) for outcome in read_outcomes(path, trial)]


def _from_json(found: dict[str, Any]) -> Outcome:
    tuples: dict[str, Any] = {name: tuple(found[name]) for name in ("shares", "history")}
    return Outcome(**(found | tuples))


def main() -> None:
    """Run all trials from the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(trials(), SEEDS))


if __name__ == "__main__":
    main()
