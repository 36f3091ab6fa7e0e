"""Train the small decoder that tells tales, and write its checkpoint.

    python -m course_lib.checkpoints.tale_decoder

It reads a tale word by word and says which word comes next. On one machine, with one thread, the
same seed gives the same weights bit for bit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.checkpoints.decoders import read_decoder
from course_lib.checkpoints.provenance import origin
from course_lib.checkpoints.weights import (
    FOLDER,
    save_checkpoint,
)
from course_lib.data import tale_tokens, tinytales
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

CHECKPOINT = FOLDER / "tale_decoder.safetensors"
PADDING = len(tinytales.VOCABULARY)
"""Stands behind a tale that is shorter than its neighbours; no loss is taken there."""

CONFIG = DecoderConfig(
    vocab_size=len(tinytales.VOCABULARY) + 1,
    d_model=64,
    n_heads=4,
    n_layers=2,
    d_ff=128,
    positions="rotary",
    max_seq_len=128,
)
SEED = 0
"""Seed of the checkpoint."""

TEST_SEED = 1_000_000
"""Seed of the tales that no training has seen."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the decoder is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tales in a batch.
        learning_rate: Peak of the schedule: a short rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        spread: Standard deviation of the weights before training.
        weight_decay: AdamW's.
    """

    n_steps: int = 1500
    batch_size: int = 8
    learning_rate: float = 4e-3
    n_warmup: int = 50
    spread: float = 0.1
    weight_decay: float = 0.01


SETTINGS = Settings()


def make_batch(stories: Sequence[tinytales.Story]) -> Int[Tensor, "B T"]:
    """Write tales as numbers, each filled up with `PADDING` to the longest."""
    numbers = {word: number for number, word in enumerate(tinytales.VOCABULARY)}
    rows = [torch.tensor([numbers[word] for word in story.words]) for story in stories]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)


def next_word_loss(model: nn.Module, token_ids: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of each word of the tales but the first."""
    logits = model(token_ids[:, :-1]).logits
    return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten(), ignore_index=PADDING)


def train_teller(
    seed: int,
    on_step: Callable[[int, float], object] | None = None,
    settings: Settings = SETTINGS,
) -> Decoder:
    """Train a decoder from scratch.

    Args:
        seed: Of the initial weights and of the tales.
        on_step: Called after each step with the step and its loss.
        settings: How to train.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = Decoder(CONFIG, generator, settings.spread)
    train(
        model,
        _batches(settings.batch_size, generator),
        next_word_loss,
        torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=settings.weight_decay,
        ),
        n_steps=settings.n_steps,
        schedule=linear_decay(settings.n_steps, settings.n_warmup),
        on_step=on_step,
    )
    return model.eval()


def held_out_tales(n_tales: int) -> list[tinytales.Story]:
    """Tell tales for a test, always the same."""
    return tale_tokens.held_out_tales(n_tales, TEST_SEED)


def load_teller(path: Path = CHECKPOINT) -> Decoder:
    """Build the trained model from its files, ready to tell.

    Args:
        path: The weights; the sizes stand in the JSON file of the same name.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: One of them is damaged, or they do not belong together.
    """
    return read_decoder(path)


@torch.no_grad()
def describe(model: Decoder, seed: int, settings: Settings = SETTINGS) -> dict[str, Any]:
    """Say how a model was made and what it can do."""
    stories = held_out_tales(300)
    floor = -sum(sum(story.log_probs[1:]) for story in stories)
    return {
        "config": asdict(CONFIG),
        "settings": asdict(settings),
        "seed": seed,
        "metrics": {
            "nats_per_word": next_word_loss(model, make_batch(stories)).item(),
            "floor": floor / sum(len(story.words) - 1 for story in stories),
        },
        **origin("tale_decoder"),
    }


def main() -> None:
    """Train with the stated seed and write the checkpoint."""
    torch.set_num_threads(1)
    model = train_teller(SEED)
    save_checkpoint(model, CHECKPOINT, describe(model, SEED))


def _batches(batch_size: int, generator: torch.Generator) -> Iterator[Int[Tensor, "B T"]]:
    while True:
        yield make_batch([tinytales.sample_story(generator) for _ in range(batch_size)])


if __name__ == "__main__":
    main()
