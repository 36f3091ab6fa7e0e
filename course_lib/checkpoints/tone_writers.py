"""Train small Whispers to write down which telephone keys sound, keep one, and record all.

    python -m course_lib.checkpoints.tone_writers

On one machine, with one thread, the same seeds give the same weights bit for bit.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.audio import log_mel_spectrogram
from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import (
    FOLDER,
    read_description,
    save_rounded,
    with_weights,
)
from course_lib.data.tones import (
    END,
    MOST_KEYS,
    N_SAMPLES,
    NOT_COUNTED,
    START,
    TONE_LOG_MEL,
    TONE_VOCAB_SIZE,
    Clips,
    add_noise,
    draw_clips,
    noisy_batches,
    spell,
    targets_of,
)
from course_lib.models.plain_stack import StackConfig
from course_lib.models.whisper import Whisper
from course_lib.models.whisper_config import WhisperConfig
from course_lib.training.loop import train
from course_lib.training.schedules import cosine_decay

WEIGHTS = FOLDER / "tone_writer.safetensors"
RECORD = FOLDER / "tone_writer_runs.json"
SEEDS = (0, 1, 2)
"""The first one's model is kept."""
TEST_SEED = 40_000
N_TEST = 400
SNRS_DB = (20, 10, 5, 0, -5)

_STACK = StackConfig(d_model=64, n_heads=4, n_layers=2, d_ff=256, k_bias=False)
CONFIG = WhisperConfig(
    vocab_size=TONE_VOCAB_SIZE,
    max_seq_len=MOST_KEYS + 2,
    n_mels=TONE_LOG_MEL.n_mels,
    n_sound_positions=N_SAMPLES // TONE_LOG_MEL.n_hop // 2,
    encoder=_STACK,
    decoder=_STACK,
)


@dataclass(frozen=True, kw_only=True)
class ToneSettings:
    """How a model is trained.

    Attributes:
        n_steps: Number of batches.
        n_pool: Clips without noise that all batches are drawn from, each time with fresh noise.
        batch_size: Clips in a batch.
        lowest_db: The least strength of a key over the noise.
        highest_db: The greatest.
        learning_rate: Peak of the schedule: a rise, then half a cosine down to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
    """

    n_steps: int = 2000
    n_pool: int = 6000
    batch_size: int = 32
    lowest_db: float = 0.0
    highest_db: float = 20.0
    learning_rate: float = 2e-3
    n_warmup: int = 50
    weight_decay: float = 0.01


SETTINGS = ToneSettings()


def start_tone_writer(generator: torch.Generator) -> Whisper:
    """Make a model whose first weights depend on the generator alone."""
    model = Whisper(CONFIG)
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv1d):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for table in (model.embedding.weight, model.positions.table):
        nn.init.normal_(table, std=CONFIG.decoder.d_model**-0.5, generator=generator)
    return model


def tone_loss(model: nn.Module, batch: Clips) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the keys and the end, in nats."""
    features = log_mel_spectrogram(batch.waveforms, TONE_LOG_MEL)
    logits = model(features, batch.token_ids[:, :-1])  # B T V
    return F.cross_entropy(
        logits.flatten(0, 1), targets_of(batch.token_ids).flatten(), ignore_index=NOT_COUNTED
    )


def train_tone_writer(
    seed: int,
    settings: ToneSettings = SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> Whisper:
    """Train a model from nothing.

    Args:
        seed: Of the first weights, the clips and the noise.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = start_tone_writer(generator)
    pool = draw_clips(settings.n_pool, generator)
    train(
        model,
        noisy_batches(
            pool, settings.batch_size, settings.lowest_db, settings.highest_db, generator
        ),
        tone_loss,
        torch.optim.AdamW(
            (parameter for parameter in model.parameters() if parameter.requires_grad),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        n_steps=settings.n_steps,
        schedule=cosine_decay(settings.n_steps, min(settings.n_warmup, settings.n_steps - 1)),
        on_step=on_step,
    )
    return model.eval()


@torch.no_grad()
def write_down(model: Whisper, waveforms: Float[Tensor, "B samples"]) -> Int[Tensor, "B T"]:
    """Let a model write the most probable token at each place, from the start on."""
    writer = model.listen(log_mel_spectrogram(waveforms, TONE_LOG_MEL))
    token_ids = torch.full((len(waveforms), 1), START)
    for _ in range(MOST_KEYS + 1):
        following = writer(token_ids, n_scored=1).logits[:, 0].argmax(dim=1, keepdim=True)
        token_ids = torch.cat([token_ids, following], dim=1)
    return token_ids


def share_exact(model: Whisper, clips: Clips) -> float:
    """Return the share of clips whose keys are all right, and no more and no fewer."""
    written = write_down(model, clips.waveforms)
    pairs = zip(written, clips.token_ids, strict=True)
    return sum(END in row and spell(row) == spell(right) for row, right in pairs) / len(clips)


def measure(model: Whisper, n_clips: int = N_TEST) -> dict[str, float]:
    """Dictate clips that no training has heard, under noise of each strength in `SNRS_DB`."""
    generator = torch.Generator().manual_seed(TEST_SEED)
    clean = draw_clips(n_clips, generator)
    exact = {}
    for snr_db in SNRS_DB:
        noisy = add_noise(clean.waveforms, float(snr_db), generator)
        clips = Clips(noisy, clean.token_ids, clean.starts_s, clean.ends_s)
        exact[str(snr_db)] = round(share_exact(model, clips), 4)
    return exact


def load_tone_writer(path: Path = WEIGHTS) -> Whisper:
    """Build the kept model, in single precision and in evaluation mode.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: They are damaged, or of another model.
    """
    return with_weights(Whisper(CONFIG), path)


def recorded_tones(path: Path = RECORD) -> list[dict[str, Any]]:
    """Read what was measured: one entry a seed, its `exact` shares by strength of the key.

    Raises:
        FileNotFoundError: There is no record.
        ValueError: It is damaged.
    """
    return read_description(path)["runs"]


def sizes() -> dict[str, Any]:
    """Return the sizes of the model, all that JSON can say of its configuration."""
    config = asdict(CONFIG)
    for side in (config["encoder"], config["decoder"]):
        side["activation"] = side["activation"].__name__
    return config


def main() -> None:
    """Train with each seed, write the record, and keep the first model in half precision."""
    torch.set_num_threads(1)
    models = [train_tone_writer(seed).half().float() for seed in SEEDS]
    measured = zip(SEEDS, models, strict=True)
    runs = [{"seed": seed, "exact": measure(model)} for seed, model in measured]
    about = {"settings": asdict(SETTINGS), "n_test": N_TEST}
    write_record(RECORD, {"runs": runs, **about, **provenance("tone_writers")}, indent=1)
    description = {"config": sizes(), "seed": SEEDS[0], "metrics": runs[0]["exact"], **about}
    description |= origin("tone_writers")
    save_rounded(models[0], WEIGHTS, description)


if __name__ == "__main__":
    main()
