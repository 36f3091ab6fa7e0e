from dataclasses import replace

import torch

from course_lib.data.digits import half_of_digits
from course_lib.models.vit import ViTClassifier
from course_lib.training.digit_reader import (
    READER_CONFIG,
    READER_SETTINGS,
    reading_loss,
    share_read,
    shifted_batches,
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


def test_images_are_moved_by_whole_pixels():
    digits = half_of_digits(0)
    settings = replace(READER_SETTINGS, most_shift=2, batch_size=3)
    batch = next(shifted_batches(digits, settings, torch.Generator().manual_seed(0)))
    assert batch.images.shape == (3, 1, 8, 8)
    inner = batch.images[0, 0, 2:6, 2:6]
    windows = digits.images.unfold(2, 4, 1).unfold(3, 4, 1)
    assert (windows == inner).all(dim=-1).all(dim=-1).any()


def test_unmoved_images_are_those_of_the_data():
    digits = half_of_digits(0)
    batch = next(shifted_batches(digits, READER_SETTINGS, torch.Generator().manual_seed(0)))
    assert (digits.images == batch.images[0]).flatten(1).all(dim=1).any()


def test_the_loss_and_the_share_of_a_model_that_is_known():
    model = start_reader(ViTClassifier(READER_CONFIG, 10), torch.Generator().manual_seed(0))
    torch.nn.init.zeros_(model.to_classes.weight)
    with torch.no_grad():
        model.to_classes.bias.copy_(torch.arange(10.0))  # always says 9
    digits = half_of_digits(0)
    assert share_read(model, digits) == (digits.labels == 9).float().mean().item()
    expected = torch.arange(10.0).logsumexp(0) - digits.labels.float().mean()
    torch.testing.assert_close(reading_loss(model, digits), expected)
