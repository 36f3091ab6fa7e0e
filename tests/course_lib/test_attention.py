import math
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.attention import (
    AttentionConfig,
    MultiHeadAttention,
    attention_scores,
    grouped_attention,
    masked_softmax,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)

B, H, TQ, TK, DH, DV = 2, 3, 5, 7, 8, 11  # all different, so that a swapped axis cannot pass
T, D = 6, 12
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rand_mask(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5


def heads_qkv(n_kv_heads=H):
    q = rand(B, H, TQ, DH)
    return q, rand(B, n_kv_heads, TK, DH, seed=1), rand(B, n_kv_heads, TK, DV, seed=2)


class TestAttentionScores:
    def test_hand_worked_case(self):
        # (3, 4) meets (1, 0) and (0, 2): 3 and 8, each over the root of the width 2.
        scores = attention_scores(
            torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
        )
        torch.testing.assert_close(scores, torch.tensor([[3.0, 8.0]]) / math.sqrt(2))

    def test_matches_loops(self):
        q, k, _ = heads_qkv()
        scores = attention_scores(q, k)
        for b in range(B):
            for h in range(H):
                for i in range(TQ):
                    for j in range(TK):
                        dot = sum(q[b, h, i, d] * k[b, h, j, d] for d in range(DH))
                        torch.testing.assert_close(scores[b, h, i, j], dot / DH**0.5, **TIGHT)

    def test_unit_variance_in_gives_unit_variance_out(self):
        # 400 × 400 products of width 64: the variance is off by about 1 % from draw to draw.
        variance = attention_scores(rand(400, 64), rand(400, 64, seed=1)).var().item()
        assert variance == pytest.approx(1.0, abs=0.1)

    def test_different_widths_are_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match="width 8 cannot meet keys of width 11"):
            attention_scores(rand(TQ, DH), rand(TK, DV))


class TestMaskedSoftmax:
    def test_hand_worked_case(self):
        # e^0 : e^ln 3 is 1 : 3; the third key is hidden however well it matches.
        scores = torch.tensor([[0.0, math.log(3.0), 50.0]])
        weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
        torch.testing.assert_close(weights, torch.tensor([[0.25, 0.75, 0.0]]))

    def test_matches_loops(self):
        scores, mask = rand(B, TQ, TK), rand_mask(B, TQ, TK)
        mask[1, 2] = False
        weights = masked_softmax(scores, mask)
        for b in range(B):
            for i in range(TQ):
                seen = [math.exp(scores[b, i, j]) if mask[b, i, j] else 0.0 for j in range(TK)]
                want = torch.tensor([e / (sum(seen) or 1.0) for e in seen], dtype=torch.float64)
                torch.testing.assert_close(weights[b, i], want, **TIGHT)

    def test_without_a_mask_every_key_is_seen(self):
        scores = rand(TQ, TK)
        everything = torch.ones(TQ, TK, dtype=torch.bool)
        assert torch.equal(masked_softmax(scores), masked_softmax(scores, everything))

    @given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-3, 1.0, 1e4]))
    def test_weights_sum_to_one_or_to_nothing_and_hidden_keys_get_none(self, seed, scale):
        mask = rand_mask(TQ, 3, seed=seed)
        weights = masked_softmax(rand(TQ, 3, seed=seed) * scale, mask)
        torch.testing.assert_close(weights.sum(-1), mask.any(-1).double(), **TIGHT)
        assert (weights[~mask] == 0).all()

    def test_mask_broadcasts_to_the_scores(self):
        scores = rand(B, H, TQ, TK)
        keys_seen = rand_mask(B, 1, 1, TK, seed=3)
        full = keys_seen.expand(B, H, TQ, TK)
        assert torch.equal(masked_softmax(scores, keys_seen), masked_softmax(scores, full))

    def test_half_precision_hides_completely(self):
        scores = torch.full((1, 3), 6e4, dtype=torch.float16)  # near the largest number of float16
        weights = masked_softmax(scores, torch.tensor([[True, False, True]]))
        assert weights.tolist() == [[0.5, 0.0, 0.5]]
        assert weights.dtype == torch.float16

    def test_scores_are_left_unchanged(self):
        scores, mask = rand(TQ, TK), rand_mask(TQ, TK)
        before = scores.clone()
        masked_softmax(scores, mask)
        assert torch.equal(scores, before)

    def test_a_nan_is_never_hidden(self):
        scores = rand(TQ, TK)
        scores[1, 1] = torch.nan
        weights = masked_softmax(scores, torch.ones(TQ, TK, dtype=torch.bool))
        assert weights[1].isnan().all()


