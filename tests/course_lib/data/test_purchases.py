from collections import Counter

import pytest
import torch

from course_lib.data.purchases import N_KINDS, OBJECTS, PER_KIND, Shop, _tours
from course_lib.data.tinytales import lexicon

STILL = Shop(keeps_order=0.999, goes_on=0.999, any_kind=0.001)


def test_objects_of_a_kind_stand_side_by_side():
    assert len(OBJECTS) == N_KINDS * PER_KIND
    for number, (_, nouns) in enumerate(lexicon.OBJECTS_BY_USE.items()):
        assert OBJECTS[number * PER_KIND : (number + 1) * PER_KIND] == nouns


def test_tours_are_all_rounds_of_two_or_three_kinds():
    """Of five kinds there are 10 pairs, and 10 threes with two directions each."""
    rows = [tuple(row) for row in _tours().tolist()]
    assert len(set(rows)) == len(rows) == 30
    lengths = Counter(sum(kind >= 0 for kind in row) for row in rows)
    assert lengths == {2: 10, 3: 20}
    for row in rows:
        inside = [kind for kind in row if kind >= 0]
        here, seen = inside[0], []
        for _ in inside:
            seen.append(here)
            here = row[here]
        assert here == inside[0]
        assert sorted(seen) == sorted(inside)


def test_probabilities_add_up():
    shop = Shop()
    for table in (shop.next_kind, shop.next_object, shop.popularity):
        sums = table.sum(dim=-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), rtol=1e-12, atol=1e-12)


def test_next_kind_by_hand():
    """After the first kind of a round of two the other has 0.9 · (0.85 + 0.15/2) + 0.1/5."""
    shop = Shop()
    tour = next(i for i, row in enumerate(_tours().tolist()) if row == [1, 0, -1, -1, -1])
    expected = torch.tensor([0.9 * 0.075 + 0.02, 0.9 * 0.925 + 0.02, 0.02, 0.02, 0.02])
    torch.testing.assert_close(shop.next_kind[tour, 0], expected.double())


def test_next_object_by_hand():
    """Behind the last object comes the first: 0.85, and its popularity."""
    shop = Shop()
    harmonic = sum(1 / n for n in range(1, PER_KIND + 1))
    assert shop.next_object[PER_KIND - 1, 0].item() == pytest.approx(0.85 + 0.15 / harmonic)
    assert shop.next_object[3, 4].item() == pytest.approx(0.85 + 0.15 / 5 / harmonic)


def test_the_best_guess_is_bayes_rule():
    """Against a sum over all tours of the probability of the whole history and what follows."""
    shop = Shop(keeps_order=0.6, goes_on=0.7, any_kind=0.2)
    histories = shop.draw(3, 5, torch.Generator().manual_seed(4))

    def chance(history, tour):
        kind, last, product = N_KINDS, [PER_KIND] * N_KINDS, 1.0
        for taken in history:
            following, chosen = divmod(taken, PER_KIND)
            product *= shop.next_kind[tour, kind, following].item()
            product *= shop.next_object[last[following], chosen].item()
            kind, last[following] = following, chosen
        return product

    guesses = shop.best_guess(histories)
    for row, history in enumerate(histories.tolist()):
        for step in (0, 4):
            so_far = history[: step + 1]
            joint = torch.tensor(
                [
                    sum(chance([*so_far, taken], tour) for tour in range(30))
                    for taken in range(len(OBJECTS))
                ],
                dtype=torch.float64,
            )
            torch.testing.assert_close(
                guesses[row, step], joint / joint.sum(), rtol=1e-10, atol=1e-12
            )


def test_who_never_strays_can_be_foretold():
    histories = STILL.draw(50, 12, torch.Generator().manual_seed(0))
    named = STILL.best_guess(histories[:, :-1]).argmax(dim=-1)
    # Three kinds are met within three steps; then all is settled but for one step in hundreds.
    assert (named[:, 6:] == histories[:, 7:]).double().mean() > 0.97


def test_the_same_generator_gives_the_same_histories():
    first, second = (Shop().draw(4, 6, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape == (4, 6)
    assert 0 <= first.min() <= first.max() < len(OBJECTS)


@pytest.mark.parametrize("name", ["keeps_order", "goes_on", "any_kind"])
def test_what_is_no_probability(name):
    with pytest.raises(ValueError, match="probabilities"):
        Shop(**{name: 1.0})


def test_some_step_must_be_free():
    with pytest.raises(ValueError, match="any_kind"):
        Shop(any_kind=0.0)
