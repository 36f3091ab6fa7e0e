import math
from itertools import pairwise

import pytest
import torch

from course_lib.expert_balance import expert_capacity, within_capacity
from course_lib.figures.router_numbers import RouterNumbers, Visit
from course_lib.mixture_of_experts import choose_by_probability, choose_experts

# One layer, three words, three experts: all ask expert 1 first, and then 0, 2 and 0.
LN2, LN3 = math.log(2), math.log(3)
HAND = [[[0.0, LN3, -9.0], [-9.0, LN2, 0.0], [LN2, 2 * LN2, -9.0]]]


def of_hand(factor):
    return RouterNumbers(HAND, 2, factor, among_all=False)


def test_hand_worked_case():
    # Six choices for three experts: two an expert at factor 1. Expert 1 is asked three times.
    numbers = of_hand(1.0)
    assert numbers.capacity == 2
    assert numbers.loads(0) == [2, 3, 1]
    first, second, third = numbers.visits[0]
    assert [(visit.expert, visit.granted) for visit in first] == [(1, True), (0, True)]
    assert [(visit.expert, visit.granted) for visit in second] == [(1, True), (2, True)]
    assert [(visit.expert, visit.granted) for visit in third] == [(1, False), (0, True)]
    for visits, share in ((first, 3 / 4), (second, 2 / 3), (third, 2 / 3)):
        assert [visit.weight for visit in visits] == pytest.approx([share, 1 - share])
    assert (numbers.refused(0), numbers.passed_by(0)) == (1, 0)


def test_a_word_without_any_expert():
    # Room for one: the second word loses its first choice, the third both.
    numbers = of_hand(0.5)
    assert numbers.capacity == 1
    assert (numbers.refused(0), numbers.passed_by(0)) == (3, 1)
    assert not any(visit.granted for visit in numbers.visits[0][2])


def test_at_the_largest_factor_everybody_finds_room():
    numbers = of_hand(3 / 2)
    assert numbers.capacity == 3
    assert numbers.refused(0) == 0


def test_a_probability_among_all():
    # e^ln 2 : e^(2 ln 2) : e^ln 2 is 2 : 4 : 2.
    [[visits]] = RouterNumbers([[[LN2, 2 * LN2, LN2]]], 2, 1.5, among_all=True).visits
    assert [(visit.expert, visit.weight) for visit in visits] == [
        (1, pytest.approx(0.5)),
        (0, pytest.approx(0.25)),
    ]


@pytest.mark.parametrize("choose", [choose_experts, choose_by_probability])
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.75, 4.0])
def test_it_agrees_with_the_library(factor, choose):
    scores = torch.randn(3, 11, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    numbers = RouterNumbers(scores.tolist(), 2, factor, choose is choose_by_probability)
    assert numbers.capacity == expert_capacity(11, 5, 2, factor)
    assert (numbers.n_layers, numbers.n_words, numbers.n_experts) == (3, 11, 5)
    for layer in range(3):
        route = choose(scores[layer], 2)
        granted = within_capacity(route.experts, numbers.capacity)
        for word, visits in enumerate(numbers.visits[layer]):
            assert [visit.expert for visit in visits] == route.experts[word].tolist()
            assert [visit.granted for visit in visits] == granted[word].tolist()
            assert [visit.weight for visit in visits] == pytest.approx(route.weights[word].tolist())
        assert numbers.loads(layer) == route.experts.flatten().bincount(minlength=5).tolist()
        assert numbers.refused(layer) == (~granted).sum()
        assert numbers.passed_by(layer) == (~granted.any(dim=1)).sum()


def test_more_room_refuses_no_more():
    refused = [of_hand(factor).refused(0) for factor in (0.5, 0.75, 1.0, 1.25, 1.5)]
    assert all(more >= less for more, less in pairwise(refused))


def test_of_equal_scores_the_first_expert_is_chosen():
    [[visits]] = RouterNumbers([[[1.0, 1.0, 1.0]]], 2, 1.5, among_all=False).visits
    assert visits == [Visit(0, 0.5, True), Visit(1, 0.5, True)]