class TestScaledDotProductAttention:
    def test_hand_worked_case(self):
        # One query equal to the first key, width 1: weights e/(e+1) and 1/(e+1).
        q = torch.tensor([[1.0]])
        k = torch.tensor([[1.0], [0.0]])
        v = torch.tensor([[10.0], [20.0]])
        out = scaled_dot_product_attention(q, k, v)
        torch.testing.assert_close(out.scores, torch.tensor([[1.0, 0.0]]))
        torch.testing.assert_close(out.weights, torch.tensor([[0.7310586, 0.2689414]]))
        expected = torch.tensor([[10 * 0.7310586 + 20 * 0.2689414]])
        torch.testing.assert_close(out.values, expected)

    def test_matches_torch(self):
        q, k, v = heads_qkv()
        mask = torch.ones(TQ, TK, dtype=torch.bool).tril()
        expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out = scaled_dot_product_attention(q, k, v, mask)
        torch.testing.assert_close(out.values, expected, **TIGHT)

    def test_future_keys_do_not_matter_under_a_causal_mask(self):
        q, k, v = rand(TK, DH), rand(TK, DH, seed=1), rand(TK, DV, seed=2)
        mask = torch.ones(TK, TK, dtype=torch.bool).tril()
        before = scaled_dot_product_attention(q, k, v, mask).values
        k[-1], v[-1] = 1e6, -1e6
        after = scaled_dot_product_attention(q, k, v, mask).values
        assert torch.equal(before[:-1], after[:-1])

    def test_the_scores_are_those_before_the_mask(self):
        q, k, v = heads_qkv()
        out = scaled_dot_product_attention(q, k, v, rand_mask(TQ, TK))
        assert torch.equal(out.scores, attention_scores(q, k))

    def test_a_query_that_may_look_at_nothing_mixes_nothing(self):
        q, k, v = rand(TQ, DH), rand(TK, DH, seed=1), rand(TK, DV, seed=2)
        mask = torch.ones(TQ, TK, dtype=torch.bool)
        mask[2] = False
        out = scaled_dot_product_attention(q, k, v, mask)
        assert torch.equal(out.values[2], torch.zeros(DV, dtype=torch.float64))
        assert out.values.isfinite().all()

    def test_no_nan_is_made_on_the_way_back_through_an_empty_row(self):
        q, k, v = (x.requires_grad_() for x in heads_qkv())
        mask = torch.ones(TQ, TK, dtype=torch.bool)
        mask[2] = False
        with torch.autograd.set_detect_anomaly(True):  # raises where any step gives a nan
            scaled_dot_product_attention(q, k, v, mask).values.square().sum().backward()
        assert torch.equal(q.grad[:, :, 2], torch.zeros(B, H, DH, dtype=torch.float64))
        assert (q.grad[:, :, 3] != 0).all()
        assert k.grad.isfinite().all()
        assert v.grad.isfinite().all()

    def test_gradients_match_finite_differences_with_an_empty_row(self):
        mask = torch.tensor([[True, True, False], [False, False, False]])
        q, k, v = rand(2, 4), rand(3, 4, seed=1), rand(3, 5, seed=2)
        inputs = [x.requires_grad_() for x in (q, k, v)]
        assert torch.autograd.gradcheck(
            lambda q, k, v: scaled_dot_product_attention(q, k, v, mask).values, inputs
        )


class TestGroupedAttention:
    @pytest.mark.parametrize("n_kv_heads", [6, 3, 2, 1])
    def test_matches_torch(self, n_kv_heads):
        q = rand(B, 6, TQ, DH)
        k, v = rand(B, n_kv_heads, TK, DH, seed=1), rand(B, n_kv_heads, TK, DV, seed=2)
        mask = rand_mask(B, 1, TQ, TK, seed=3)
        expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        out = grouped_attention(q, k, v, mask)
        torch.testing.assert_close(out.values, expected, **TIGHT)
        assert out.weights.shape == (B, 6, TQ, TK)

    def test_uneven_groups_are_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match="3 query heads are not a multiple of 2"):
            grouped_attention(*heads_qkv(n_kv_heads=2))


