"""Train readers that find facts in a context, record what they find where, and keep one of them.

    python -m course_lib.checkpoints.needle_readers

A reader learns in three stages: to copy within short sequences, to find facts in contexts of up to
64 tokens, and to find them in contexts of up to 256. On one machine, with one thread, the same
seeds give the same numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.attention_context import causal_context
from course_lib.checkpoints.provenance import provenance
from course_lib.checkpoints.weights import FOLDER, read_description, save_checkpoint, with_weights
from course_lib.data.needles import NeedleTask, answer_loss
from course_lib.data.repeats import RepeatBatch, RepeatTask
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.training.loop import train
from course_lib.training.small_models import small_adamw, train_small

CHECKPOINT = FOLDER / "needle_reader.safetensors"
TASK = NeedleTask()
CONFIG = DecoderConfig(
    vocab_size=TASK.vocab_size,
    d_model=64,
    n_heads=4,
    n_layers=2,
    d_ff=64,
    positions="rotary",
    max_seq_len=1024,
)
LENGTHS = (64, 128, 256, 512)
"""Contexts of the test."""
N_PLACES = 16
"""Places of the asked fact in each test, from the first to the last."""
WINDOW = 32
"""Positions that a query sees where the readers are tested with a window."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a reader is trained.

    Attributes:
        copied_at: The loss of copying at which that stage is over.
        most_copying: Steps of that stage at most.
        n_steps: Steps of each of the two other stages.
        n_warmup: Steps of the rise at the start of each; then a straight line leads to 0.
        longest: The longest contexts of the two.
        batch_sizes: Sequences in a batch, of each of the three stages.
        learning_rate: The peak of each stage.
        n_test: Contexts for each place and length in the test.
    """

    copied_at: float = 0.1
    most_copying: int = 4000
    n_steps: int = 500
    n_warmup: int = 20
    longest: tuple[int, int] = (64, 256)
    batch_sizes: tuple[int, int, int] = (32, 32, 16)
    learning_rate: float = 3e-3
    n_test: int = 200


SETTINGS = Settings()


def copying_loss(model: nn.Module, batch: RepeatBatch) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the symbols that the context decides."""
    logits = model(batch.token_ids[:, :-1]).logits
    return F.cross_entropy(logits[batch.is_decided], batch.token_ids[:, 1:][batch.is_decided])


def train_readers(seed: int, settings: Settings = SETTINGS) -> Iterator[Decoder]:
    """Train one reader, and give it as it is after the second stage and after the third.

    Args:
        seed: Of the weights and of all that is read.
        settings: How to train.

    Yields:
        The same reader twice, in evaluation mode; it changes in between.
    """
    generator = torch.Generator().manual_seed(seed)
    reader = Decoder(CONFIG, generator, spread=CONFIG.d_model**-0.5)
    _learn_to_copy(reader, generator, settings)
    for longest, size in zip(settings.longest, settings.batch_sizes[1:], strict=True):
        yield train_small(
            reader,
            TASK.batches(size, longest, generator),
            answer_loss,
            learning_rate=settings.learning_rate,
            n_steps=settings.n_steps,
            n_warmup=settings.n_warmup,
        )


def _learn_to_copy(reader: Decoder, generator: torch.Generator, settings: Settings) -> None:
    """Train on repeats until they are copied: how long that takes is a matter of luck."""
    optimizer = small_adamw(reader, settings.learning_rate)
    batches = RepeatTask(n_symbols=TASK.n_symbols).batches(settings.batch_sizes[0], generator)
    chunk = min(100, settings.most_copying)
    for _ in range(0, settings.most_copying, chunk):
        losses = train(reader, batches, copying_loss, optimizer, n_steps=chunk)
        if sum(losses[-20:]) < settings.copied_at * len(losses[-20:]):
            return


