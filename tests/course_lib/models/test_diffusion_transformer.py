from dataclasses import replace

import pytest
import torch

from course_lib.models.diffusion_transformer import (
    DiffusionConfig,
    DiffusionTransformer,
    modulated,
)

CONFIG = DiffusionConfig(
    image_size=6, patch_size=2, n_channels=3, n_classes=5, n_times=11,
    d_model=8, n_heads=2, n_layers=2, d_ff=20,
)  # fmt: skip


def opened(seed: int = 0) -> DiffusionTransformer:
    """Return a model none of whose gates is shut."""
    generator = torch.Generator().manual_seed(seed)
    model = DiffusionTransformer(CONFIG, generator).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def inputs(seed: int = 1):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(4, 3, 6, 6, generator=generator, dtype=torch.float64)
    return images, torch.tensor([0, 10, 4, 7]), torch.tensor([0, 5, 2, 4])


def test_before_training_it_guesses_no_noise():
    model = DiffusionTransformer(CONFIG, torch.Generator().manual_seed(0)).double()
    assert torch.equal(model(*inputs()), torch.zeros(4, 3, 6, 6, dtype=torch.float64))


def test_a_shut_block_passes_its_patches_through():
    model = DiffusionTransformer(CONFIG, torch.Generator().manual_seed(0))
    x = torch.randn(2, 9, 8, generator=torch.Generator().manual_seed(1))
    assert torch.equal(model.blocks[0](x, torch.randn(2, 8)), x)


def test_images_do_not_mix():
    model, (images, times, labels) = opened(), inputs()
    whole = model(images, times, labels)
    alone = torch.cat([model(images[i : i + 1], times[i : i + 1], labels[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(whole, alone, rtol=1e-12, atol=1e-12)


def test_time_and_class_count():
    model, (images, times, labels) = opened(), inputs()
    before = model(images, times, labels)
    assert not torch.allclose(before, model(images, times.flip(0), labels))
    assert not torch.allclose(before, model(images, times, labels.flip(0)))


def test_every_patch_hears_of_every_other():
    model, (images, times, labels) = opened(), inputs()
    images.requires_grad_()
    model(images, times, labels)[:, :, :2, :2].sum().backward()
    assert images.grad is not None
    assert (images.grad[:, :, 4:, 4:] != 0).any()


def test_modulation_by_hand():
    # 1 and 3 have mean 2 and deviation 1: -1 and 1. A gain of 1 doubles, a shift of 5 adds.
    x = torch.tensor([[[1.0, 3.0]]], dtype=torch.float64)
    gain, shift = torch.ones(1, 1, 2), torch.full((1, 1, 2), 5.0)
    found = modulated(x, gain.double(), shift.double())
    torch.testing.assert_close(
        found, torch.tensor([[[3.0, 7.0]]], dtype=torch.float64), atol=2e-5, rtol=0
    )  # eps is 1e-5 beside a variance of 1


def test_the_same_seed_gives_the_same_weights():
    models = [DiffusionTransformer(CONFIG, torch.Generator().manual_seed(3)) for _ in range(2)]
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("change", [{"patch_size": 4}, {"n_heads": 3}, {"d_model": 7, "n_heads": 7}])
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match="must fill the image"):
        replace(CONFIG, **change)


def test_an_empty_size_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        replace(CONFIG, n_layers=0)
