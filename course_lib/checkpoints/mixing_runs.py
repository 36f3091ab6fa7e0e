"""Train readers whose layers mix in different ways on recall of many pairs, and record it.

    python -m course_lib.checkpoints.mixing_runs

On one machine, with one thread, the same seeds give the same accuracies.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.recall_runs import answer_loss
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.recall import RecallBatch, RecallTask
from course_lib.models.recall_mixers import Mixer, MixingReader
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

RECORD = FOLDER / "mixing_runs.json"
PAIRS = (4, 8, 16, 32)
TASKS = tuple(RecallTask(n_keys=40, n_values=8, n_pairs=n_pairs) for n_pairs in PAIRS)
D_MODEL = 64


@dataclass(frozen=True, kw_only=True)
class MixingSettings:
    """How a reader is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Sequences in a batch, all with one number of pairs, drawn from `PAIRS`.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        n_test: Sequences of each number of pairs in the test.
    """

    n_steps: int = 1000
    batch_size: int = 64
    learning_rate: float = 3e-3
    n_warmup: int = 50
    n_test: int = 1000


SETTINGS = MixingSettings()


@dataclass(frozen=True)
class ReaderKind:
    """Which reader.

    Attributes:
        mixers: How each of its layers mixes.
        n_states: Numbers of state a channel, where a layer has a state.
    """

    mixers: tuple[Mixer, ...]
    n_states: int

    @property
    def name(self) -> str:
        """A name such as "linear 16"."""
        return f"{' + '.join(self.mixers)} {self.n_states}"


READERS = (
    ReaderKind(("attention",), 1),
    ReaderKind(("linear",), 4),
    ReaderKind(("linear",), 16),
    ReaderKind(("linear",), 64),
    ReaderKind(("scan",), 4),
    ReaderKind(("scan",), 16),
    ReaderKind(("linear", "linear"), 4),
    ReaderKind(("linear", "attention"), 4),
    ReaderKind(("attention", "linear"), 4),
)


def build_reader(reader: ReaderKind, generator: torch.Generator) -> MixingReader:
    """Build an untrained reader."""
    return MixingReader(
        reader.mixers,
        vocab_size=TASKS[0].vocab_size,
        n_answers=TASKS[0].n_values,
        d_model=D_MODEL,
        n_states=reader.n_states,
        generator=generator,
    )


def recall_batches(batch_size: int, generator: torch.Generator) -> Iterator[RecallBatch]:
    """Draw batches without end; each has one of the numbers of pairs, and no gap."""
    while True:
        task = TASKS[int(torch.randint(len(TASKS), (), generator=generator))]
        yield task.batch(batch_size, 0, generator)


def train_reader(
    reader: ReaderKind,
    seed: int,
    settings: MixingSettings = SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> MixingReader:
    """Train a reader from scratch.

    Args:
        reader: Which one.
        seed: Of the initial weights and of the sequences.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The reader, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = build_reader(reader, generator)
    train(
        model,
        recall_batches(settings.batch_size, generator),
        answer_loss,
        torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, fused=True),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return model.eval()


@torch.no_grad()
def accuracies(model: nn.Module, settings: MixingSettings = SETTINGS) -> list[float]:
    """Return the share of right answers for each of `PAIRS`, on sequences of their own seed."""
    generator = torch.Generator().manual_seed(10_000)
    shares = []
    for task in TASKS:
        batch = task.batch(settings.n_test, 0, generator)
        answers = model(batch.token_ids).argmax(dim=-1)
        shares.append((answers == batch.targets).float().mean().item())
    return shares


def record(seeds: Sequence[int], settings: MixingSettings = SETTINGS) -> dict[str, Any]:
    """Train every reader from every seed, and describe what came out."""
    runs = []
    for reader in READERS:
        for seed in seeds:
            model = train_reader(reader, seed, settings)
            n_parameters = sum(p.numel() for p in model.parameters())
            shares = [round(share, 4) for share in accuracies(model, settings)]
            runs.append(
                {
                    "reader": reader.name,
                    "seed": seed,
                    "accuracy": shares,
                    "n_parameters": n_parameters,
                }
            )
    return {
        "pairs": list(PAIRS),
        "settings": asdict(settings),
        "runs": runs,
        **provenance("mixing_runs"),
    }


def recorded_accuracy(reader: ReaderKind, path: Path = RECORD) -> list[list[float]]:
    """Read the recorded shares of right answers: one row a seed, one number for each of `PAIRS`."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [run["accuracy"] for run in runs if run["reader"] == reader.name]


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(seeds=(0, 1, 2)), indent=1)


if __name__ == "__main__":
    main()
