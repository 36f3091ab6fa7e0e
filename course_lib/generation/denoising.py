"""Paint from noise: guess the noise, step a little less noisy, and guess again.

Axes: B batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.models.diffusion_transformer import DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule


@dataclass(frozen=True)
class PaintingStep:
    """What is on the canvas at one step.

    Attributes:
        time: How far the canvas is spoilt.
        canvas: The noisy images.
        guess: What the model takes the clean images for.
    """

    time: int
    canvas: Float[Tensor, "B channels height width"]
    guess: Float[Tensor, "B channels height width"]


@torch.no_grad()
def guided_noise(
    model: DiffusionTransformer,
    canvas: Float[Tensor, "B channels height width"],
    time: int,
    labels: Int[Tensor, " B"],
    guidance: float,
) -> Float[Tensor, "B channels height width"]:
    """Guess the noise with the class and without, and exaggerate the difference.

    Ho and Salimans 2022 (arXiv:2207.12598), equation 6, whose w is `guidance` - 1.

    Args:
        model: Guesses the noise.
        canvas: Noisy images.
        time: How far they are spoilt.
        labels: What is to be painted.
        guidance: 1: listen to the class as in training. 0: do not. Above 1: exaggerate it.

    Returns:
        The noise.
    """
    times = torch.full_like(labels, time)
    with_class = model(canvas, times, labels)
    if guidance == 1:
        return with_class
    without = model(canvas, times, torch.full_like(labels, model.cfg.no_class))
    return without + guidance * (with_class - without)


def paint(
    model: DiffusionTransformer,
    schedule: NoiseSchedule,
    noise: Float[Tensor, "B channels height width"],
    labels: Int[Tensor, " B"],
    *,
    guidance: float = 1.0,
    n_steps: int = 25,
) -> Iterator[PaintingStep]:
    """Turn noise into images, without drawing any more of it.

    Implements the steps of Song et al. 2021 (arXiv:2010.02502), equation 12 with σ = 0. What the
    model takes the image for is kept between -1 and 1, as pixels are.

    Args:
        model: Guesses the noise.
        schedule: What it was trained with.
        noise: The canvas at the beginning.
        labels: What is to be painted, or the label that asks for no class.
        guidance: See `guided_noise`.
        n_steps: How many times the model is asked.

    Yields:
        Each step; the guess of the last one is the painting.

    Raises:
        ValueError: There are no steps, or more than times.
    """
    if not 1 <= n_steps <= len(schedule):
        raise ValueError(f"{n_steps=} must be from 1 to {len(schedule)}")
    canvas = noise
    times = visited_times(len(schedule), n_steps)
    for time, following in zip(times, [*times[1:], None], strict=True):
        wrong = guided_noise(model, canvas, time, labels, guidance)
        guess = schedule.clean(canvas, time, wrong).clamp(-1, 1)
        yield PaintingStep(time, canvas, guess)
        if following is not None:
            canvas = step_back(schedule, canvas, guess, time, following)


def step_back(
    schedule: NoiseSchedule,
    canvas: Float[Tensor, "*axes"],
    guess: Float[Tensor, "*axes"],
    time: int,
    following: int,
) -> Float[Tensor, "*axes"]:
    """Mix the guess anew, with less of what must be noise if it is right."""
    wrong = (canvas - schedule.signal[time] * guess) / schedule.spread[time]
    return schedule.signal[following] * guess + schedule.spread[following] * wrong


def visited_times(n_times: int, n_steps: int) -> list[int]:
    """Return times from the last down to the first, as evenly as whole numbers allow."""
    return torch.linspace(n_times - 1, 0, n_steps).round().long().tolist()
