from itertools import pairwise

import pytest
import torch

from course_lib.generation.denoising import guided_noise, paint, step_back, visited_times
from course_lib.models.diffusion_transformer import DiffusionConfig, DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar

CONFIG = DiffusionConfig(
    image_size=4, patch_size=2, n_channels=2, n_classes=3, n_times=20,
    d_model=8, n_heads=2, n_layers=1, d_ff=12,
)  # fmt: skip
SCHEDULE = NoiseSchedule(cosine_alpha_bar(20))


def opened() -> DiffusionTransformer:
    generator = torch.Generator().manual_seed(0)
    model = DiffusionTransformer(CONFIG, generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model


def canvas() -> torch.Tensor:
    return torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(1))


class Knows(DiffusionTransformer):
    """A model that knows what the image is."""

    def __init__(self, image: torch.Tensor) -> None:
        super().__init__(CONFIG, torch.Generator())
        self.image = image

    def forward(self, images, times, labels):
        time = int(times[0])
        return (images - SCHEDULE.signal[time] * self.image) / SCHEDULE.spread[time]


def test_who_knows_the_noise_paints_the_image():
    image = canvas().clamp(-1, 1)
    *_, last = paint(Knows(image), SCHEDULE, 2 * canvas(), torch.tensor([0, 1, 2]), n_steps=7)
    torch.testing.assert_close(last.guess, image, atol=1e-4, rtol=0)


def test_a_step_by_hand():
    # Seen 0.5 = 0.8 · 0.925 + 0.6 · (-0.4); then 0.96 · 0.925 + 0.28 · (-0.4) = 0.776.
    schedule = NoiseSchedule(torch.tensor([0.96**2, 0.64], dtype=torch.float64))
    seen, guess = (torch.tensor([value], dtype=torch.float64) for value in (0.5, 0.925))
    assert step_back(schedule, seen, guess, 1, 0).item() == pytest.approx(0.776, abs=1e-12)


def test_guidance_moves_along_the_difference():
    model, x, labels = opened(), canvas(), torch.tensor([0, 1, 2])
    none = torch.full_like(labels, CONFIG.no_class)
    plain, without = guided_noise(model, x, 5, labels, 1.0), guided_noise(model, x, 5, none, 1.0)
    torch.testing.assert_close(guided_noise(model, x, 5, labels, 0.0), without)
    torch.testing.assert_close(guided_noise(model, x, 5, labels, 3.0), 3 * plain - 2 * without)
    assert not torch.allclose(plain, without)


def test_steps_follow_each_other():
    steps = list(
        paint(opened(), SCHEDULE, canvas(), torch.tensor([0, 1, 2]), guidance=2.0, n_steps=5)
    )
    assert [step.time for step in steps] == visited_times(20, 5)
    assert torch.equal(steps[0].canvas, canvas())
    for now, following in pairwise(steps):
        expected = step_back(SCHEDULE, now.canvas, now.guess, now.time, following.time)
        torch.testing.assert_close(following.canvas, expected)
        assert now.guess.abs().max() <= 1


def test_times_go_from_the_last_to_the_first():
    assert visited_times(9, 3) == [8, 4, 0]
    assert visited_times(5, 5) == [4, 3, 2, 1, 0]
    assert visited_times(200, 25)[0] == 199
    assert visited_times(200, 1) == [199]


@pytest.mark.parametrize("n_steps", [0, 21])
def test_too_few_or_too_many_steps_are_refused(n_steps):
    with pytest.raises(ValueError, match=f"n_steps={n_steps} must be from 1 to 20"):
        next(paint(opened(), SCHEDULE, canvas(), torch.tensor([0, 1, 2]), n_steps=n_steps))
