import pytest
import torch
from scipy import stats

from course_lib.analysis.paired import PairedAnswers, compare


def right(marks):
    return torch.tensor([mark == "1" for mark in marks])


def test_questions_are_counted_by_who_got_them():
    found = compare(right("1110010"), right("1001010"))
    assert found == PairedAnswers(n_both=2, n_only_first=2, n_only_second=1, n_neither=2)


def test_chance_by_hand():
    # Four coins, all the same: 2 · (1/2)⁴ = 1/8. Three to one: 2 · 5/16.
    assert PairedAnswers(10, 4, 0, 3).chance == 1 / 8
    assert PairedAnswers(10, 1, 3, 3).chance == 10 / 16
    assert PairedAnswers(10, 2, 2, 3).chance == 1
    assert PairedAnswers(10, 0, 0, 3).chance == 1


@pytest.mark.parametrize(("first", "second"), [(1, 0), (9, 2), (30, 17), (5, 64)])
def test_chance_against_scipy(first, second):
    wanted = stats.binomtest(first, first + second).pvalue
    assert PairedAnswers(7, first, second, 0).chance == pytest.approx(wanted, rel=1e-12)


def test_shared_questions_change_nothing():
    assert PairedAnswers(0, 7, 1, 0).chance == PairedAnswers(900, 7, 1, 50).chance


def test_no_questions_are_refused():
    with pytest.raises(ValueError, match="need questions"):
        compare(torch.zeros(0, dtype=torch.bool), torch.zeros(0, dtype=torch.bool))
