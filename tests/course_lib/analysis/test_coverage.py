import math

import pytest
import torch

from course_lib.analysis.coverage import coverage_curve, mean_score


def float64(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def answers(n=53, seed=0):
    generator = torch.Generator().manual_seed(seed)
    # Tenths, so that there are equals.
    confidence = torch.randint(11, (n,), generator=generator).double() / 10
    return confidence, torch.rand(n, generator=generator) < 0.5


class TestCoverageCurve:
    def test_hand_worked(self):
        confidence = float64(0.2, 0.9, 0.9, 0.6)
        is_right = torch.tensor([False, True, False, True])
        curve = coverage_curve(confidence, is_right)
        assert curve.thresholds.tolist() == [0.9, 0.6, 0.2]
        assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
        assert curve.error.tolist() == pytest.approx([1 / 2, 1 / 3, 2 / 4], abs=1e-12)

    def test_against_loops(self):
        confidence, is_right = answers()
        curve = coverage_curve(confidence, is_right)
        assert curve.thresholds.tolist() == sorted(set(confidence.tolist()), reverse=True)
        for i, threshold in enumerate(curve.thresholds.tolist()):
            given = [
                r
                for c, r in zip(confidence.tolist(), is_right.tolist(), strict=True)
                if c >= threshold
            ]
            assert curve.coverage[i].item() == pytest.approx(len(given) / 53, abs=1e-12)
            assert curve.error[i].item() == pytest.approx(
                given.count(False) / len(given), abs=1e-12
            )

    def test_the_last_point_answers_everything(self):
        confidence, is_right = answers(seed=1)
        curve = coverage_curve(confidence, is_right)
        assert curve.coverage[-1] == 1
        assert curve.error[-1].item() == pytest.approx(
            (~is_right).double().mean().item(), abs=1e-12
        )

    def test_one_answer(self):
        curve = coverage_curve(float64(0.3), torch.tensor([True]))
        assert (curve.thresholds.tolist(), curve.coverage.tolist()) == ([0.3], [1.0])
        assert curve.error.tolist() == [0.0]

    def test_no_answers(self):
        with pytest.raises(ValueError, match="0 confidences"):
            coverage_curve(torch.zeros(0), torch.zeros(0, dtype=torch.bool))

    def test_no_probability(self):
        with pytest.raises(ValueError, match="between 0 and 1"):
            coverage_curve(float64(math.nan), torch.tensor([True]))


class TestMeanScore:
    def test_hand_worked(self):
        confidence = float64(0.9, 0.6, 0.5, 0.1)
        is_right = torch.tensor([True, False, True, False])
        # Without a threshold two are right and two wrong; at 0.6 one of each is given.
        assert mean_score(confidence, is_right, 0.0, penalty=0.0) == 0.5
        assert mean_score(confidence, is_right, 0.0, penalty=3.0) == (2 - 6) / 4
        assert mean_score(confidence, is_right, 0.6, penalty=3.0) == (1 - 3) / 4
        assert mean_score(confidence, is_right, 0.95, penalty=3.0) == 0.0

    def test_without_a_penalty_no_threshold_is_better_than_none(self):
        confidence, is_right = answers(seed=2)
        scores = [mean_score(confidence, is_right, t / 10, 0.0) for t in range(11)]
        assert scores == sorted(scores, reverse=True)

    def test_a_negative_penalty(self):
        with pytest.raises(ValueError, match="not -1"):
            mean_score(float64(0.5), torch.tensor([True]), 0.0, -1.0)

    def test_no_answers(self):
        with pytest.raises(ValueError, match="0 confidences"):
            mean_score(torch.zeros(0), torch.zeros(0, dtype=torch.bool), 0.5, 1.0)
