import pytest
import torch

from course_lib.analysis.repetition import distinct_share, loop_period


class TestLoopPeriod:
    @pytest.mark.parametrize(
        ("tokens", "period"),
        [
            ([9, 8, 7, 1, 2, 3, 1, 2, 3], 3),
            ([4, 4, 4, 4, 4, 4], 1),
            ([1, 2, 1, 2, 1, 2], 2),
            ([2, 3, 1, 2, 3, 1], 3),
            ([1, 2, 3, 1, 2, 4], 0),
            ([1, 2, 3, 4, 5, 6], 0),
            ([2, 1, 2, 1, 2, 9], 0),
        ],
    )
    def test_hand_worked(self, tokens, period):
        assert loop_period(tokens, n_tail=6, max_period=3) == period

    def test_what_stands_before_the_tail_does_not_matter(self):
        assert loop_period([*range(10), 5, 6, 5, 6], n_tail=4, max_period=2) == 2

    def test_the_round_may_be_cut_off_at_the_end(self):
        assert loop_period([1, 2, 3, 1, 2, 3, 1], n_tail=7, max_period=3) == 3

    def test_the_shortest_period_is_given(self):
        assert loop_period([1, 2] * 8, n_tail=16, max_period=8) == 2

    def test_a_longer_round_than_allowed_is_none(self):
        assert loop_period([1, 2, 3, 4] * 4, n_tail=16, max_period=3) == 0

    def test_a_text_that_is_too_short(self):
        assert loop_period([1, 1, 1], n_tail=4, max_period=2) == 0

    def test_random_texts_do_not_loop(self):
        generator = torch.Generator().manual_seed(0)
        texts = torch.randint(20, (50, 40), generator=generator).tolist()
        assert {loop_period(text, 24, 12) for text in texts} == {0}

    @pytest.mark.parametrize(("n_tail", "max_period"), [(5, 3), (4, 0), (1, 1)])
    def test_sizes_that_do_not_fit(self, n_tail, max_period):
        with pytest.raises(ValueError, match="two rounds"):
            loop_period([1] * 9, n_tail, max_period)


class TestDistinctShare:
    def test_hand_worked(self):
        # Pairs: 12 23 and 12 22: three different of four.
        assert distinct_share([[1, 2, 3], [1, 2, 2]], 2) == 3 / 4
        assert distinct_share([[1, 2, 3], [1, 2, 2]], 1) == 3 / 6
        assert distinct_share([[1, 2, 3], [4]], 3) == 1.0

    def test_the_same_over_and_over(self):
        assert distinct_share([[7] * 101], 2) == 1 / 100

    @pytest.mark.parametrize(("texts", "n"), [([], 1), ([[1, 2]], 3), ([[1, 2]], 0)])
    def test_no_runs(self, texts, n):
        with pytest.raises(ValueError, match="no run"):
            distinct_share(texts, n)
