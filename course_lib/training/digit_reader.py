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
from course_lib.patches import patchify
from course_lib.training.loop import train
from course_lib.training.schedules import cosine_decay

READER_CONFIG = ViTConfig(
    image_size=IMAGE_SIZE, patch_size=2, n_channels=1, d_model=64, n_heads=4, n_layers=2, d_ff=128
)
# About as large as a patch is after its projection, so that where it stands is heard from the first
# step on: a reader whose positions begin at 0.02 reads fewer unseen images.
POSITION_SPREAD = 0.5


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """How a reader is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Images in a batch.
        learning_rate: Peak of the schedule: a rise, then half a cosine down to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
    """

    n_steps: int = 1000
    batch_size: int = 64
    learning_rate: float = 2e-3
    n_warmup: int = 50
    weight_decay: float = 0.1


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
        seed: Of the first weights and the batches.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(seed)
    model = start_reader(ViTClassifier(READER_CONFIG, N_CLASSES), generator)
    train(
        model,
        drawn_batches(digits, settings.batch_size, generator),
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
    nn.init.normal_(table, std=POSITION_SPREAD, generator=generator)
    return model


def drawn_batches(digits: Digits, size: int, generator: torch.Generator) -> Iterator[Digits]:
    """Draw images without end."""
    while True:
        yield digits[torch.randint(len(digits), (size,), generator=generator)]


def reading_loss(model: nn.Module, batch: Digits) -> Float[Tensor, ""]:
    """Return the mean cross-entropy of the labels, in nats."""
    return F.cross_entropy(model(batch.images), batch.labels)


@torch.no_grad()
def share_read(model: ViTClassifier, digits: Digits) -> float:
    """Return the share of images that a reader takes for what they show."""
    return (model(digits.images).argmax(dim=1) == digits.labels).float().mean().item()


@torch.no_grad()
def share_on_ink(model: ViTClassifier, digits: Digits) -> float:
    """Return how much of what the class token looks at last lies on the inked half of the patches.

    Args:
        model: Its last layer's weights are taken, as the mean of the heads, without what the class
            token gives to itself.
        digits: Images, of which the mean is taken. The half with more ink is each image's own.

    Returns:
        The share; a model that looks everywhere alike has a half.
    """
    looks = model.body(digits.images, keep_weights=True).weights[-1][:, :, 0, 1:].mean(dim=1)
    ink = patchify(digits.images, model.body.patches.patch_size).mean(dim=2)  # B n_patches
    inked = ink.argsort(dim=1, descending=True)[:, : ink.shape[1] // 2]
    return (looks.gather(1, inked).sum(dim=1) / looks.sum(dim=1)).mean().item()
