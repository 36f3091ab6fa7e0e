import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.kernels import skinny_product
from course_lib.kernels.skinny_product import WAYS, MatrixFirst, RowsFirst, fastest_way

D_IN, D_OUT = 5, 7
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("way", WAYS)
class TestWays:
    def test_hand_worked_case(self, way):
        # One row (1, 2) and two columns: 1·3 + 2·4 + 10 = 21 and 1·5 + 2·6 + 20 = 37.
        product = way.of(torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.tensor([10.0, 20.0]))
        assert torch.equal(product(torch.tensor([[1.0, 2.0]])), torch.tensor([[21.0, 37.0]]))

    @pytest.mark.parametrize("n_rows", [1, 2, 3, 8])
    def test_matches_torch(self, way, n_rows):
        weight, bias, x = rand(D_OUT, D_IN), rand(D_OUT, seed=1), rand(n_rows, D_IN, seed=2)
        torch.testing.assert_close(way.of(weight, bias)(x), F.linear(x, weight, bias), **TIGHT)

    @given(seed=st.integers(0, 10**6))
    def test_rows_do_not_mix(self, way, seed):
        product = way.of(rand(D_OUT, D_IN, seed=seed), rand(D_OUT, seed=seed + 1))
        x = rand(3, D_IN, seed=seed + 2)
        alone = torch.cat([product(row[None]) for row in x])
        torch.testing.assert_close(product(x), alone, **TIGHT)

    def test_gradients_match_finite_differences(self, way):
        product = way.of(rand(D_OUT, D_IN), rand(D_OUT, seed=1))
        assert torch.autograd.gradcheck(product, rand(2, D_IN, seed=2).requires_grad_())

    def test_the_result_can_be_reshaped_without_a_copy(self, way):
        product = way.of(rand(D_OUT, D_IN), rand(D_OUT))
        assert product(rand(1, D_IN)).is_contiguous()
        assert product(rand(4, D_IN)).is_contiguous()


class TestFastestWay:
    def test_gives_the_one_that_took_least(self, monkeypatch):
        """Timed by a clock of the test's own, on which one way is always faster."""
        monkeypatch.setattr(skinny_product, "_TIMED_BYTES", 1000)
        for quick in WAYS:
            took = [1.0 if way is quick else 2.0 for way in WAYS for _ in range(5)]
            monkeypatch.setattr(skinny_product, "_seconds", lambda *_, took=took: took.pop(0))
            assert fastest_way(D_IN, D_OUT, 1) is quick

    def test_really_multiplies(self, monkeypatch):
        monkeypatch.setattr(skinny_product, "_TIMED_BYTES", 1000)
        assert fastest_way(D_IN, D_OUT, 3, torch.float64) in (RowsFirst, MatrixFirst)

    def test_as_many_matrices_as_are_worth_the_time(self, monkeypatch):
        # 1000 bytes hold seven matrices of 5·7 numbers of 4 bytes.
        monkeypatch.setattr(skinny_product, "_TIMED_BYTES", 1000)
        counts = []
        monkeypatch.setattr(skinny_product, "_seconds", lambda p, x: counts.append(len(p)) or 1.0)
        fastest_way(D_IN, D_OUT, 1)
        assert set(counts) == {7}

    def test_takes_the_time_from_start_to_end(self, monkeypatch):
        monkeypatch.setattr(skinny_product.time, "perf_counter", iter([3.0, 5.5]).__next__)
        assert skinny_product._seconds([], torch.ones(1, D_IN)) == 2.5
