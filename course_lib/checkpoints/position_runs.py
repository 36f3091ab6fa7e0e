"""Train a small language model with each kind of position, and record its loss past that length.

    python -m course_lib.checkpoints.position_runs

The text is read letter by letter: Python's own standard library. On one machine, with one thread
and one version of Python, the same seeds give the same losses.
"""

import json
from collections.abc import Iterator, Sequence
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
from course_lib.data import python_source
from course_lib.decoder import POSITION_KINDS, Decoder, build_decoder
from course_lib.tokenizer import CharTokenizer
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

RECORD = FOLDER / "position_runs.json"
MULTIPLES = (1, 2, 4)
"""How many times the trained length is tested."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a model is trained and tested.

    Attributes:
        trained_length: Letters in a training sequence; the model predicts each but the first.
        n_steps: Number of batches.
        batch_size: Sequences in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        n_test: Stretches of four times the trained length in the test.
    """

    trained_length: int = 32
    n_steps: int = 500
    batch_size: int = 32
    learning_rate: float = 3e-3
    n_warmup: int = 20
    n_test: int = 200

    @property
    def longest(self) -> int:
        """Letters in the longest test sequence."""
        return self.trained_length * MULTIPLES[-1]


SETTINGS = Settings()


@dataclass(frozen=True)
class Text:
    """The corpus as numbers; the test lies behind what is trained on.

    Attributes:
        seen: Letters to train on.
        held_out: Stretches of the longest test length.
        vocab_size: Number of different letters.
    """

    seen: Int[Tensor, " n"]
    held_out: Int[Tensor, "n_test longest"]
    vocab_size: int


def load_text(settings: Settings = SETTINGS) -> Text:
    """Read the corpus letter by letter, and keep a tenth of it for the test."""
    source = python_source.load()
    tokenizer = CharTokenizer(source)
    token_ids = torch.tensor(tokenizer.encode(source))
    border = len(token_ids) * 9 // 10
    behind = token_ids[border:]
    stretches = behind[: len(behind) // settings.longest * settings.longest]
    held_out = stretches.reshape(-1, settings.longest)
    spaced = torch.linspace(0, len(held_out) - 1, settings.n_test).long()
    return Text(token_ids[:border], held_out[spaced], tokenizer.vocab_size)


def train_model(positions: str, seed: int, text: Text, settings: Settings = SETTINGS) -> Decoder:
    """Train a model from scratch on sequences of the trained length.

    Args:
        positions: One of `POSITION_KINDS`. Learned vectors exist for the longest test length, but
            those past the trained length are never trained.
        seed: Of the initial weights and of the sequences.
        text: What to read.
        settings: How to train.
    """
    model = build_decoder(
        vocab_size=text.vocab_size,
        d_model=64,
        n_heads=4,
        n_layers=2,
        d_ff=128,
        positions=positions,
        max_seq_len=settings.longest,
        seed=seed,
        spread=0.1,
    )
    train(
        model,
        _stretches(text.seen, settings, torch.Generator().manual_seed(seed)),
        _next_letter_loss,
        torch.optim.AdamW(model.parameters(), lr=settings.learning_rate),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
    )
    return model


@torch.no_grad()
def loss_at_each_place(
    model: nn.Module, held_out: Int[Tensor, "n T"], length: int
) -> Float[Tensor, " {length-1}"]:
    """Return the mean loss by place, on held-out text cut into sequences of a length."""
    token_ids = held_out.reshape(-1, length)
    log_p = model(token_ids[:, :-1]).logits.log_softmax(dim=-1)
    return -log_p.gather(-1, token_ids[:, 1:, None])[..., 0].mean(dim=0)


def record(seeds: Sequence[int], settings: Settings = SETTINGS) -> dict[str, Any]:
    """Train with every kind of position from every seed, and describe what came out."""
    text = load_text(settings)
    runs = []
    for positions in POSITION_KINDS:
        for seed in seeds:
            model = train_model(positions, seed, text, settings)
            lengths = [settings.trained_length * multiple for multiple in MULTIPLES]
            by_place = [loss_at_each_place(model, text.held_out, length) for length in lengths]
            runs.append(
                {
                    "positions": positions,
                    "seed": seed,
                    "loss": [round(places.mean().item(), 4) for places in by_place],
                    "by_place": [round(loss, 3) for loss in by_place[-1].tolist()],
                }
            )
    return {
        "settings": asdict(settings),
        "runs": runs,
        **provenance("position_runs"),
    }


def recorded_losses(positions: str, path: Path = RECORD) -> Float[Tensor, "seeds lengths"]:
    """Read the recorded mean losses, one row a seed, one column a multiple of the length."""
    return torch.tensor([run["loss"] for run in _runs(positions, path)])


def recorded_by_place(positions: str, path: Path = RECORD) -> Float[Tensor, "seeds places"]:
    """Read the recorded loss at each place of the longest sequences, one row a seed."""
    return torch.tensor([run["by_place"] for run in _runs(positions, path)])


def main() -> None:
    """Train with the stated seeds and write the record."""
    torch.set_num_threads(1)
    write_record(RECORD, record(seeds=(0, 1, 2)))


def _runs(positions: str, path: Path) -> list[dict[str, Any]]:
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return [run for run in runs if run["positions"] == positions]


def _stretches(
    seen: Int[Tensor, " n"], settings: Settings, generator: torch.Generator
) -> Iterator[Int[Tensor, "B T"]]:
    windows = seen.unfold(0, settings.trained_length, 1)
    while True:
        yield windows[torch.randint(len(windows), (settings.batch_size,), generator=generator)]


def _next_letter_loss(model: nn.Module, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    logits = model(token_ids[:, :-1]).logits
    return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())


if __name__ == "__main__":
    main()
