import math
from typing import Any

import pytest
import torch

from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar

EXACT: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12}


def test_by_hand():
    # √0.64 = 0.8 and √0.36 = 0.6: 0.8·10 + 0.6·5 = 11, and 0.6·10 + 0.8·5 = 10.
    schedule = NoiseSchedule(torch.tensor([0.64, 0.36], dtype=torch.float64))
    images = torch.full((2, 1, 3, 2), 10.0, dtype=torch.float64)
    spoilt = schedule.spoil(images, torch.tensor([0, 1]), images / 2)
    torch.testing.assert_close(spoilt[0], torch.full_like(spoilt[0], 11), **EXACT)
    torch.testing.assert_close(spoilt[1], torch.full_like(spoilt[1], 10), **EXACT)
    torch.testing.assert_close(schedule.clean(spoilt[:1], 0, images[:1] / 2), images[:1], **EXACT)


def test_the_cosine_is_that_of_the_paper():
    found = cosine_alpha_bar(50).double()
    kept = 1.0
    for time in range(50):
        before, after = (
            math.cos((place / 50 + 0.008) / 1.008 * math.pi / 2) ** 2 for place in (time, time + 1)
        )
        kept *= 1 - min(1 - after / before, 0.999)
        assert found[time].item() == pytest.approx(kept, rel=1e-6)


def test_what_is_left_falls_and_never_ends():
    shares = cosine_alpha_bar(200)
    assert (shares.diff() < 0).all()
    assert 0 < shares[-1] < 1e-4
    assert shares[0] > 0.999


def test_the_squares_of_the_factors_sum_to_one():
    schedule = NoiseSchedule(cosine_alpha_bar(7))
    torch.testing.assert_close(schedule.signal**2 + schedule.spread**2, torch.ones(7))
    assert len(schedule) == 7


def test_no_time_is_refused():
    with pytest.raises(ValueError, match="n_times=0"):
        cosine_alpha_bar(0)
