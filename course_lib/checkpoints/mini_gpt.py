"""Train the mini-GPT that tells tales to their end, and write its checkpoint in half precision.

    python -m course_lib.checkpoints.mini_gpt

On one machine, with one thread, the same seed gives the same weights bit for bit.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.checkpoints.decoders import read_decoder
from course_lib.checkpoints.provenance import origin
from course_lib.checkpoints.weights import (
    FOLDER,
    save_checkpoint,
)
from course_lib.data import tinytales
from course_lib.data.tale_tokens import (
    TOKENS,
    held_out_tales,
    tale_batches,
    tale_loss,
    total_nats,
)
from course_lib.decoder import Decoder, DecoderConfig
from course_lib.training.small_models import begin_quietly, small_adamw, train_small

CHECKPOINT = FOLDER / "mini_gpt.safetensors"
SEED = 0
"""Seed of the checkpoint."""

CONFIG = DecoderConfig(
    vocab_size=len(TOKENS),
    d_model=128,
    n_heads=4,
    n_layers=3,
    d_ff=512,
    positions="rotary",
    max_seq_len=128,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the decoder is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tales in a batch.
        learning_rate: The peak, after a short rise; then a straight line leads to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        n_sorted: See `tale_batches`.
        residual_scale: Factor on the first weights of the projections that write to the residual
            stream, so that what they add does not drown the embeddings there. Radford et al. 2019
            do the same, with another factor.
    """

    n_steps: int = 30_000
    batch_size: int = 8
    learning_rate: float = 3e-3
    n_warmup: int = 50
    weight_decay: float = 0.01
    n_sorted: int = 16
    residual_scale: float = 0.1


SETTINGS = Settings()


def build_mini_gpt(
    cfg: DecoderConfig, generator: torch.Generator, settings: Settings = SETTINGS
) -> Decoder:
    """Build an untrained decoder whose blocks begin by saying little.

    Args:
        cfg: Sizes of the decoder.
        generator: Where the weights come from.
        settings: How it will be trained.
    """
    # Embeddings of length 1 at the start: tied to the output, they then give logits near 1.
    model = Decoder(cfg, generator, spread=cfg.d_model**-0.5)
    begin_quietly(model, settings.residual_scale)
    return model


def new_optimizer(model: nn.Module, settings: Settings = SETTINGS) -> torch.optim.Optimizer:
    """Make the optimiser."""
    return small_adamw(model, settings.learning_rate, settings.weight_decay)


def train_mini_gpt(
    seed: int,
    settings: Settings = SETTINGS,
    cfg: DecoderConfig = CONFIG,
    on_step: Callable[[int, float], object] | None = None,
) -> Decoder:
    """Train a decoder on tales, each of which it meets once.

    Args:
        seed: Of the initial weights and of the tales.
        settings: How to train.
        cfg: Sizes of the decoder.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = build_mini_gpt(cfg, generator, settings)
    batches = tale_batches(settings.batch_size, generator, settings.n_sorted)
    return train_small(
        model,
        batches,
        tale_loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        weight_decay=settings.weight_decay,
        on_step=on_step,
    )


def load_mini_gpt(path: Path = CHECKPOINT) -> Decoder:
    """Build the trained model from its files, in single precision and ready to tell.

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
    tales = held_out_tales(1000)
    floor = tinytales.floor(tales)
    n_words = sum(len(tale.words) for tale in tales)
    nats = total_nats(model, tales)
    return {
        "config": asdict(model.cfg),
        "settings": asdict(settings),
        "seed": seed,
        "metrics": {
            "nats_per_word": nats / n_words,
            "nats_per_story": nats / len(tales),
            "floor_per_word": floor.nats_per_word,
            "floor_per_story": floor.nats_per_story,
        },
        **origin("mini_gpt"),
    }


def main() -> None:
    """Train with the stated seed, round to half precision and write the checkpoint."""
    torch.set_num_threads(1)
    model = train_mini_gpt(SEED).half()
    save_checkpoint(model, CHECKPOINT, describe(model.float(), SEED))


if __name__ == "__main__":
    main()
