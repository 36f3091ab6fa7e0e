import numpy as np
import pytest
from scipy import stats

from autograder.exercises.expect import CheckError
from autograder.exercises.frequencies import chi_square, expect_frequencies

from .exact_tail import exact_tail


class TestChiSquare:
    def test_hand_worked_case(self):
        # Expected 5 and 15: (8 − 5)²/5 + (12 − 15)²/15 = 1.8 + 0.6.
        assert chi_square(np.array([8, 12]), np.array([0.25, 0.75])) == pytest.approx(2.4)

    def test_agrees_with_scipy_for_several_sets_of_counts(self):
        counts = np.array([[3, 9, 8], [20, 0, 0]])
        p = np.array([0.2, 0.5, 0.3])
        expected = [stats.chisquare(row, 20 * p).statistic for row in counts]
        assert chi_square(counts, p) == pytest.approx(expected)


class TestExpectFrequencies:
    def test_counts_near_the_expected_pass(self):
        expect_frequencies([0] * 9 + [1] * 31, [0.25, 0.75], limit=1.0)

    def test_counts_far_from_it_are_said_in_words(self):
        with pytest.raises(
            CheckError,
            match="in 40 draws the tokens 0 to 1 came 30 and 10 times, expected about 10 and 30",
        ):
            expect_frequencies([0] * 30 + [1] * 10, [0.25, 0.75], limit=50.0)

    def test_just_the_limit_passes(self):
        # (8 − 5)²/5 + (12 − 15)²/15 = 2.4
        draws = [0] * 8 + [1] * 12
        expect_frequencies(draws, [0.25, 0.75], limit=2.4 + 1e-9)
        with pytest.raises(CheckError):
            expect_frequencies(draws, [0.25, 0.75], limit=2.4 - 1e-9)

    @pytest.mark.parametrize("other", [2, -1])
    def test_another_outcome_is_named(self, other):
        with pytest.raises(CheckError, match=f"^{other} was drawn, expected one of 0 to 1"):
            expect_frequencies([0, 1, other], [0.5, 0.5], limit=1e9)


def test_the_exact_tail_is_what_draws_show():
    p = [0.1, 0.2, 0.3, 0.4]
    counts = np.random.default_rng(0).multinomial(30, p, size=200_000)
    share = (chi_square(counts, np.array(p)) > 9.0).mean()
    assert exact_tail(p, 30, 9.0) == pytest.approx(share, rel=0.05)
    assert exact_tail(p, 30, -1.0) == pytest.approx(1.0)
