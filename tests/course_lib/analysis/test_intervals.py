import math

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib.analysis.intervals import Between, bootstrap_mean, wilson


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class TestWilson:
    def test_by_hand(self):
        # z² = 3.8415: centre (0.8 + 3.8415/20)/1.38415 = 0.7167, half
        # 1.96/1.38415 · √(0.016 + 3.8415/400) = 0.2266.
        found = wilson(8, 10)
        assert found.score == 0.8
        assert found.low == pytest.approx(0.4902, abs=1e-4)
        assert found.high == pytest.approx(0.9433, abs=1e-4)

    @pytest.mark.parametrize(("n_right", "n"), [(0, 7), (3, 11), (50, 101), (13, 13)])
    @pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
    def test_against_scipy(self, n_right, n, level):
        wanted = stats.binomtest(n_right, n).proportion_ci(level, method="wilson")
        found = wilson(n_right, n, level)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)

    def test_the_ends_are_just_not_surprising(self):
        # At either end the share that was seen is z standard deviations of that truth away.
        found, z = wilson(31, 40, 0.9), stats.norm.ppf(0.95)
        for truth in (found.low, found.high):
            assert abs(31 / 40 - truth) == pytest.approx(z * math.sqrt(truth * (1 - truth) / 40))

    @pytest.mark.parametrize(("n_right", "n"), [(1, 0), (0, 0), (-1, 3), (4, 3)])
    def test_what_is_no_share_is_refused(self, n_right, n):
        with pytest.raises(ValueError, match="is no share"):
            wilson(n_right, n)

    @pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
    def test_a_level_is_a_share(self, level):
        with pytest.raises(ValueError, match="a level lies between 0 and 1"):
            wilson(1, 2, level)


class TestBootstrap:
    def test_against_the_formula_for_means(self):
        values = torch.randn(400, generator=generator(3), dtype=torch.float64)
        found = bootstrap_mean(values, generator(), n_repetitions=20_000)
        half = 1.959964 * values.std(correction=0).item() / math.sqrt(400)
        assert found.score == pytest.approx(values.mean().item(), abs=1e-12)
        # 20,000 repetitions know an end up to about a fiftieth of the half width.
        assert found.low == pytest.approx(found.score - half, abs=0.06 * half)
        assert found.high == pytest.approx(found.score + half, abs=0.06 * half)

    def test_against_scipy(self):
        values = torch.rand(37, generator=generator(4), dtype=torch.float64) ** 3
        found = bootstrap_mean(values, generator(), level=0.8, n_repetitions=20_000)
        wanted = stats.bootstrap(
            (values.numpy(),),
            np.mean,
            confidence_level=0.8,
            n_resamples=20_000,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=3e-3)

    def test_copies_in_a_group_bring_no_certainty(self):
        values = torch.rand(20, generator=generator(5), dtype=torch.float64)
        alone = bootstrap_mean(values, generator(), n_repetitions=500)
        copied, groups = values.repeat_interleave(9), torch.arange(20).repeat_interleave(9)
        together = bootstrap_mean(copied, generator(), groups=groups, n_repetitions=500)
        assert (together.low, together.high) == pytest.approx((alone.low, alone.high), abs=1e-12)
        apart = bootstrap_mean(copied, generator(), n_repetitions=500)
        assert apart.high - apart.low < 0.5 * (together.high - together.low)

    def test_a_large_group_counts_by_its_size(self):
        values = torch.tensor([0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
        found = bootstrap_mean(
            values, generator(), groups=torch.tensor([7, 3, 3, 3]), n_repetitions=400
        )
        # Two groups are drawn: both the one of zeros, one of each (3/4), or both the other.
        assert (found.score, found.low, found.high) == (0.75, 0.0, 1.0)
        middle = bootstrap_mean(
            values,
            generator(),
            groups=torch.tensor([7, 3, 3, 3]),
            level=0.1,
            n_repetitions=400,
        )
        assert (middle.low, middle.high) == (0.75, 0.75)

    def test_the_same_seed_gives_the_same_interval(self):
        values = torch.rand(9, generator=generator(6))
        assert bootstrap_mean(values, generator(1)) == bootstrap_mean(values, generator(1))

    def test_refusals(self):
        with pytest.raises(ValueError, match="0 values"):
            bootstrap_mean(torch.zeros(0), generator())
        with pytest.raises(ValueError, match="drawn 0 times"):
            bootstrap_mean(torch.zeros(3), generator(), n_repetitions=0)
        with pytest.raises(ValueError, match="2 groups do not fit 3 values"):
            bootstrap_mean(torch.zeros(3), generator(), groups=torch.arange(2))
        with pytest.raises(ValueError, match="a level lies"):
            bootstrap_mean(torch.zeros(3), generator(), level=2.0)


def test_an_interval_is_written_with_two_decimals():
    assert str(Between(0.5, 0.123, 0.987)) == "0.50 [0.12, 0.99]"
