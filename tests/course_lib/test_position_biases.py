import math

import pytest
import torch

from course_lib.position_biases import (
    RelativePositionBias,
    alibi_bias,
    alibi_slopes,
    relative_position_buckets,
)

TQ, TK, H = 3, 7, 4
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


class TestAlibiSlopes:
    def test_a_power_of_two(self):
        # Press et al. 2022, section 3: for 8 heads 1/2, 1/4, …, 1/256.
        assert alibi_slopes(8).tolist() == [2.0**-n for n in range(1, 9)]

    def test_no_power_of_two(self):
        # Four heads have 2^−2, 2^−4, 2^−6, 2^−8; of the eight above, 2^−1 and 2^−3 come first.
        expected = [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]
        assert alibi_slopes(6).tolist() == expected

    @pytest.mark.parametrize("n_heads", [1, 2, 3, 5, 12, 16, 20])
    def test_matches_the_published_recursion(self, n_heads):
        def slopes(n):
            if math.log2(n).is_integer():
                start = 2 ** (-(2 ** -(math.log2(n) - 3)))
                return [start * start**i for i in range(n)]
            nearest = 2 ** math.floor(math.log2(n))
            return slopes(nearest) + slopes(2 * nearest)[0::2][: n - nearest]

        torch.testing.assert_close(alibi_slopes(n_heads), torch.tensor(slopes(n_heads)))

    def test_no_two_heads_are_alike(self):
        assert len(set(alibi_slopes(20).tolist())) == 20

    def test_no_head_is_refused(self):
        with pytest.raises(ValueError, match="not for 0"):
            alibi_slopes(0)


class TestAlibiBias:
    def test_hand_worked_case(self):
        # Queries at positions 1 and 2 of three; slopes 1 and 1/2.
        bias = alibi_bias(torch.tensor([1.0, 0.5]), 2, 3)
        steep = [[-1.0, 0.0, 0.0], [-2.0, -1.0, 0.0]]
        assert bias[0].tolist() == steep
        assert bias[1].tolist() == [[x / 2 for x in row] for row in steep]

    def test_matches_loops(self):
        slopes = alibi_slopes(H).double()
        bias = alibi_bias(slopes, TQ, TK)
        assert bias.shape == (H, TQ, TK)
        for h in range(H):
            for i in range(TQ):
                for j in range(TK):
                    n_behind = max(TK - TQ + i - j, 0)
                    assert bias[h, i, j].item() == -slopes[h].item() * n_behind

    def test_lies_where_the_slopes_lie(self):
        assert alibi_bias(alibi_slopes(H).to("meta"), TQ, TK).device.type == "meta"


class TestRelativePositionBuckets:
    def test_bidirectional_hand_worked_case(self):
        # 8 buckets, 4 a side: 0 and 1 exact; from 2 on they grow until 8 shares the last one:
        # 2 + ⌊log(d/2)/log(4)·2⌋ is 2 for 2 and 3, and 3 for 4 and more.
        buckets = relative_position_buckets(
            torch.tensor([0, -1, -2, -3, -4, -100, 1, 2, 3, 4, 100]),
            n_buckets=8,
            max_distance=8,
            is_bidirectional=True,
        )
        assert buckets.tolist() == [0, 1, 2, 2, 3, 3, 5, 6, 6, 7, 7]

    def test_causal_hand_worked_case(self):
        # 4 buckets: 0 and 1 exact, 2 and 3 growing; what lies ahead counts as distance 0.
        buckets = relative_position_buckets(
            torch.tensor([5, 1, 0, -1, -2, -3, -4, -100]),
            n_buckets=4,
            max_distance=8,
            is_bidirectional=False,
        )
        assert buckets.tolist() == [0, 0, 0, 1, 2, 2, 3, 3]

    @pytest.mark.parametrize("is_bidirectional", [True, False])
    @pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (20, 50), (9, 50)])
    def test_matches_the_peer(self, is_bidirectional, n_buckets, max_distance):
        from transformers.models.t5.modeling_t5 import T5Attention

        distances = torch.arange(-300, 301)
        expected = T5Attention._relative_position_bucket(
            distances, is_bidirectional, n_buckets, max_distance
        )
        buckets = relative_position_buckets(
            distances,
            n_buckets=n_buckets,
            max_distance=max_distance,
            is_bidirectional=is_bidirectional,
        )
        assert torch.equal(buckets, expected)

    def test_all_buckets_are_used_and_none_falls(self):
        buckets = relative_position_buckets(
            -torch.arange(200), n_buckets=32, max_distance=128, is_bidirectional=False
        )
        assert (buckets.diff() >= 0).all()
        assert buckets.unique().tolist() == list(range(32))


class TestRelativePositionBias:
    def test_gives_each_head_the_number_of_the_bucket(self):
        bias = RelativePositionBias(n_heads=H, n_buckets=8, max_distance=6, is_bidirectional=True)
        out = bias(TQ, TK)
        assert out.shape == (H, TQ, TK)
        for i in range(TQ):
            for j in range(TK):
                bucket = relative_position_buckets(
                    torch.tensor(j - (TK - TQ + i)),
                    n_buckets=8,
                    max_distance=6,
                    is_bidirectional=True,
                )
                assert torch.equal(out[:, i, j], bias.table[bucket])

    def test_the_last_queries_get_the_last_rows(self):
        bias = RelativePositionBias(n_heads=H, n_buckets=9, max_distance=6, is_bidirectional=False)
        assert torch.equal(bias(TK, TK)[:, -TQ:], bias(TQ, TK))

    def test_the_numbers_are_learned(self):
        bias = RelativePositionBias(n_heads=H, n_buckets=8, max_distance=6, is_bidirectional=True)
        bias(TQ, TK).sum().backward()
        assert bias.table.grad.sum().item() == H * TQ * TK
