import pytest
import torch

from course_lib.data.digits import N_CLASSES, all_digits, half_of_digits


def test_all_images_are_there_with_ink_from_none_to_most():
    digits = all_digits()
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.min() == -1
    assert digits.images.max() == 1
    assert len(digits) == 1797


def test_the_first_image_is_the_zero_that_scikit_learn_shows():
    digits = all_digits()
    ink = (digits.images[0, 0] + 1) * 8
    assert ink[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.labels[:10].tolist() == list(range(10))


def test_the_halves_share_no_image_and_hold_every_one():
    first, second = half_of_digits(0), half_of_digits(1)
    assert len(first) + len(second) == 1797
    rows = torch.cat([first.images, second.images]).flatten(1)
    everything = all_digits().images.flatten(1)
    assert torch.equal(rows.unique(dim=0), everything.unique(dim=0))


def test_the_halves_hold_as_many_of_each_digit():
    counts = [half_of_digits(part).labels.bincount(minlength=N_CLASSES) for part in (0, 1)]
    assert (counts[0] - counts[1]).abs().max() <= 1


def test_a_half_is_the_same_every_time():
    assert torch.equal(half_of_digits(1).images, half_of_digits(1).images)


def test_a_third_half_is_refused():
    with pytest.raises(ValueError, match="0 and 1, not 2"):
        half_of_digits(2)
