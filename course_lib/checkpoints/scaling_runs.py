"""Train readers of many sizes on sources of known entropy, and record how far above it they end.

    python -m course_lib.checkpoints.scaling_runs

On one machine, with one thread, the same seeds give the same losses.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import FOLDER
from course_lib.data.markov import MarkovSource, make_markov_source
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.models.lstm_reader import LstmReader
from course_lib.training.small_models import train_small

RECORD = FOLDER / "scaling_runs.json"
TEST_SEED = 1_000_000
"""Seed of the text that no training has seen."""

WIDTHS = (8, 10, 12, 16, 20, 26)
"""Widths of the decoders that a law is fitted to."""
LARGER = 56
"""Width of the one that is foretold."""
LSTM_WIDTHS = (5, 10, 20)

LSTM_SOURCE = 0
"""The source that LSTMs read too."""

SEEDS = {0: (0, 1, 2), 2: (6, 7, 8)}
"""For each source, by its seed, those of the models. Sizes and settings were chosen on the first
and on a third that is not kept; the second is fresh."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a reader is trained and tested.

    Attributes:
        n_steps: Number of batches.
        batch_size: Sequences in a batch.
        seq_len: Symbols in a sequence: the two that decide, and the one that they decide.
        learning_rate: Peak for a model of width 16; it falls with the root of the width.
        n_warmup: Steps of the rise; then a straight line to 0.
        n_test: Sequences of the test.
    """

    n_steps: int = 1200
    batch_size: int = 640
    seq_len: int = 3
    learning_rate: float = 2e-2
    n_warmup: int = 50
    n_test: int = 20_000


SETTINGS = Settings()


@dataclass(frozen=True)
class Measured:
    """What a trained reader came to.

    Attributes:
        n_parameters: All of its parameters (N).
        excess: Its loss less the entropy of the source, in nats a symbol.
    """

    n_parameters: int
    excess: float


def build_reader(kind: str, width: int, n_symbols: int, generator: torch.Generator) -> nn.Module:
    """Build a decoder of one layer and one head, or an LSTM.

    Args:
        kind: "transformer" or "lstm".
        width: Of its vectors.
        n_symbols: Symbols of the source.
        generator: Source of the weights.

    Raises:
        ValueError: There is no such kind.
    """
    if kind == "lstm":
        return LstmReader(n_symbols, width, generator)
    if kind != "transformer":
        raise ValueError(f"there is no reader {kind!r}, only 'transformer' and 'lstm'")
    cfg = DecoderConfig(
        vocab_size=n_symbols,
        d_model=width,
        n_heads=1,
        n_layers=1,
        d_ff=4 * width,
        positions="rotary",
        max_seq_len=SETTINGS.seq_len,
    )
    return Decoder(cfg, generator, spread=width**-0.5)


def symbol_loss(model: nn.Module, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of all symbols but the first two."""
    logits = model(token_ids[:, :-1]).logits[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 2:].flatten())


def measure(
    source: MarkovSource, kind: str, width: int, seed: int, settings: Settings = SETTINGS
) -> Measured:
    """Train a reader from scratch, and test it.

    Args:
        source: What it reads.
        kind: See `build_reader`.
        width: Of its vectors.
        seed: Of the first weights and of the text.
        settings: How to train.
    """
    generator = torch.Generator().manual_seed(seed)
    model = build_reader(kind, width, source.n_symbols, generator)
    train_small(
        model,
        source.batches(settings.batch_size, settings.seq_len, generator),
        symbol_loss,
        learning_rate=settings.learning_rate * (16 / width) ** 0.5,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        weight_decay=0.0,
    )
    unseen = torch.Generator().manual_seed(TEST_SEED)
    token_ids = source.draw(settings.n_test, settings.seq_len, unseen)
    with torch.no_grad():
        excess = source.excess(model(token_ids[:, :-1]).logits, token_ids[:, :-1]).item()
    return Measured(sum(p.numel() for p in model.parameters()), excess)


def record(
    seeds: Mapping[int, Sequence[int]],
    widths: Mapping[str, Sequence[int]],
    settings: Settings = SETTINGS,
) -> dict[str, Any]:
    """Train readers of all widths from every seed, and describe what came out.

    Args:
        seeds: For each source, by its seed, those of the models.
        widths: Of the readers, for each kind.
        settings: How to train.
    """
    runs = []
    for source_seed, model_seeds in seeds.items():
        source = make_markov_source(source_seed)
        for kind, kind_widths in widths.items():
            for width in kind_widths:
                for seed in model_seeds:
                    found = measure(source, kind, width, seed, settings)
                    runs.append(
                        {
                            "source": source_seed,
                            "kind": kind,
                            "width": width,
                            "seed": seed,
                            "n_parameters": found.n_parameters,
                            "excess": round(found.excess, 5),
                        }
                    )
    return {
        "settings": asdict(settings),
        "runs": runs,
        **provenance("scaling_runs"),
    }


def recorded_runs(source: int, kind: str, path: Path = RECORD) -> list[Measured]:
    """Read what readers of a kind came to on a source, smallest first."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    found = [
        Measured(run["n_parameters"], run["excess"])
        for run in runs
        if (run["source"], run["kind"]) == (source, kind)
    ]
    return sorted(found, key=lambda measured: measured.n_parameters)


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    made = record(SEEDS, {"transformer": (*WIDTHS, LARGER)})
    made["runs"] += record({LSTM_SOURCE: SEEDS[LSTM_SOURCE]}, {"lstm": LSTM_WIDTHS})["runs"]
    write_record(RECORD, made, indent=1)


if __name__ == "__main__":
    main()
