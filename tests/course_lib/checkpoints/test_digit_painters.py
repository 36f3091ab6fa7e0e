import json
from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints.digit_painters import (
    CONFIG,
    GUIDANCES,
    N_OF_EACH,
    PAINTER,
    PAINTERS_HALF,
    READERS_HALF,
    RECORD,
    SEEDS,
    SETTINGS,
    load_painter,
    measure,
    nearest,
    paint_digits,
    read_and_looked,
    recorded,
    spread_within,
)
from course_lib.data.digits import N_CLASSES, Digits, half_of_digits
from course_lib.models.diffusion_transformer import DiffusionTransformer
from course_lib.models.vit import ViTClassifier
from course_lib.noise_schedule import NoiseSchedule, cosine_alpha_bar
from course_lib.training.digit_reader import READER_CONFIG, share_read, start_reader


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
    assert record["settings"] == asdict(SETTINGS)
    assert [reader["seed"] for reader in record["readers"]] == list(SEEDS)
    assert json.loads(PAINTER.with_suffix(".json").read_text())["seed"] == SEEDS[0]
    assert RECORD.stat().st_size < 5_000


def test_the_painter_is_the_first_of_the_record():
    painted = paint_digits(load_painter(), N_OF_EACH, 2.0)
    due = recorded()["runs"][0]["painted"]["2"]
    assert spread_within(painted) == pytest.approx(due["spread"], rel=1e-2)
    distances = nearest(painted.images, half_of_digits(PAINTERS_HALF).images)
    assert distances.mean().item() == pytest.approx(due["nearest"], rel=1e-2)


class Paints(DiffusionTransformer):
    """A model that says of every canvas which image it is: the ones known, in their order."""

    def __init__(self, known: torch.Tensor) -> None:
        super().__init__(CONFIG, torch.Generator())
        self.known = known

    def forward(self, images, times, labels):
        schedule = NoiseSchedule(cosine_alpha_bar(CONFIG.n_times))
        time = int(times[0])
        known = self.known[: len(images)]
        return (images - schedule.signal[time] * known) / schedule.spread[time]


@pytest.mark.parametrize(("half", "nearer"), [(PAINTERS_HALF, 1.0), (READERS_HALF, 0.0)])
def test_copies_are_found(half, nearer):
    reader = start_reader(ViTClassifier(READER_CONFIG, N_CLASSES), torch.Generator().manual_seed(0))
    for found in measure(Paints(half_of_digits(half).images), reader).values():
        assert found["nearer_learnt"] == nearer
        assert (found["nearest"] < 1e-2) == (nearer == 1)


def test_readers_are_listed_with_what_they_read_and_look_at():
    generator = torch.Generator().manual_seed(0)
    readers = [start_reader(ViTClassifier(READER_CONFIG, N_CLASSES), generator) for _ in SEEDS]
    for found, seed, reader in zip(read_and_looked(readers), SEEDS, readers, strict=True):
        assert found["seed"] == seed
        assert found["read"] == share_read(reader, half_of_digits(PAINTERS_HALF))
        assert 0.3 < found["on_ink"] < 0.7  # before training it looks nearly everywhere alike


def test_the_files_that_are_missing_or_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_painter(tmp_path / "none.safetensors")
    (tmp_path / "odd.json").write_text('{"config": {"colour": 1}}')
    with pytest.raises(ValueError, match=r"odd\.json holds no sizes"):
        load_painter(tmp_path / "odd.safetensors")


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
