import json

import pytest
import torch

from course_lib.checkpoints.digit_painters import (
    CONFIG,
    GUIDANCES,
    PAINTER,
    RECORD,
    SEEDS,
    SETTINGS,
    load_painter,
    nearest,
    paint_digits,
    recorded,
    spread_within,
)
from course_lib.data.digits import Digits


def test_the_painter_is_small_and_of_the_stated_sizes():
    painter = load_painter()
    assert painter.cfg == CONFIG
    assert not painter.training
    assert PAINTER.stat().st_size < 550_000


def test_paintings_are_the_same_every_time_and_of_the_wanted_digits():
    painter = load_painter()
    one, other = (paint_digits(painter, 2, 2.0) for _ in range(2))
    assert torch.equal(one.images, other.images)
    assert one.labels.tolist() == [digit for digit in range(10) for _ in range(2)]
    assert one.images.abs().max() <= 1


def test_the_record_holds_every_seed_and_guidance():
    record = recorded()
    assert [run["seed"] for run in record["runs"]] == list(SEEDS)
    for run in record["runs"]:
        assert list(run["painted"]) == [f"{guidance:g}" for guidance in GUIDANCES]
    assert record["settings"]["n_steps"] == SETTINGS.n_steps
    assert json.loads(PAINTER.with_suffix(".json").read_text())["seed"] == SEEDS[0]
    assert RECORD.stat().st_size < 5_000


def test_the_spread_by_hand():
    # Two images a digit, 0 and 2 in every pixel: variance 2 (of a sample), deviation √2.
    images = torch.tensor([0.0, 2.0]).repeat(10)[:, None, None, None].expand(20, 1, 8, 8)
    labels = torch.arange(10).repeat_interleave(2)
    assert spread_within(Digits(images, labels)) == pytest.approx(2**0.5)


def test_the_nearest_by_hand():
    # Half of all 64 pixels differ by 1: the root of 32.
    known = torch.zeros(2, 1, 8, 8)
    known[1] = 5
    image = torch.zeros(1, 1, 8, 8)
    image[..., :4] = 1
    assert nearest(image, known).item() == pytest.approx(32**0.5, rel=1e-5)
