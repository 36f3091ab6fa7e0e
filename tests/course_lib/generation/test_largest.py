import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.generation.largest import largest, places_of_at_least

B, C = 2, 3


def rand(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


class TestLargest:
    def test_hand_worked_case(self):
        # 17 numbers are two bins of eight, and one left over, which is the largest here.
        x = torch.tensor([float(n) for n in (*range(16), 99)])
        found = largest(x, 1)
        assert found.values.tolist() == [99.0]
        assert found.indices.tolist() == [16]

    @pytest.mark.parametrize("vocab_size", [1, 7, 8, 9, 1000, 1003])
    @pytest.mark.parametrize("k", [1, 2, 61, 125, 1000])
    def test_matches_torch(self, vocab_size, k):
        x = rand(B, C, vocab_size)
        k = min(k, vocab_size)
        found, expected = largest(x, k), x.topk(k)
        assert torch.equal(found.values, expected.values)
        assert torch.equal(found.indices, expected.indices)

    @given(seed=st.integers(0, 10**6), k=st.integers(1, 40))
    def test_also_where_numbers_are_equal(self, seed, k):
        x = torch.randint(5, (B, 403), generator=torch.Generator().manual_seed(seed)).double()
        found = largest(x, k)
        assert torch.equal(found.values, x.topk(k).values)
        assert torch.equal(x.gather(-1, found.indices), found.values)
        assert all(len(set(row)) == k for row in found.indices.tolist())

    def test_numbers_side_by_side_are_all_found(self):
        x = torch.zeros(1, 4000)
        x[0, 1500:1540] = torch.arange(1.0, 41.0)
        assert largest(x, 40).indices.tolist() == [list(range(1539, 1499, -1))]

    def test_ruled_out_numbers_come_last(self):
        x = torch.full((1, 803), -torch.inf)
        x[0, 700] = -5.0
        found = largest(x, 3)
        assert found.indices[0, 0] == 700
        assert found.values.tolist() == [[-5.0, -torch.inf, -torch.inf]]

    def test_gradients_reach_the_numbers_found(self):
        x = rand(B, 403).requires_grad_()
        found = largest(x, 4)
        found.values.sum().backward()
        assert torch.equal(x.grad.nonzero()[:, 1].view(B, 4), found.indices.sort().values)


class TestPlacesOfAtLeast:
    @given(seed=st.integers(0, 10**6), threshold=st.floats(-3, 6), extra=st.integers(0, 9))
    def test_misses_none_and_names_none_twice(self, seed, threshold, extra):
        x = rand(B, 400 + extra, seed=seed)
        thresholds = torch.tensor([[threshold], [threshold - 1]], dtype=torch.float64)
        for row, places in zip(x >= thresholds, places_of_at_least(x, thresholds), strict=True):
            assert set(row.nonzero().flatten().tolist()) <= set(places.tolist())
            assert len(set(places.tolist())) == len(places)

    def test_a_threshold_that_is_met_exactly(self):
        x = rand(1, 1000)
        assert x.argmax() in places_of_at_least(x, x.amax(-1, keepdim=True))

    def test_few_places_where_few_numbers_are_large(self):
        x = rand(B, 8000)
        x[:, 4321] = 50.0
        assert places_of_at_least(x, torch.full((B, 1), 40.0, dtype=torch.float64)).shape == (B, 8)

    def test_rows_too_short_for_bins(self):
        x = rand(B, 5)
        places = places_of_at_least(x, torch.full((B, 1), 9.0, dtype=torch.float64))
        assert places.tolist() == [[0, 1, 2, 3, 4]] * B
