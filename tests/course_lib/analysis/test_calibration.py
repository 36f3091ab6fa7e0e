import math

import pytest
import torch

from course_lib.analysis.calibration import reliability


def float64(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def answers(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    confidence = torch.rand(n, generator=generator, dtype=torch.float64)
    return confidence, torch.rand(n, generator=generator) < 0.6


class TestReliability:
    def test_hand_worked(self):
        confidence = float64(0.1, 0.4, 0.45, 0.9, 0.8)
        is_right = torch.tensor([False, True, False, True, True])
        got = reliability(confidence, is_right, n_bins=4)
        # Bins: (0, 1/4] holds 0.1; (1/4, 1/2] holds 0.4 and 0.45; nothing in (1/2, 3/4]; the rest.
        assert got.n_answers.tolist() == [1, 2, 0, 2]
        assert got.confidence[[0, 1, 3]].tolist() == pytest.approx([0.1, 0.425, 0.85], abs=1e-12)
        assert got.accuracy[[0, 1, 3]].tolist() == [0.0, 0.5, 1.0]
        assert math.isnan(got.confidence[2])
        assert math.isnan(got.accuracy[2])
        # (1·|0.1 − 0| + 2·|0.425 − 0.5| + 2·|0.85 − 1|) / 5
        assert got.error == pytest.approx((0.1 + 2 * 0.075 + 2 * 0.15) / 5, abs=1e-12)

    @pytest.mark.parametrize("n_bins", [1, 3, 7, 10])
    def test_against_loops(self, n_bins):
        confidence, is_right = answers(101)
        got = reliability(confidence, is_right, n_bins)
        error = 0.0
        for i in range(n_bins):
            mine = [
                (c, r)
                for c, r in zip(confidence.tolist(), is_right.tolist(), strict=True)
                if i / n_bins < c <= (i + 1) / n_bins
            ]
            assert got.n_answers[i] == len(mine)
            mean_c = sum(c for c, _ in mine) / len(mine)
            mean_r = sum(r for _, r in mine) / len(mine)
            assert got.confidence[i].item() == pytest.approx(mean_c, abs=1e-12)
            assert got.accuracy[i].item() == pytest.approx(mean_r, abs=1e-12)
            error += len(mine) / 101 * abs(mean_c - mean_r)
        assert got.error == pytest.approx(error, abs=1e-12)

    def test_the_ends_of_the_scale_and_edges_belong_to_a_bin(self):
        got = reliability(float64(0.0, 0.5, 1.0), torch.tensor([False, True, True]), n_bins=2)
        assert got.n_answers.tolist() == [2, 1]

    def test_whoever_is_as_sure_as_right_has_no_error(self):
        confidence = float64(*[0.75] * 4)
        assert reliability(confidence, torch.tensor([True, True, False, True])).error == 0

    def test_certain_and_always_wrong_is_the_worst(self):
        confidence = float64(1.0, 1.0)
        assert reliability(confidence, torch.tensor([False, False])).error == 1

    def test_the_order_of_answers_does_not_matter(self):
        confidence, is_right = answers(31)
        order = torch.randperm(31, generator=torch.Generator().manual_seed(1))
        mixed = reliability(confidence[order], is_right[order])
        assert mixed.error == pytest.approx(reliability(confidence, is_right).error, abs=1e-12)


class TestErrors:
    def test_no_answers(self):
        with pytest.raises(ValueError, match="0 confidences"):
            reliability(torch.zeros(0), torch.zeros(0, dtype=torch.bool))

    @pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
    def test_no_probability(self, wrong):
        with pytest.raises(ValueError, match="between 0 and 1"):
            reliability(float64(0.5, wrong), torch.tensor([True, True]))

    def test_no_bins(self):
        with pytest.raises(ValueError, match="not 0"):
            reliability(float64(0.5), torch.tensor([True]), n_bins=0)
