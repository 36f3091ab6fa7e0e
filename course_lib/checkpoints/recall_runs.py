"""Train four readers on key-value recall, with and without a curriculum, and record what they do.

    python -m course_lib.checkpoints.recall_runs

On one machine, with one thread, the same seeds give the same accuracies.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.recall import RecallBatch, RecallTask
from course_lib.models.recall_readers import CarryingReader, LookingReader
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

RECORD = FOLDER / "recall_runs.json"
TASK = RecallTask(n_keys=4, n_values=4, n_pairs=2)
GAPS = (4, 8, 16, 32, 64, 128, 256)

Name = Literal["RNN", "LSTM", "GRU", "attention"]
Plan = Literal["all gaps at once", "short gaps first"]
NAMES: tuple[Name, ...] = get_args(Name)
PLANS: tuple[Plan, ...] = get_args(Plan)

WIDTHS: dict[Name, int] = {"RNN": 76, "LSTM": 38, "GRU": 44, "attention": 60}
"""Chosen so that each reader has as many parameters as the others, within one in twenty."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a reader is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Sequences in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        n_gaps_in_curriculum: With short gaps first, how many of `GAPS` are trained on; the longer
            ones are met in the test alone.
        share_of_growth: With short gaps first, the share of the steps after which all of those
            gaps are in use.
        n_test: Sequences of each gap in the test.
    """

    n_steps: int = 1000
    batch_size: int = 64
    learning_rate: float = 4e-3
    n_warmup: int = 20
    n_gaps_in_curriculum: int = 4
    share_of_growth: float = 0.8
    n_test: int = 1000


SETTINGS = Settings()


def build_reader(name: Name, generator: torch.Generator) -> CarryingReader | LookingReader:
    """Build an untrained reader of the width in `WIDTHS`."""
    sizes = (TASK.vocab_size, TASK.n_values, WIDTHS[name], generator)
    return LookingReader(*sizes) if name == "attention" else CarryingReader(name, *sizes)


def gaps_at(plan: Plan, settings: Settings = SETTINGS) -> Callable[[int], Sequence[int]]:
    """Return which gaps may be drawn at a step, as a function of the step."""
    if plan == "all gaps at once":
        return lambda step: GAPS
    most, growing = settings.n_gaps_in_curriculum, settings.share_of_growth * settings.n_steps
    return lambda step: GAPS[: min(most, 1 + int(most * step / growing))]


def train_reader(
    name: Name,
    plan: Plan,
    seed: int,
    settings: Settings = SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> CarryingReader | LookingReader:
    """Train a reader from scratch.

    Args:
        name: Which one.
        plan: Which gaps it meets when.
        seed: Of the initial weights and of the sequences.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The reader, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    reader = build_reader(name, generator)
    train(
        reader,
        TASK.batches(settings.batch_size, gaps_at(plan, settings), generator),
        answer_loss,
        torch.optim.AdamW(reader.parameters(), lr=settings.learning_rate),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return reader.eval()


def answer_loss(model: nn.Module, batch: RecallBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the values asked for."""
    return F.cross_entropy(model(batch.token_ids), batch.targets)


@torch.no_grad()
def accuracies(
    reader: nn.Module, gaps: Sequence[int] = GAPS, settings: Settings = SETTINGS
) -> dict[int, float]:
    """Return the share of right answers at each gap, on sequences that no training has drawn."""
    generator = torch.Generator().manual_seed(10_000)
    shares = {}
    for gap in gaps:
        batch = TASK.batch(settings.n_test, gap, generator)
        answers = reader(batch.token_ids).argmax(dim=-1)
        shares[gap] = (answers == batch.targets).float().mean().item()
    return shares


def record(seeds: Sequence[int], settings: Settings = SETTINGS) -> dict[str, Any]:
    """Train every reader by every plan from every seed, and describe what came out."""
    runs = []
    for plan in PLANS:
        for name in NAMES:
            for seed in seeds:
                reader = train_reader(name, plan, seed, settings)
                shares = accuracies(reader, settings=settings)
                runs.append({"plan": plan, "name": name, "seed": seed, "accuracy": shares})
    generator = torch.Generator().manual_seed(0)
    readers = {name: build_reader(name, generator) for name in NAMES}
    return {
        "task": asdict(TASK),
        "settings": asdict(settings),
        "parameters": {
            name: sum(p.numel() for p in reader.parameters()) for name, reader in readers.items()
        },
        "runs": runs,
        **provenance("recall_runs"),
    }


def recorded_accuracy(plan: Plan, name: Name, path: Path = RECORD) -> dict[int, list[float]]:
    """Read the recorded share of right answers: for each gap, one number a seed."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    mine = [run["accuracy"] for run in runs if (run["plan"], run["name"]) == (plan, name)]
    return {gap: [accuracy[str(gap)] for accuracy in mine] for gap in GAPS}


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(seeds=(0, 1, 2)), indent=1)


if __name__ == "__main__":
    main()
