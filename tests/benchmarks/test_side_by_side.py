"""The arithmetic of the benchmarks; what they time is never part of a test."""

import random
import statistics
import sys
from math import comb
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from side_by_side import Comparison, compare, median_margin


def test_margin_of_nine_leaves_out_the_smallest_and_the_largest():
    # Fewer than 2 heads of 9 coins: (1 + 9) / 512, twice for both ends: 3.9 %. Fewer than 3: 18 %.
    assert median_margin(9, 0.95) == 1
    assert 2 * (1 + comb(9, 1)) / 2**9 < 0.05 < 2 * (1 + comb(9, 1) + comb(9, 2)) / 2**9


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    draw, n, margin = random.Random(1), 15, median_margin(15, 0.95)
    held = 0
    for _ in range(2000):
        sample = sorted(draw.expovariate(1.0) for _ in range(n))
        held += sample[margin] <= 0.6931 <= sample[-1 - margin]  # ln 2
    assert held / 2000 > 0.95


def test_a_comparison_is_the_ratio_of_each_pair():
    one = Comparison("work", "peer", [1.0, 2.0, 1.0], [2.0, 2.0, 4.0], target=4.5)
    assert one.ratios == [1.0, 2.0, 4.0]
    assert (one.median, one.interval, one.is_met) == (2.0, (1.0, 4.0), False)
    assert Comparison("work", "peer", [1.0], [4.0], target=4.0).is_met


def test_both_ways_are_run_as_often_and_in_changing_order():
    runs = []
    one = compare("w", lambda: runs.append("o"), "p", lambda: runs.append("p"), n_pairs=4)
    assert len(one.ours_s) == len(one.peer_s) == 4
    assert "".join(runs) == "op" + "poop" * 2
    assert statistics.median(one.ratios) > 0


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_pairs_leave_nothing_out(n):
    assert median_margin(n, 0.95) == 0
