import pytest
import torch

from autograder.exercises.draw import Draw


class TestDraw:
    def test_the_same_seed_draws_the_same(self):
        # The first normal numbers of numpy's PCG64 with seed 1, the same on every machine.
        assert Draw(1).normal(2).tolist() == pytest.approx([0.345584, 0.821618], abs=1e-6)
        assert torch.equal(Draw(3).normal(4), Draw(3).normal(4))
        assert not torch.equal(Draw(3).normal(4), Draw(4).normal(4))

    @pytest.mark.parametrize("small", [False, True])
    @pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
    def test_sizes_all_differ(self, small, count):
        for seed in range(20):
            sizes = Draw(seed, small).sizes(count)
            assert len(set(sizes)) == count
            assert all(type(size) is int for size in sizes)
            assert min(sizes) >= (2 if small else 3)

    def test_a_generator_is_drawn_as_a_recipe(self):
        first, second = (Draw(seed).generator() for seed in (1, 2))
        assert first.maker == second.maker == "generator"
        assert first != second
        assert first == Draw(1).generator()

    def test_small_numbers_are_short(self):
        numbers = Draw(1, small=True).normal(3, 3, scale=5.0, dtype=torch.float64)
        assert torch.equal(numbers, (numbers * 10).round() / 10)
        assert max(Draw(1, small=True).sizes(3)) <= 4

    def test_numbers_have_the_scale_and_dtype_asked_for(self):
        numbers = Draw(1).normal(10_000, scale=3.0, dtype=torch.float64)
        assert numbers.dtype == torch.float64
        assert 2.9 < numbers.std() < 3.1
        assert Draw(1).normal().shape == ()

    def test_whole_numbers_reach_both_ends(self):
        draw = Draw(1)
        assert {draw.integer(2, 4) for _ in range(50)} == {2, 3, 4}
        assert set(draw.integers(2, 4, 50).tolist()) == {2, 3, 4}
        assert draw.integers(0, 1, 2, 3).shape == (2, 3)

    @pytest.mark.parametrize("shape", [(3, 5), (2, 1, 4), (4, 2)])
    def test_a_mask_hides_and_shows_something_in_each_row(self, shape):
        for seed in range(30):
            mask = Draw(seed).mask(*shape)
            assert mask.dtype == torch.bool
            assert mask.shape == shape
            assert mask.any(-1).all()
            assert not mask.all(-1).any()

    @pytest.mark.parametrize("shape", [(3, 5), (2, 2)])
    def test_a_mask_with_extremes_has_a_row_of_nothing_and_one_of_everything(self, shape):
        for seed in range(30):
            mask = Draw(seed).mask_with_extremes(*shape)
            assert (~mask.any(-1)).sum() == 1
            assert mask.all(-1).sum() == 1

    @pytest.mark.parametrize("small", [False, True])
    def test_shares_are_positive_and_sum_to_one(self, small):
        shares = Draw(1, small).probabilities(7, dtype=torch.float64)
        assert (shares > 0).all()
        assert shares.sum() == pytest.approx(1.0)

    def test_an_order_is_never_the_one_they_stand_in(self):
        for seed in range(20):
            order = Draw(seed).order(2).tolist()
            assert order == [1, 0]
            assert sorted(Draw(seed).order(5).tolist()) == [0, 1, 2, 3, 4]

    def test_a_choice_is_one_of_the_options(self):
        draw = Draw(1)
        assert {draw.choice("abc") for _ in range(50)} == set("abc")
