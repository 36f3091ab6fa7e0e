from dataclasses import replace

import pytest
import torch

from course_lib.data.digits import half_of_digits
from course_lib.models.vit import ViTClassifier
from course_lib.training.digit_reader import (
    READER_CONFIG,
    READER_SETTINGS,
    drawn_batches,
    reading_loss,
    share_on_ink,
    share_read,
    start_reader,
    train_reader,
)

SHORT = replace(READER_SETTINGS, n_steps=40)


def test_training_teaches_something_and_repeats():
    digits, losses = half_of_digits(0), []
    model = train_reader(digits, 0, SHORT, lambda step, loss: losses.append(loss))
    assert losses[-1] < 0.7 * losses[0]
    assert share_read(model, half_of_digits(1)) > 0.3  # one in ten by chance
    again = train_reader(digits, 0, SHORT)
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_batches_are_drawn_from_the_images():
    digits = half_of_digits(0)
    batch = next(drawn_batches(digits, 5, torch.Generator().manual_seed(0)))
    assert len(batch) == 5
    for image, label in zip(batch.images, batch.labels, strict=True):
        is_it = (digits.images == image).flatten(1).all(dim=1)
        assert label in digits.labels[is_it]


def test_the_loss_and_the_share_of_a_model_that_is_known():
    model = start_reader(ViTClassifier(READER_CONFIG, 10), torch.Generator().manual_seed(0))
    torch.nn.init.zeros_(model.to_classes.weight)
    with torch.no_grad():
        model.to_classes.bias.copy_(torch.arange(10.0))  # always says 9
    digits = half_of_digits(0)
    assert share_read(model, digits) == (digits.labels == 9).float().mean().item()
    expected = torch.arange(10.0).logsumexp(0) - digits.labels.float().mean()
    torch.testing.assert_close(reading_loss(model, digits), expected)


def test_who_looks_everywhere_alike_has_half_on_ink():
    model = start_reader(ViTClassifier(READER_CONFIG, 10), torch.Generator().manual_seed(0))
    torch.nn.init.zeros_(model.get_parameter("body.encoder.blocks.1.attention.to_q.weight"))
    assert share_on_ink(model, half_of_digits(0)) == pytest.approx(0.5, abs=1e-6)


def test_the_share_on_ink_image_by_image():
    model = start_reader(ViTClassifier(READER_CONFIG, 10), torch.Generator().manual_seed(0))
    digits = half_of_digits(0)[:7]
    shares = []
    with torch.no_grad():
        weights = model.body(digits.images, keep_weights=True).weights[-1]
    for image, of_image in zip(digits.images[:, 0], weights, strict=True):
        ink = [
            image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].sum() for r in range(4) for c in range(4)
        ]
        most = sorted(range(16), key=lambda place: -float(ink[place]))[:8]
        looks = of_image[:, 0].mean(dim=0)
        shares.append(sum(looks[1 + place] for place in most) / (1 - looks[0]))
    assert share_on_ink(model, digits) == pytest.approx(float(sum(shares) / 7), abs=1e-4)
