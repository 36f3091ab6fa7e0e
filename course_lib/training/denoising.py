"""Train a model to say which noise was mixed into images.

Axes: B batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.data.digits import Digits
from course_lib.models.diffusion_transformer import DiffusionConfig, DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar
from course_lib.training.loop import train
from course_lib.training.moving_average import MovingAverage
from course_lib.training.schedules import cosine_decay


@dataclass(frozen=True)
class SpoiltImages:
    """A batch to learn from.

    Attributes:
        images: Images with noise in them.
        times: How far each is spoilt.
        labels: What to paint, or the label that asks for no class.
        noise: What is to be guessed.
    """

    images: Float[Tensor, "B channels height width"]
    times: Int[Tensor, " B"]
    labels: Int[Tensor, " B"]
    noise: Float[Tensor, "B channels height width"]


@dataclass(frozen=True, kw_only=True)
class PainterSettings:
    """How a diffusion model is trained.

    Attributes:
        n_steps: Number of batches.
        batch_size: Images in a batch.
        learning_rate: Peak of the schedule: a rise, then half a cosine down to 0.
        n_warmup: Steps of the rise.
        weight_decay: AdamW's.
        dropped: Share of images whose class is not told.
        keep: Share of the averaged weights that stays at each step.
    """

    n_steps: int
    batch_size: int = 128
    learning_rate: float = 2e-3
    n_warmup: int = 50
    weight_decay: float = 0.0
    dropped: float = 0.1
    keep: float = 0.995


def spoilt_batches(
    digits: Digits, cfg: DiffusionConfig, settings: PainterSettings, generator: torch.Generator
) -> Iterator[SpoiltImages]:
    """Draw images, times and noise without end, and keep some classes back."""
    schedule = NoiseSchedule(cosine_alpha_bar(cfg.n_times))
    size = settings.batch_size
    while True:
        clean = digits[torch.randint(len(digits), (size,), generator=generator)]
        times = torch.randint(cfg.n_times, (size,), generator=generator)
        noise = torch.randn(clean.images.shape, generator=generator)
        is_kept_back = torch.rand(size, generator=generator) < settings.dropped
        labels = clean.labels.masked_fill(is_kept_back, cfg.no_class)
        yield SpoiltImages(schedule.spoil(clean.images, times, noise), times, labels, noise)


def noise_loss(model: nn.Module, batch: SpoiltImages) -> Float[Tensor, ""]:
    """Return the mean squared error of the guessed noise.

    Ho et al. 2020 (arXiv:2006.11239), equation 14.
    """
    return F.mse_loss(model(batch.images, batch.times, batch.labels), batch.noise)


def train_painter(
    digits: Digits,
    cfg: DiffusionConfig,
    seed: int,
    settings: PainterSettings,
    on_step: Callable[[int, float], object] | None = None,
) -> tuple[DiffusionTransformer, list[float]]:
    """Train a diffusion Transformer.

    Args:
        digits: Images to learn from.
        cfg: Sizes of the model.
        seed: Of the first weights, the batches and the noise.
        settings: How to train.
        on_step: Called after each step with the step and its loss.

    Returns:
        The model with averaged weights, in evaluation mode, and the loss of each step.
    """
    generator = torch.Generator().manual_seed(seed)
    model = DiffusionTransformer(cfg, generator)
    average = MovingAverage(model, settings.keep)

    def follow(step: int, loss: float) -> None:
        average.update(model)
        if on_step is not None:
            on_step(step, loss)

    history = train(
        model,
        spoilt_batches(digits, cfg, settings, generator),
        noise_loss,
        torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        ),
        n_steps=settings.n_steps,
        schedule=cosine_decay(settings.n_steps, min(settings.n_warmup, settings.n_steps - 1)),
        on_step=follow,
    )
    return average.model, history