@torch.no_grad()
def recall_by_place(
    reader: Decoder,
    context_len: int,
    n_test: int = SETTINGS.n_test,
    window: int | None = None,
    n_places: int = N_PLACES,
) -> dict[int, float]:
    """Ask for a fact at each of some places, among others elsewhere.

    Args:
        reader: The reader.
        context_len: How many tokens it reads before it is asked.
        n_test: Contexts for each place.
        window: How many positions a query sees in every layer. None: all.
        n_places: Places from the first to the last, evenly spaced.

    Returns:
        Share of right answers by the place where the fact begins.
    """
    generator = torch.Generator().manual_seed(10_000)
    found = {}
    for step in range(n_places):
        place = 2 * ((context_len // 2 - 1) * step // (n_places - 1))
        batch = TASK.batch(n_test, context_len, generator, place)
        answers = _last_logits(reader, batch.token_ids[:, :-1], window).argmax(dim=-1)
        found[place] = (answers == batch.answers[:, 0]).double().mean().item()
    return found


def _last_logits(reader: Decoder, token_ids: Tensor, window: int | None) -> Float[Tensor, "B V"]:
    x = reader.embed(token_ids)
    context = reader.context(token_ids.shape[1], x, keep_weights=False)
    if window is not None:
        context = causal_context(
            n_seen=0, n_queries=token_ids.shape[1], window=window, rotate=context.rotate
        )
    for block in reader.blocks:
        x = block(x, context).x
    return reader.final_norm(x[:, -1]) @ reader.embedding.weight.T


def record(
    seeds: Sequence[int], settings: Settings = SETTINGS, keep: Callable[[Decoder], object] = id
) -> dict[str, Any]:
    """Train a reader from every seed, and describe what it finds where after either stage.

    Args:
        seeds: The seeds.
        settings: How to train.
        keep: Is given the reader of the first seed when it has finished.
    """
    runs = []
    for seed in seeds:
        for longest, reader in zip(settings.longest, train_readers(seed, settings), strict=True):
            recall = {n: recall_by_place(reader, n, settings.n_test) for n in LENGTHS}
            runs.append({"seed": seed, "longest": longest, "recall": recall})
            if (seed, longest) == (seeds[0], settings.longest[-1]):
                keep(reader)
    return {
        "config": asdict(CONFIG),
        "seed": seeds[0],
        "metrics": _of_the_kept(runs, seeds[0]),
        "task": asdict(TASK),
        "settings": asdict(settings),
        "runs": runs,
        **provenance("needle_readers"),
    }


def _of_the_kept(runs: Sequence[dict[str, Any]], seed: int) -> dict[str, float]:
    """Return the mean recall of the reader that is kept, by the length of the contexts."""
    recall = [run["recall"] for run in runs if run["seed"] == seed][-1]
    return {f"recall_{n}": fmean(by_place.values()) for n, by_place in recall.items()}


def recorded_recall(longest: int, context_len: int, path: Path = CHECKPOINT) -> list[list[float]]:
    """Read the recorded share of right answers: for each seed, one number a place.

    Args:
        longest: The longest contexts that the reader was trained on.
        context_len: The contexts of the test.
        path: The checkpoint beside whose description the record stands.
    """
    runs = [run for run in read_description(path)["runs"] if run["longest"] == longest]
    tables = [run["recall"][str(context_len)] for run in runs]
    return [[table[place] for place in sorted(table, key=int)] for table in tables]


def load_needle_reader(path: Path = CHECKPOINT) -> Decoder:
    """Build the kept reader from its files, in single precision and evaluation mode.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: A file is damaged, or does not fit.
    """
    return with_weights(Decoder(CONFIG, torch.Generator()), path)


def main() -> None:
    """Train with the stated seeds; write the record, and the first reader in half precision."""
    torch.set_num_threads(1)
    kept: list[Decoder] = []
    description = record(seeds=(0, 1, 2, 3, 4), keep=kept.append)
    save_checkpoint(kept[0].half(), CHECKPOINT, description)


if __name__ == "__main__":
    main()
