from functools import partial

import pytest
import torch

from course_lib.masks import (
    causal_mask,
    combine_masks,
    left_padding_mask,
    right_padding_mask,
    sliding_window_mask,
)

B, TQ, TK, WINDOW = 3, 4, 7, 3


class TestCausalMask:
    def test_hand_worked_case(self):
        # The queries are positions 2 and 3 of four: they see 0, 1, 2 and 0, 1, 2, 3.
        expected = [[True, True, True, False], [True, True, True, True]]
        assert causal_mask(2, 4).tolist() == expected

    def test_matches_loops(self):
        mask = causal_mask(TQ, TK)
        for i in range(TQ):
            for j in range(TK):
                assert mask[i, j] == (j <= TK - TQ + i)

    def test_is_torchs_for_a_whole_sequence(self):
        assert torch.equal(causal_mask(TK, TK), torch.ones(TK, TK, dtype=torch.bool).tril())

    def test_its_last_rows_are_the_mask_of_the_last_queries(self):
        assert torch.equal(causal_mask(TK, TK)[-TQ:], causal_mask(TQ, TK))

    def test_more_queries_than_positions_are_refused(self):
        with pytest.raises(ValueError, match="5 queries cannot be the last of 4 positions"):
            causal_mask(5, 4)


class TestSlidingWindowMask:
    def test_hand_worked_case(self):
        # Positions 2 and 3 of four, two positions wide: 1, 2 and 2, 3.
        expected = [[False, True, True, False], [False, False, True, True]]
        assert sliding_window_mask(2, 4, window=2).tolist() == expected

    @pytest.mark.parametrize("window", [1, 3, 6, 7, 20])
    def test_matches_loops(self, window):
        mask = sliding_window_mask(TQ, TK, window)
        for i in range(TQ):
            position = TK - TQ + i
            for j in range(TK):
                assert mask[i, j] == (position - window < j <= position)

    def test_a_window_as_long_as_the_sequence_hides_nothing_of_the_past(self):
        assert torch.equal(sliding_window_mask(TQ, TK, TK), causal_mask(TQ, TK))

    def test_every_query_sees_the_whole_window_once_there_are_so_many_positions(self):
        n_seen = sliding_window_mask(TK, TK, WINDOW).sum(-1)
        assert n_seen.tolist() == [1, 2, 3, 3, 3, 3, 3]

    def test_an_empty_window_is_refused(self):
        with pytest.raises(ValueError, match="at least one position, got 0"):
            sliding_window_mask(TQ, TK, 0)

    def test_more_queries_than_positions_are_refused(self):
        with pytest.raises(ValueError, match="7 queries cannot be the last of 4"):
            sliding_window_mask(7, 4, WINDOW)


class TestPaddingMasks:
    def test_left_hand_worked_case(self):
        mask = left_padding_mask(torch.tensor([0, 2, 3]), 3)
        assert mask.shape == (B, 1, 1, 3)
        assert mask[:, 0, 0].tolist() == [[True] * 3, [False, False, True], [False] * 3]

    def test_right_hand_worked_case(self):
        mask = right_padding_mask(torch.tensor([3, 1, 0]), 3)
        assert mask.shape == (B, 1, 1, 3)
        assert mask[:, 0, 0].tolist() == [[True] * 3, [True, False, False], [False] * 3]

    def test_one_is_the_other_turned_round(self):
        n_padding = torch.tensor([0, 2, 6])
        left = left_padding_mask(n_padding, TK)
        assert torch.equal(left.flip(-1), right_padding_mask(TK - n_padding, TK))

    @pytest.mark.parametrize("make", [left_padding_mask, right_padding_mask])
    def test_lies_where_the_counts_lie(self, make):
        assert make(torch.tensor([0, 2, 3], device="meta"), TK).device.type == "meta"

    @pytest.mark.parametrize("make", [causal_mask, partial(sliding_window_mask, window=WINDOW)])
    def test_the_others_lie_where_they_are_wanted(self, make):
        assert make(TQ, TK, device=torch.device("meta")).device.type == "meta"


class TestCombineMasks:
    def test_a_key_is_seen_where_every_mask_shows_it(self):
        causal, padding = causal_mask(TQ, TK), left_padding_mask(torch.tensor([0, 2, 5]), TK)
        combined = combine_masks(causal, None, padding)
        assert combined is not None
        assert combined.shape == (B, 1, TQ, TK)
        for b, n in enumerate([0, 2, 5]):
            for i in range(TQ):
                for j in range(TK):
                    assert combined[b, 0, i, j] == (n <= j <= TK - TQ + i)

    def test_one_mask_stays_as_it_is(self):
        mask = causal_mask(TQ, TK)
        assert combine_masks(None, mask) is mask

    def test_no_mask_hides_nothing(self):
        assert combine_masks(None, None) is None
