import pytest
import torch

from course_lib.training.ring import ring_all_reduce


def vectors(n_processes, n_numbers):
    generator = torch.Generator().manual_seed(0)
    return list(torch.randn(n_processes, n_numbers, generator=generator, dtype=torch.float64))


def test_three_by_hand():
    held = [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 20.0, 30.0]), torch.ones(3)]
    found = ring_all_reduce(held)
    for total in found.totals:
        assert total.tolist() == [12, 23, 34]
    # Two steps of adding and two of handing on, one number each.
    assert found.n_sent == (4, 4, 4)
    assert found.n_steps == 4


@pytest.mark.parametrize(("n", "m"), [(1, 5), (2, 7), (4, 4), (5, 23), (6, 3)])
def test_everybody_has_the_sum(n, m):
    held = vectors(n, m)
    before = torch.stack(held)
    found = ring_all_reduce(held)
    assert len(found.totals) == n
    for total in found.totals:
        torch.testing.assert_close(total, before.sum(dim=0), rtol=1e-12, atol=1e-12)
        assert torch.equal(total, found.totals[0])  # all of them to the last bit
    assert torch.equal(torch.stack(held), before)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_each_sends_less_than_twice_what_it_holds(n):
    m = 24
    found = ring_all_reduce(vectors(n, m))
    assert set(found.n_sent) == {2 * (n - 1) * m // n}
    assert max(found.n_sent) < 2 * m


def test_nobody_is_refused():
    with pytest.raises(ValueError, match="nobody holds anything"):
        ring_all_reduce([])
