import math
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import LAYER_NORM_EPS
from course_lib.models.diffusion_transformer import (
    DiffusionConfig,
    DiffusionTransformer,
    modulated,
)

CONFIG = DiffusionConfig(
    image_size=6, patch_size=2, n_channels=3, n_classes=5, n_times=11,
    d_model=8, n_heads=2, n_layers=2, d_ff=20,
)  # fmt: skip
EXACT: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12}


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


def by_hand(model: DiffusionTransformer, image, time: int, label: int) -> torch.Tensor:
    """Compute the guess for one image again, with other means: loops, and PyTorch's layer norm."""
    names = dict(model.named_parameters())

    def linear(name, x):
        return x @ names[f"{name}.weight"].T + names[f"{name}.bias"]

    def silu(x):
        return x * torch.sigmoid(x)

    def normed(x, gain, shift):
        return F.layer_norm(x, x.shape[-1:], eps=LAYER_NORM_EPS) * (1 + gain) + shift

    rates = [10_000 ** (-2 * i / 8) for i in range(4)]
    clock = [part(time * rate) for rate in rates for part in (math.sin, math.cos)]
    hidden = silu(linear("to_time.to_hidden", torch.tensor(clock, dtype=torch.float32).double()))
    condition = silu(linear("to_time.to_out", hidden) + names["classes.weight"][label])
    corners = [(top, left) for top in (0, 2, 4) for left in (0, 2, 4)]
    rows = [image[:, t : t + 2, left : left + 2].permute(1, 2, 0).flatten() for t, left in corners]
    x = linear("to_stream", torch.stack(rows)) + names["positions.table"]
    for block in ("blocks.0", "blocks.1"):
        signals = linear(f"{block}.to_signals", condition).reshape(6, 8)
        y = normed(x, signals[0], signals[1])
        q, k, v = (linear(f"{block}.attention.to_{each}", y) for each in "qkv")
        heads = []
        for own in (slice(0, 4), slice(4, 8)):
            heads.append(torch.softmax(q[:, own] @ k[:, own].T / 2, dim=1) @ v[:, own])
        x = x + signals[2] * linear(f"{block}.attention.to_out", torch.cat(heads, dim=1))
        y = normed(x, signals[3], signals[4])
        bent = F.gelu(linear(f"{block}.feed_forward.to_hidden", y))
        x = x + signals[5] * linear(f"{block}.feed_forward.to_out", bent)
    gain, shift = linear("to_last_signals", condition).reshape(2, 8)
    found = torch.empty_like(image)
    for patch, (top, left) in zip(linear("to_noise", normed(x, gain, shift)), corners, strict=True):
        found[:, top : top + 2, left : left + 2] = patch.reshape(2, 2, 3).permute(2, 0, 1)
    return found


def test_it_computes_what_another_implementation_does():
    model, (images, times, labels) = opened(), inputs()
    found = model(images, times, labels)
    for place, image in enumerate(images):
        due = by_hand(model, image, int(times[place]), int(labels[place]))
        torch.testing.assert_close(found[place], due, **EXACT)


def test_before_training_it_guesses_no_noise():
    model = DiffusionTransformer(CONFIG, torch.Generator().manual_seed(0)).double()
    assert torch.equal(model(*inputs()), torch.zeros(4, 3, 6, 6, dtype=torch.float64))


def test_a_shut_block_passes_its_patches_through():
    model = DiffusionTransformer(CONFIG, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    x, condition = torch.randn(2, 9, 8, generator=generator), torch.randn(2, 8, generator=generator)
    assert torch.equal(model.blocks[0](x, condition), x)


def test_images_do_not_mix():
    model, (images, times, labels) = opened(), inputs()
    whole = model(images, times, labels)
    singles = [torch.tensor([place]) for place in range(4)]
    alone = torch.cat([model(images[one], times[one], labels[one]) for one in singles])
    torch.testing.assert_close(whole, alone, **EXACT)


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


ODD_WIDTH = {"d_model": 7, "n_heads": 7}


@pytest.mark.parametrize("change", [{"patch_size": 4}, {"n_heads": 3}, ODD_WIDTH])
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match="must fill the image"):
        replace(CONFIG, **change)


def test_an_empty_size_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        replace(CONFIG, n_layers=0)
