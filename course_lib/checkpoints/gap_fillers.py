"""Train the two models that fill gaps of tales, and write their checkpoints in half precision.

    python -m course_lib.checkpoints.gap_fillers

One fills hidden words of tales and sees both sides, as BERT does; the other is a T5 and fills gaps
of any length in single sentences of tales. On one machine, with one thread, the same seeds give the
same weights bit for bit.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from course_lib.checkpoints.provenance import origin
from course_lib.checkpoints.weights import (
    FOLDER,
    read_config,
    save_checkpoint,
    with_weights,
)
from course_lib.data.tale_gaps import (
    GAP_VOCAB_SIZE,
    cut_spans,
    hide_words,
    sentences_of,
    sentences_without_end,
    tales_without_end,
)
from course_lib.data.tale_tokens import held_out_tales
from course_lib.decoder import DecoderConfig
from course_lib.models.gap_fillers import (
    TwoSidedEncoder,
    masked_loss,
    span_loss,
    start_t5,
)
from course_lib.models.t5 import T5
from course_lib.models.t5_config import T5Config
from course_lib.training.small_models import begin_quietly, train_small

WORD_FILLER = FOLDER / "word_filler.safetensors"
SPAN_FILLER = FOLDER / "span_filler.safetensors"
SEED = 0
"""Seed of both checkpoints."""
TEST_SEED = 1
"""Seed of the gaps in the tales that no training has seen."""
N_TEST = 300
RESIDUAL_SCALE = 0.1
"""Factor on the encoder's first weights that write to the residual stream."""

WORD_CONFIG = DecoderConfig(
    vocab_size=GAP_VOCAB_SIZE,
    d_model=96,
    n_heads=4,
    n_layers=2,
    d_ff=384,
    positions="rotary",
    max_seq_len=128,
)
SPAN_CONFIG = T5Config(
    vocab_size=GAP_VOCAB_SIZE,
    d_model=64,
    n_heads=4,
    d_head=16,
    n_encoder_layers=2,
    n_decoder_layers=2,
    d_ff=256,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a gap filler is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Tales or sentences in a batch.
        learning_rate: Peak of the schedule: a rise, then a straight line to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
    """

    n_steps: int
    batch_size: int = 16
    learning_rate: float = 4e-3
    n_warmup: int = 100
    weight_decay: float = 0.01


WORD_SETTINGS = Settings(n_steps=3000)
SPAN_SETTINGS = Settings(n_steps=1500, batch_size=64)


def train_word_filler(
    seed: int,
    settings: Settings = WORD_SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> TwoSidedEncoder:
    """Train an encoder to say which words are hidden.

    Args:
        seed: Of the first weights, of the tales and of what is hidden.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    batches = tales_without_end(settings.batch_size, generator)
    model = TwoSidedEncoder(WORD_CONFIG, generator, spread=WORD_CONFIG.d_model**-0.5)
    begin_quietly(model, RESIDUAL_SCALE)
    return train_small(
        model,
        (hide_words(tales, generator) for tales in batches),
        masked_loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        weight_decay=settings.weight_decay,
        on_step=on_step,
    )


def train_span_filler(
    seed: int,
    settings: Settings = SPAN_SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> T5:
    """Train a T5 to write what belongs into gaps of sentences; see `train_word_filler`."""
    generator = torch.Generator().manual_seed(seed)
    batches = sentences_without_end(settings.batch_size, generator)
    model = start_t5(T5(SPAN_CONFIG), generator)
    return train_small(
        model,
        (cut_spans(sentences, generator) for sentences in batches),
        span_loss,
        learning_rate=settings.learning_rate,
        n_steps=settings.n_steps,
        n_warmup=settings.n_warmup,
        weight_decay=settings.weight_decay,
        on_step=on_step,
    )


def load_word_filler(path: Path = WORD_FILLER) -> TwoSidedEncoder:
    """Build the encoder from its files, in single precision and ready to fill.

    Args:
        path: The weights; the sizes stand in the JSON file of the same name.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: One of them is damaged, or they do not belong together.
    """
    cfg = read_config(path, DecoderConfig)
    return with_weights(TwoSidedEncoder(cfg, torch.Generator()), path)


def load_span_filler(path: Path = SPAN_FILLER) -> T5:
    """Build the T5 from its files; see `load_word_filler`."""
    return with_weights(T5(read_config(path, T5Config)), path)


def _description(config: object, settings: Settings, loss: float) -> dict[str, Any]:
    return {
        "config": asdict(config),  # pyright: ignore[reportArgumentType]
        "settings": asdict(settings),
        "seed": SEED,
        "metrics": {"nats_per_target": loss},
        **origin("gap_fillers"),
    }


@torch.no_grad()
def save_word_filler(model: TwoSidedEncoder, path: Path = WORD_FILLER) -> None:
    """Round an encoder to half precision, test it and write it."""
    model = model.half().float()
    test = hide_words(held_out_tales(N_TEST), torch.Generator().manual_seed(TEST_SEED))
    loss = masked_loss(model, test).item()
    save_checkpoint(model.half(), path, _description(model.cfg, WORD_SETTINGS, loss))


@torch.no_grad()
def save_span_filler(model: T5, path: Path = SPAN_FILLER) -> None:
    """Round a T5 to half precision, test it and write it."""
    model = model.half().float()
    sentences = [part for tale in held_out_tales(N_TEST) for part in sentences_of(tale.words)]
    test = cut_spans(sentences, torch.Generator().manual_seed(TEST_SEED))
    loss = span_loss(model, test).item()
    save_checkpoint(model.half(), path, _description(model.cfg, SPAN_SETTINGS, loss))


def main() -> None:
    """Train both with the stated seed and write the checkpoints."""
    torch.set_num_threads(1)
    save_word_filler(train_word_filler(SEED))
    save_span_filler(train_span_filler(SEED))


if __name__ == "__main__":
    main()