class TestAttentionConfig:
    def test_head_width(self):
        assert AttentionConfig(d_model=12, n_heads=3, n_kv_heads=1).d_head == 4

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ((10, 3, 3), "d_model=10 is not a multiple of self.n_heads=3"),
            ((12, 4, 3), "n_heads=4 is not a multiple of self.n_kv_heads=3"),
            ((0, 3, 1), "at least 1"),
            ((12, 0, 1), "at least 1"),
            ((12, 3, 0), "at least 1"),
        ],
    )
    def test_sizes_that_do_not_fit_are_refused(self, sizes, message):
        d_model, n_heads, n_kv_heads = sizes
        with pytest.raises(ValueError, match=message):
            AttentionConfig(d_model=d_model, n_heads=n_heads, n_kv_heads=n_kv_heads)


def layer_of(n_heads=H, n_kv_heads=H):
    cfg = AttentionConfig(d_model=D, n_heads=n_heads, n_kv_heads=n_kv_heads)
    layer = MultiHeadAttention(cfg).double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return layer


class TestMultiHeadAttention:
    def test_matches_torch(self):
        layer, x = layer_of(), rand(B, T, D)
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        theirs = nn.MultiheadAttention(D, H, bias=False, batch_first=True, dtype=torch.float64)
        theirs.in_proj_weight.data = torch.cat(
            [layer.to_q.weight, layer.to_k.weight, layer.to_v.weight]
        )
        theirs.out_proj.weight.data = layer.to_out.weight
        # Its boolean mask means the opposite: True where a query may not look.
        expected = theirs(x, x, x, attn_mask=~mask, average_attn_weights=False)
        out = layer(x, mask)
        torch.testing.assert_close(out.x, expected[0], **TIGHT)
        torch.testing.assert_close(out.weights, expected[1], **TIGHT)

    @pytest.mark.parametrize("n_kv_heads", [4, 2, 1])
    def test_groups_share_keys_and_values_the_way_torch_does(self, n_kv_heads):
        layer, x = layer_of(4, n_kv_heads), rand(B, T, D)
        out = layer(x)
        assert out.k.shape == out.v.shape == (B, n_kv_heads, T, D // 4)
        heads = F.scaled_dot_product_attention(out.q, out.k, out.v, enable_gqa=True)
        expected = heads.transpose(1, 2).reshape(B, T, D) @ layer.to_out.weight.T
        torch.testing.assert_close(out.x, expected, **TIGHT)

    def test_a_gain_of_zero_is_a_head_whose_output_weights_are_zero(self):
        layer, x = layer_of(), rand(B, T, D)
        silenced = layer(x, head_gains=torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64))
        with torch.no_grad():
            layer.to_out.weight[:, : D // H] = 0
        torch.testing.assert_close(silenced.x, layer(x).x, **TIGHT)

    def test_each_gain_multiplies_its_own_head(self):
        layer, x = layer_of(), rand(B, T, D)
        gains = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
        alone = [layer(x, head_gains=one).x for one in torch.eye(H, dtype=torch.float64)]
        expected = sum(gain * output for gain, output in zip(gains, alone, strict=True))
        torch.testing.assert_close(layer(x, head_gains=gains).x, expected, **TIGHT)

    def test_a_mask_per_sequence(self):
        layer, x = layer_of(), rand(B, T, D)
        n_tokens = torch.tensor([T, 4])
        mask = torch.arange(T) < n_tokens[:, None, None, None]  # B 1 1 T
        alone = layer(x[1:, :4]).x
        torch.testing.assert_close(layer(x, mask).x[1:, :4], alone, **TIGHT)

    @pytest.mark.slow
    def test_compiles_in_one_piece(self):
        # In a process of its own: the checking of shapes, on in tests, cannot be compiled.
        subprocess.run([sys.executable, "-c", COMPILED_EQUALS_PLAIN], check=True)


COMPILED_EQUALS_PLAIN = """
import torch
from course_lib.attention import AttentionConfig, MultiHeadAttention

layer = MultiHeadAttention(AttentionConfig(d_model=12, n_heads=4, n_kv_heads=2))
x = torch.randn(2, 5, 12)
compiled = torch.compile(layer, backend="eager", fullgraph=True)
torch.testing.assert_close(compiled(x).x, layer(x).x)
"""


class TestSplitAndMergeHeads:
    def test_hand_worked_case(self):
        # Two positions of width 4 and two heads: the first head gets the first half of each.
        x = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
        heads = torch.tensor([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]])
        assert torch.equal(split_heads(x, 2), heads)
        assert torch.equal(merge_heads(heads), x)

    def test_split_then_merge_is_the_identity(self):
        x = rand(B, TQ, H * DH)
        assert torch.equal(merge_heads(split_heads(x, H)), x)
