"""Train the diffusion Transformer that paints digits, keep it, and record three seeds of it.

    python -m course_lib.checkpoints.digit_painters

It learns from one half of the digits. Readers that were trained on the other half say what its
paintings show. On one machine, with one thread, the same seeds give the same weights bit for bit.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.records import write_record
from course_lib.checkpoints.weights import (
    FOLDER,
    read_config,
    read_description,
    save_rounded,
    with_weights,
)
from course_lib.data.digits import IMAGE_SIZE, N_CLASSES, Digits, half_of_digits
from course_lib.generation.denoising import paint
from course_lib.models.diffusion_transformer import DiffusionConfig, DiffusionTransformer
from course_lib.models.vit import ViTClassifier
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar
from course_lib.training.denoising import PainterSettings, train_painter
from course_lib.training.digit_reader import share_on_ink, share_read, train_reader

PAINTER = FOLDER / "digit_painter.safetensors"
RECORD = FOLDER / "digit_painters.json"
SEEDS = (0, 1, 2)
"""Of painters and readers. The first painter is kept, and the first reader judges all."""
READERS_HALF, PAINTERS_HALF = 0, 1
NOISE_SEED = 1
"""Seed of the noise that the paintings of the record begin with."""
N_OF_EACH = 40
"""Paintings of each digit in the record."""
GUIDANCES = (1.0, 2.0, 4.0)

CONFIG = DiffusionConfig(
    image_size=IMAGE_SIZE,
    patch_size=2,
    n_channels=1,
    n_classes=N_CLASSES,
    n_times=200,
    d_model=64,
    n_heads=4,
    n_layers=3,
    d_ff=256,
)
SETTINGS = PainterSettings(n_steps=1600)


def paint_digits(
    model: DiffusionTransformer, n_of_each: int, guidance: float, seed: int = NOISE_SEED
) -> Digits:
    """Paint every digit as many times, from noise that the seed alone decides."""
    labels = torch.arange(N_CLASSES).repeat_interleave(n_of_each)
    shape = (len(labels), model.cfg.n_channels, model.cfg.image_size, model.cfg.image_size)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    schedule = NoiseSchedule(cosine_alpha_bar(model.cfg.n_times))
    *_, last = paint(model, schedule, noise, labels, guidance=guidance)
    return Digits(last.guess, labels)


def spread_within(digits: Digits) -> float:
    """Return how much images of one digit differ: a pixel's deviation, all pixels and digits."""
    variances = [
        digits.images[digits.labels == digit].var(dim=0).mean() for digit in range(N_CLASSES)
    ]
    return torch.stack(variances).mean().sqrt().item()


def nearest(
    images: Float[Tensor, "B 1 8 8"], known: Float[Tensor, "K 1 8 8"]
) -> Float[Tensor, " B"]:
    """Return the distance of each image to the nearest of those known, all pixels together."""
    return torch.cdist(images.flatten(1), known.flatten(1)).min(dim=1).values


def measure(model: DiffusionTransformer, reader: ViTClassifier) -> dict[str, Any]:
    """Paint with and without guidance and say how it went.

    Returns:
        By guidance, the share that the reader recognises, the spread within a digit, the mean
        distance to the nearest image that the model has learnt from, and the share of paintings to
        which that image is nearer than any of the other half. Copies would have a share of 1;
        paintings of a model that has no image by heart, one of about a half.
    """
    learnt, others = (half_of_digits(part).images for part in (PAINTERS_HALF, READERS_HALF))
    found = {}
    for guidance in GUIDANCES:
        painted = paint_digits(model, N_OF_EACH, guidance)
        distances = nearest(painted.images, learnt)
        is_nearer = distances < nearest(painted.images, others)
        found[f"{guidance:g}"] = {
            "recognised": share_read(reader, painted),
            "spread": spread_within(painted),
            "nearest": distances.mean().item(),
            "nearer_learnt": is_nearer.float().mean().item(),
        }
    return found


def real_ones(reader: ViTClassifier) -> dict[str, float]:
    """Measure the same of real images; those of one half beside those of the other."""
    learnt, others = half_of_digits(PAINTERS_HALF), half_of_digits(READERS_HALF)
    return {
        "recognised": share_read(reader, learnt),
        "spread": spread_within(learnt),
        "nearest": nearest(others.images, learnt.images).mean().item(),
    }


def recorded(path: Path = RECORD) -> dict[str, Any]:
    """Read what was measured from every seed.

    Raises:
        FileNotFoundError: There is no record.
        ValueError: It is damaged.
    """
    return read_description(path)


def load_painter(path: Path = PAINTER) -> DiffusionTransformer:
    """Build the painter from its files, in single precision and ready to paint.

    Args:
        path: The weights; the sizes stand in the JSON file of the same name.

    Returns:
        The model, in evaluation mode.

    Raises:
        FileNotFoundError: One of the two files is not there.
        ValueError: One of them is damaged, or they do not belong together.
    """
    cfg = read_config(path, DiffusionConfig)
    return with_weights(DiffusionTransformer(cfg, torch.Generator()), path)


def read_and_looked(readers: Sequence[ViTClassifier]) -> list[dict[str, Any]]:
    """Say of each reader how many unseen images it reads, and how much it looks at their ink."""
    unseen = half_of_digits(PAINTERS_HALF)
    return [
        {"seed": seed, "read": share_read(reader, unseen), "on_ink": share_on_ink(reader, unseen)}
        for seed, reader in zip(SEEDS, readers, strict=True)
    ]


def save_all(models: Sequence[DiffusionTransformer], readers: Sequence[ViTClassifier]) -> None:
    """Measure the models, rounded to half precision, write the record and keep the first."""
    runs = []
    for seed, model in zip(SEEDS, models, strict=True):
        _round_weights(model)
        runs.append({"seed": seed, "painted": measure(model, readers[0])})
    record = {
        "settings": asdict(SETTINGS),
        "runs": runs,
        "real": real_ones(readers[0]),
        "reader_seed": SEEDS[0],
        "readers": read_and_looked(readers),
        "n_paintings": N_OF_EACH * N_CLASSES,
        **provenance("digit_painters"),
    }
    write_record(RECORD, record, indent=1)
    description = {
        "config": asdict(CONFIG),
        "settings": asdict(SETTINGS),
        "seed": SEEDS[0],
        "metrics": runs[0]["painted"],
        **origin("digit_painters"),
    }
    save_rounded(models[0], PAINTER, description)


@torch.no_grad()
def _round_weights(model: DiffusionTransformer) -> None:
    """Round the weights to half precision, as they are kept; what is computed stays exact."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half())


def main() -> None:
    """Train from every seed, write the record, and keep the first seed's model."""
    torch.set_num_threads(1)
    readers = [train_reader(half_of_digits(READERS_HALF), seed) for seed in SEEDS]
    learnt = half_of_digits(PAINTERS_HALF)
    save_all([train_painter(learnt, CONFIG, seed, SETTINGS)[0] for seed in SEEDS], readers)


if __name__ == "__main__":
    main()
