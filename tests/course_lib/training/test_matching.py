import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.matching import matching_loss

N_IMAGES, N_TEXTS = 4, 6


def assert_exact(got, expected):
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)


def draw_logits(n_images=N_IMAGES, n_texts=N_TEXTS):
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(n_images, n_texts, generator=generator, dtype=torch.float64)


def some_matches():
    """Image 0 has three texts, text 5 has two images."""
    matches = torch.zeros(N_IMAGES, N_TEXTS, dtype=torch.bool)
    for image, text in ((0, 0), (0, 3), (0, 5), (1, 1), (2, 2), (2, 5), (3, 4)):
        matches[image, text] = True
    return matches


def by_loops(logits, matches):
    """Do the same with lists and one logarithm at a time."""
    rows = logits.tolist()
    columns = [list(column) for column in zip(*rows, strict=True)]
    wanted = matches.tolist()
    wanted_columns = [list(column) for column in zip(*wanted, strict=True)]
    directions = []
    for choosers, partners in ((rows, wanted), (columns, wanted_columns)):
        costs = []
        for scores, right in zip(choosers, partners, strict=True):
            total = sum(math.exp(score) for score in scores)
            own = [-math.log(math.exp(s) / total) for s, r in zip(scores, right, strict=True) if r]
            costs.append(sum(own) / len(own))
        directions.append(sum(costs) / len(costs))
    return sum(directions) / 2


def test_by_hand():
    # Rows: 0 against ln 3 has 1/4, and ln 3 against 0 has 3/4. Columns the same.
    logits = torch.tensor([[math.log(3), 0.0], [0.0, math.log(3)]], dtype=torch.float64)
    got = matching_loss(logits, torch.eye(2, dtype=torch.bool))
    assert got.item() == pytest.approx(math.log(4 / 3), rel=1e-12)
    got = matching_loss(logits, ~torch.eye(2, dtype=torch.bool))
    assert got.item() == pytest.approx(math.log(4), rel=1e-12)


def test_with_one_partner_each_it_is_torch_cross_entropy_both_ways():
    logits, right = draw_logits(5, 5), torch.arange(5)
    expected = (F.cross_entropy(logits, right) + F.cross_entropy(logits.mT, right)) / 2
    assert_exact(matching_loss(logits, torch.eye(5, dtype=torch.bool)), expected)


def test_with_several_partners_against_loops():
    got = matching_loss(draw_logits(), some_matches())
    assert got.item() == pytest.approx(by_loops(draw_logits(), some_matches()), rel=1e-12)


def test_images_and_texts_may_change_places_and_order():
    logits, matches = draw_logits(), some_matches()
    expected = matching_loss(logits, matches)
    assert_exact(matching_loss(logits.mT, matches.mT), expected)
    order = torch.tensor([2, 0, 3, 1])
    assert_exact(matching_loss(logits[order], matches[order]), expected)


def test_nothing_is_better_than_to_give_all_partners_the_same():
    matches = some_matches()[:, [0, 3, 5]][:1]  # one image, three texts, all of them right
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    loss = matching_loss(logits, matches)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(3) / 2)  # each text has no choice and costs 0
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-12


def test_large_logits_stay_finite():
    assert matching_loss(1000 * draw_logits(), some_matches()).isfinite()


@pytest.mark.parametrize("lonely", [(2, 5), (0, 3)])  # an image and a text
def test_who_has_no_partner_is_refused(lonely):
    matches = some_matches()
    matches[2, 2], matches[1, 2] = False, True  # all have one, and image 2 has text 5 alone
    assert matching_loss(draw_logits(), matches) > 0
    matches[lonely] = False  # everybody else keeps one
    assert (~matches.any(dim=0)).sum() + (~matches.any(dim=1)).sum() == 1
    with pytest.raises(ValueError, match="needs a partner in the batch"):
        matching_loss(draw_logits(), matches)
