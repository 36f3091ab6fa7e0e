"""Train decoders of many sizes on the same tales, and record how well they copy.

    python -m course_lib.checkpoints.copying_runs

On one machine, with one thread, the same seeds give the same numbers.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from course_lib.analysis.copied_words import KINDS, CopyScores, score_copies
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data import tinytales
from course_lib.data.tale_tokens import TOKENS, held_out_tales, make_batch, tale_batches, tale_loss
from course_lib.decoder import Decoder, build_decoder
from course_lib.training.small_models import train_small

RECORD = FOLDER / "copying_runs.json"
WIDTHS = (8, 12, 16, 24, 32, 48, 64)
SEEDS = (0, 1, 2)

LONGER_WIDTH = 12
"""The decoders that are trained a second time, from the same weights and for longer."""
LONGER_STEPS = 12_000

_DIGITS = 5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a decoder is trained and tested.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tales in a batch.
        n_sorted: Batches that are told at a time and sorted by length.
        rate_times_width: Peak of the learning rate for a width of 1; it falls with the width.
        n_warmup: Steps of the rise; then a straight line to 0.
        n_layers: Blocks of each decoder.
        n_heads: Heads of each layer.
        n_test: Tales of the test.
    """

    n_steps: int = 3000
    batch_size: int = 8
    n_sorted: int = 16
    rate_times_width: float = 0.256
    n_warmup: int = 50
    n_layers: int = 2
    n_heads: int = 2
    n_test: int = 1000


SETTINGS = Settings()


@dataclass(frozen=True)
class Kind:
    """How the copied words of one kind came out.

    Attributes:
        n: How many there were in the test.
        nats: Mean surprise at one.
        right: Share that the model would have said.
    """

    n: int
    nats: float
    right: float


@dataclass(frozen=True)
class Copier:
    """What a trained decoder came to.

    Attributes:
        width: Of its vectors.
        seed: Of its first weights and of its text.
        n_steps: How long it was trained.
        n_parameters: All of its parameters (N).
        excess: Its loss above the floor of the test, in nats a word.
        nats: Mean surprise at a copied word.
        right: Share of the copied words that it would have said.
        tales: Share of the tales of which it would have said every copied word.
        independent: What that would be if each word had the same chance.
        kinds: The copied words by what they name.
    """

    width: int
    seed: int
    n_steps: int
    n_parameters: int
    excess: float
    nats: float
    right: float
    tales: float
    independent: float
    kinds: dict[str, Kind]


def draw_text(seed: int, settings: Settings = SETTINGS) -> list[Tensor]:
    """Tell the tales that decoders of every size read."""
    generator = torch.Generator().manual_seed(seed)
    batches = tale_batches(settings.batch_size, generator, settings.n_sorted)
    return list(islice(batches, settings.n_steps))


def train_copier(
    width: int, seed: int, text: Sequence[Tensor], settings: Settings = SETTINGS
) -> Decoder:
    """Train a decoder from scratch.

    Args:
        width: Of its vectors.
        seed: Of its first weights.
        text: Its batches, one for each step.
        settings: How to train.

    Returns:
        The model, in evaluation mode.
    """
    model = build_decoder(
        vocab_size=len(TOKENS),
        d_model=width,
        n_heads=settings.n_heads,
        n_layers=settings.n_layers,
        d_ff=4 * width,
        max_seq_len=128,
        seed=seed,
        spread=width**-0.5,
    )
    return train_small(
        model,
        text,
        tale_loss,
        learning_rate=settings.rate_times_width / width,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
    )


def measure(
    width: int,
    seed: int,
    text: Sequence[Tensor],
    tales: Sequence[tinytales.Story],
    settings: Settings = SETTINGS,
) -> Copier:
    """Train a decoder from scratch, and test it.

    Args:
        width: Of its vectors.
        seed: Of its first weights.
        text: What it reads, a batch for each step.
        tales: The test.
        settings: How to train.
    """
    model = train_copier(width, seed, text, settings)
    scores = score_copies(model, tales)
    with torch.no_grad():
        loss = tale_loss(model, make_batch(tales)).item()
    excess = loss - tinytales.floor(tales).nats_per_word
    return Copier(
        width=width,
        seed=seed,
        n_steps=settings.n_steps,
        n_parameters=sum(parameter.numel() for parameter in model.parameters()),
        excess=round(excess, _DIGITS),
        nats=round(scores.nats, _DIGITS),
        right=round(scores.share_right, _DIGITS),
        tales=round(scores.share_of_tales, _DIGITS),
        independent=round(scores.share_if_independent, _DIGITS),
        kinds={kind: _kind(scores.of_kind(kind)) for kind in KINDS},
    )


def record(
    seeds: Sequence[int], widths: Sequence[int], settings: Settings = SETTINGS
) -> dict[str, Any]:
    """Train decoders of all widths from every seed, and describe what came out."""
    tales = held_out_tales(settings.n_test)
    runs = []
    for seed in seeds:
        text = draw_text(seed, settings)
        runs += [asdict(measure(width, seed, text, tales, settings)) for width in widths]
    return {
        "settings": asdict(settings),
        "runs": runs,
        **provenance("copying_runs"),
    }


def recorded_copiers(n_steps: int = SETTINGS.n_steps, path: Path = RECORD) -> list[Copier]:
    """Read what decoders came to, smallest first, and those of a size by their seeds.

    Args:
        n_steps: How long they were trained.
        path: The record.

    Raises:
        ValueError: None was trained for so long.
    """
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [
        Copier(**run | {"kinds": {kind: Kind(**own) for kind, own in run["kinds"].items()}})
        for run in runs
        if run["n_steps"] == n_steps
    ]
    if not found:
        raise ValueError(f"nothing is recorded of decoders that were trained for {n_steps} steps")
    return sorted(found, key=lambda copier: (copier.n_parameters, copier.seed))


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    made = record(SEEDS, WIDTHS)
    longer = replace(SETTINGS, n_steps=LONGER_STEPS)
    made["runs"] += record(SEEDS, (LONGER_WIDTH,), longer)["runs"]
    write_record(RECORD, made, indent=1)


def _kind(scores: CopyScores) -> Kind:
    return Kind(len(scores.kinds), round(scores.nats, _DIGITS), round(scores.share_right, _DIGITS))


if __name__ == "__main__":
    main()
