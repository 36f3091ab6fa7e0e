from dataclasses import replace

import torch

from course_lib.data.digits import half_of_digits
from course_lib.models.diffusion_transformer import DiffusionConfig, DiffusionTransformer
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar
from course_lib.training.denoising import (
    PainterSettings,
    noise_loss,
    spoilt_batches,
    train_painter,
)

CONFIG = DiffusionConfig(
    image_size=8, patch_size=4, n_channels=1, n_classes=10, n_times=9,
    d_model=8, n_heads=2, n_layers=1, d_ff=12,
)  # fmt: skip
SETTINGS = PainterSettings(n_steps=6, batch_size=200, learning_rate=1e-2, n_warmup=2, keep=0.5)


def batch(settings=SETTINGS):
    generator = torch.Generator().manual_seed(0)
    return next(spoilt_batches(half_of_digits(1), CONFIG, settings, generator))


def test_a_batch_is_spoilt_by_its_own_noise():
    found = batch()
    schedule = NoiseSchedule(cosine_alpha_bar(CONFIG.n_times))
    for place in range(5):
        time = int(found.times[place])
        clean = schedule.clean(found.images[place], time, found.noise[place])
        if time < CONFIG.n_times - 1:  # at the last time hardly anything is left
            assert (half_of_digits(1).images - clean).abs().amax(dim=(1, 2, 3)).min() < 1e-3


def test_some_classes_are_kept_back():
    assert 5 < (batch().labels == CONFIG.no_class).sum() < 45  # 20 of 200 are expected
    assert (batch(replace(SETTINGS, dropped=0.0)).labels < 10).all()
    assert (batch(replace(SETTINGS, dropped=1.0)).labels == 10).all()


def test_the_loss_is_that_of_guessing_nothing_at_the_start():
    model = DiffusionTransformer(CONFIG, torch.Generator().manual_seed(0))
    found = batch()
    torch.testing.assert_close(noise_loss(model, found), found.noise.square().mean())


def test_training_lowers_the_loss_and_repeats():
    digits, steps = half_of_digits(1), []
    models = [
        train_painter(digits, CONFIG, 3, SETTINGS, lambda step, loss: steps.append(step))
        for _ in range(2)
    ]
    (model, history), (again, _) = models
    assert history[-1] < history[0]
    assert steps == [0, 1, 2, 3, 4, 5] * 2
    assert not model.training
    assert model.to_noise.weight.abs().max() > 0  # shut at first: the average has moved
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
