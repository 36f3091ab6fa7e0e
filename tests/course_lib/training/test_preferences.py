import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.preferences import ScoredPairs
from tests.course_lib.training.chats import TIGHT, rand

P = 7


def test_hand_worked_case():
    # Margins log 3, 0 and −log 3: the preferred answer had 3/4, 1/2 and 1/4.
    pairs = ScoredPairs(
        torch.tensor([math.log(3), 5.0, 0.0], dtype=torch.float64),
        torch.tensor([0.0, 5.0, math.log(3)], dtype=torch.float64),
    )
    expected = -(math.log(3 / 4) + math.log(1 / 2) + math.log(1 / 4)) / 3
    assert pairs.loss.item() == pytest.approx(expected, rel=1e-12)
    assert pairs.margins.tolist() == [math.log(3), 0, -math.log(3)]
    assert pairs.accuracy.item() == 0.5


def test_matches_the_cross_entropy_of_two_classes():
    chosen, rejected = rand(P), rand(P, seed=1)
    both = torch.stack([chosen, rejected], dim=1)
    expected = F.cross_entropy(both, torch.zeros(P, dtype=torch.long))
    pairs = ScoredPairs(chosen, rejected)
    torch.testing.assert_close(pairs.loss, expected, **TIGHT)
    assert pairs.accuracy.item() == (both.argmax(dim=1) == 0).double().mean().item()


def test_a_number_added_to_all_scores_changes_nothing():
    chosen, rejected = rand(P), rand(P, seed=1)
    torch.testing.assert_close(
        ScoredPairs(chosen + 3, rejected + 3).loss, ScoredPairs(chosen, rejected).loss, **TIGHT
    )


def test_the_gradient_pushes_by_how_wrong_a_pair_is():
    # The derivative of −log sigmoid(m) is sigmoid(m) − 1, the probability of the wrong choice.
    chosen, rejected = rand(P).requires_grad_(), rand(P, seed=1).requires_grad_()
    pairs = ScoredPairs(chosen, rejected)
    pairs.loss.backward()
    wrong = (1 - pairs.margins.detach().sigmoid()) / P
    torch.testing.assert_close(chosen.grad, -wrong, **TIGHT)
    torch.testing.assert_close(rejected.grad, wrong, **TIGHT)


def test_scores_far_apart_do_no_harm():
    far = torch.tensor([1e4, -1e4], dtype=torch.float64, requires_grad=True)
    loss = ScoredPairs(far, torch.zeros(2, dtype=torch.float64)).loss
    assert loss.item() == 5e3
    loss.backward()
    assert far.grad.tolist() == [0, -0.5]


def test_no_pair_is_refused():
    with pytest.raises(ValueError, match="no pair"):
        ScoredPairs(torch.zeros(0), torch.zeros(0))


def test_pairs_must_be_pairs():
    with pytest.raises(ValueError, match="3 chosen answers have 1 rejected ones"):
        ScoredPairs(torch.zeros(3), torch.zeros(1))
