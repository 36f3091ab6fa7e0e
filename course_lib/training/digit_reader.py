"""Train a small Vision Transformer to read handwritten digits.

Axes: B batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.data.digits import IMAGE_SIZE, N_CLASSES, Digits
from course_lib.models.vit import ViTClassifier, ViTConfig
from course_lib.training.loop import train
from course_lib.training.schedules import cosine_decay

READER_CONFIG = ViTConfig(
    image_size=IMAGE_SIZE, patch_size=2, n_channels=1, d_model=64, n_heads=4, n_layers=2, d_ff=128
)


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """How a reader is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Images in a batch.
        learning_rate: Peak of the schedule: a rise, then half a cosine down to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        most_shift: By how many pixels images are moved at most, up or down, left or right.
    """

    n_steps: int = 1000
    batch_size: int = 64
    learning_rate: float = 2e-3
    n_warmup: int = 50
    weight_decay: float = 0.1
    most_shift: int = 0


READER_SETTINGS = ReaderSettings()


def train_reader(
    digits: Digits,
    seed: int,
    settings: ReaderSettings = READER_SETTINGS,
    on_step: Callable[[int, float], object] | None = None,
) -> ViTClassifier:
    """Train a Vision Transformer from nothing.

    Args:
        digits: What to learn from.
        seed: Of the first weights, the batches and the shifts.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = start_reader(ViTClassifier(READER_CONFIG, N_CLASSES), generator)
    train(
        model,
        shifted_batches(digits, settings, generator),
        reading_loss,
        torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        n_steps=settings.n_steps,
        schedule=cosine_decay(settings.n_steps, min(settings.n_warmup, settings.n_steps - 1)),
        on_step=on_step,
    )
    return model.eval()


def start_reader(model: ViTClassifier, generator: torch.Generator) -> ViTClassifier:
    """Draw the weights of projections anew, so that they depend on the generator alone.

    Returns:
        The same model.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight, generator=generator)
            nn.init.zeros_(module.bias)
    table = model.body.patches.positions.table
    nn.init.normal_(table, std=0.02, generator=generator)  # as in GPT-2: small beside 1
    return model


def shifted_batches(
    digits: Digits, settings: ReaderSettings, generator: torch.Generator
) -> Iterator[Digits]:
    """Draw images without end, each batch moved by whole pixels."""
    most = settings.most_shift
    while True:
        batch = digits[torch.randint(len(digits), (settings.batch_size,), generator=generator)]
        top, left = torch.randint(2 * most + 1, (2,), generator=generator).tolist()
        padded = F.pad(batch.images, (most,) * 4, value=-1.0)  # no ink
        height, width = batch.images.shape[2:]
        yield Digits(padded[:, :, top : top + height, left : left + width], batch.labels)


def reading_loss(model: ViTClassifier, batch: Digits) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the labels, in nats."""
    return F.cross_entropy(model(batch.images), batch.labels)


@torch.no_grad()
def share_read(model: ViTClassifier, digits: Digits) -> float:
    """Return the share of images that a reader takes for what they show."""
    return (model(digits.images).argmax(dim=1) == digits.labels).float().mean().item()
