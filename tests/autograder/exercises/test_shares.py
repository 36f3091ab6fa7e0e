import math

import numpy as np
import pytest

from autograder.exercises.expect import CheckError
from autograder.exercises.shares import LIMIT, expect_share, surprise


def exact_tail(total, probability, limit):
    """Add up the probabilities of all counts whose surprise is above the limit."""
    numbers = np.arange(total + 1)
    log_factorials = np.concatenate([[0.0], np.log(numbers[1:]).cumsum()])
    logs = log_factorials[total] - log_factorials - log_factorials[::-1]
    logs += numbers * np.log(probability) + (total - numbers) * np.log1p(-probability)
    above = [surprise(count, total, probability) > limit for count in numbers.tolist()]
    return float(np.exp(logs[above]).sum())


def test_hand_worked_case():
    # 3 of 4 at 1/2: 3 ln(3/2) + 1 ln(1/2).
    assert surprise(3, 4, 0.5) == pytest.approx(3 * math.log(1.5) - math.log(2), abs=1e-12)
    assert surprise(0, 4, 0.5) == pytest.approx(4 * math.log(2), abs=1e-12)
    assert surprise(4, 4, 0.5) == pytest.approx(4 * math.log(2), abs=1e-12)


def test_the_expected_share_is_no_surprise():
    assert surprise(30, 200, 0.15) == pytest.approx(0.0, abs=1e-12)
    assert surprise(0, 0, 0.15) == 0.0


@pytest.mark.parametrize("total", [20, 240, 3600])
@pytest.mark.parametrize("probability", [0.02, 0.15, 0.8125])
def test_the_bound_holds_for_exact_tails(total, probability):
    for limit in (LIMIT, math.log(2 / 1e-3), 2.0):
        assert exact_tail(total, probability, limit) <= 2 * math.exp(-limit)


def test_a_right_answer_is_refused_less_than_once_in_a_thousand_million_by_ninety_counts():
    assert 90 * 2 * math.exp(-LIMIT) < 1e-9


def test_the_tail_is_as_simulated():
    limit = math.log(2 / 1e-2)
    counts = np.random.default_rng(0).binomial(3600, 0.1, 100_000)
    share = np.mean([surprise(int(count), 3600, 0.1) > limit for count in counts])
    assert share == pytest.approx(exact_tail(3600, 0.1, limit), rel=0.15)


def test_a_share_that_fits_passes_and_others_are_told():
    expect_share(600, 4000, 0.15, "tokens were chosen")
    for count in (400, 800):
        with pytest.raises(
            CheckError, match=f"^{count} of 4000 tokens were chosen, expected about 600$"
        ):
            expect_share(count, 4000, 0.15, "tokens were chosen")
