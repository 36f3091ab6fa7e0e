import math

import pytest
import torch
from torch.profiler import profile

from course_lib.attention import grouped_attention
from course_lib.attention_context import AttentionContext
from course_lib.attention_paths import explicit_attention, fused_attention, soft_cap
from course_lib.masks import causal_mask

B, H, H_KV, TQ, TK, DH = 2, 6, 3, 5, 7, 8
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rand_mask(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5


def heads_qkv(n_queries=TQ):
    q = rand(B, H, n_queries, DH)
    return q, rand(B, H_KV, TK, DH, seed=1), rand(B, H_KV, TK, DH, seed=2)


def by_loops(q, k, v, scale, mask, bias, cap):
    """One query after the other, in plain torch; mask and bias have all axes."""
    out = torch.zeros_like(q)
    for b, h, i in torch.cartesian_prod(*map(torch.arange, q.shape[:3])).tolist():
        shared = h // (H // H_KV)
        scores = torch.stack([q[b, h, i] @ k[b, shared, j] * scale for j in range(TK)])
        if cap is not None:
            scores = cap * (scores / cap).tanh()
        seen = mask[b, h, i]
        if seen.any():
            shares = (scores + bias[b, h, i])[seen].softmax(-1)
            out[b, h, i] = shares @ v[b, shared, seen]
    return out


class TestSoftCap:
    def test_hand_worked_case(self):
        # 2·tanh(1/2) = 2·0.462117.
        torch.testing.assert_close(soft_cap(torch.tensor(1.0), 2.0), torch.tensor(0.924234))

    def test_small_scores_stay_and_large_ones_reach_the_bound(self):
        scores = torch.tensor([1e-4, -1e-4, 1e4, -1e4], dtype=torch.float64)
        expected = torch.tensor([1e-4, -1e-4, 3.0, -3.0], dtype=torch.float64)
        # tanh x = x − x³/3 + …: off by 4e-14 here.
        torch.testing.assert_close(soft_cap(scores, 3.0), expected, **TIGHT)

    def test_the_gradient_flows(self):
        # d(cap · tanh(x/cap))/dx = 1 − tanh²(x/cap)
        x = rand(7).requires_grad_()
        (grad,) = torch.autograd.grad(soft_cap(x, 1.5).sum(), x)
        torch.testing.assert_close(grad, 1 - (x.detach() / 1.5).tanh() ** 2, **TIGHT)

    def test_order_stays(self):
        scores = rand(20).sort().values
        assert (soft_cap(scores, 1.5).diff() > 0).all()


class TestBothPaths:
    def test_hand_worked_case(self):
        # Scores 2·(1, 0)·ln 2 = 2 ln 2 and 0, the bias adds ln 2 to the second: 4 : 2.
        q, k = torch.full((1, 1, 1, 1), math.log(2.0)), torch.tensor([[[[1.0], [0.0]]]])
        v = torch.tensor([[[[30.0], [60.0]]]])
        context = AttentionContext(bias=torch.tensor([[[0.0, math.log(2.0)]]]))
        out = explicit_attention(q, k, v, context, scale=2.0)
        torch.testing.assert_close(out.weights[0, 0, 0], torch.tensor([2 / 3, 1 / 3]))
        torch.testing.assert_close(out.values, torch.full((1, 1, 1, 1), 40.0))
        torch.testing.assert_close(fused_attention(q, k, v, context, scale=2.0), out.values)

    @pytest.mark.parametrize("has_mask", [True, False])
    @pytest.mark.parametrize("has_bias", [True, False])
    @pytest.mark.parametrize("cap", [None, 0.8])
    def test_matches_loops(self, has_mask, has_bias, cap):
        q, k, v = heads_qkv()
        mask, bias = rand_mask(B, 1, TQ, TK), rand(H, TQ, TK, seed=3)
        mask[1, 0, 2] = False
        context = AttentionContext(mask=mask if has_mask else None, bias=bias if has_bias else None)
        whole_mask = mask.expand(B, H, TQ, TK) if has_mask else torch.ones(B, H, TQ, TK).bool()
        whole_bias = (bias if has_bias else torch.zeros_like(bias)).expand(B, H, TQ, TK)
        expected = by_loops(q, k, v, 0.7, whole_mask, whole_bias, cap)
        explicit = explicit_attention(q, k, v, context, 0.7, cap)
        torch.testing.assert_close(explicit.values, expected, **TIGHT)
        if cap is None:
            torch.testing.assert_close(fused_attention(q, k, v, context, 0.7), expected, **TIGHT)

    def test_with_the_usual_scale_they_are_the_teaching_function(self):
        q, k, v = heads_qkv()
        mask = rand_mask(B, 1, TQ, TK)
        expected = grouped_attention(q, k, v, mask)
        explicit = explicit_attention(q, k, v, AttentionContext(mask=mask), DH**-0.5)
        torch.testing.assert_close(explicit.values, expected.values, **TIGHT)
        torch.testing.assert_close(explicit.weights, expected.weights, **TIGHT)
        torch.testing.assert_close(explicit.scores, expected.scores, **TIGHT)
        fused = fused_attention(q, k, v, AttentionContext(mask=mask), DH**-0.5)
        torch.testing.assert_close(fused, expected.values, **TIGHT)

    def test_is_causal_is_a_causal_mask(self):
        q, k, v = heads_qkv(TK)
        expected = grouped_attention(q, k, v, causal_mask(TK, TK)).values
        context = AttentionContext(is_causal=True)
        torch.testing.assert_close(fused_attention(q, k, v, context, DH**-0.5), expected, **TIGHT)
        explicit = explicit_attention(q, k, v, context, DH**-0.5).values
        torch.testing.assert_close(explicit, expected, **TIGHT)

    @pytest.mark.parametrize(("batch_size", "n_keys"), [(H, TK), (H_KV, TK), (B, H)])
    def test_sizes_that_happen_to_be_those_of_other_axes(self, batch_size, n_keys):
        q = rand(batch_size, H, TQ, DH)
        k, v = (rand(batch_size, H_KV, n_keys, DH, seed=seed) for seed in (1, 2))
        context = AttentionContext()
        torch.testing.assert_close(
            fused_attention(q, k, v, context, 0.3),
            explicit_attention(q, k, v, context, 0.3).values,
            **TIGHT,
        )

    def test_as_many_queries_as_key_heads(self):
        q, k, v = heads_qkv(H_KV)
        expected = grouped_attention(q, k, v).values
        fused = fused_attention(q, k, v, AttentionContext(), DH**-0.5)
        torch.testing.assert_close(fused, expected, **TIGHT)

    def test_runs_where_the_queries_lie(self):
        q, k, v = (x.to("meta") for x in heads_qkv(TK))
        out = explicit_attention(q, k, v, AttentionContext(is_causal=True), 1.0)
        assert out.values.device.type == "meta"

    @pytest.mark.parametrize("attend", [fused_attention, explicit_attention])
    def test_is_causal_wants_as_many_keys_as_queries(self, attend):
        q, k, v = heads_qkv()
        with pytest.raises(ValueError, match="is_causal=True, but 5 queries and 7 keys"):
            attend(q, k, v, AttentionContext(is_causal=True), 1.0)

    def test_a_context_of_more_keys_is_cut_to_the_last_ones(self):
        q, k, v = heads_qkv()
        mask, bias = rand_mask(B, 1, TQ, TK + 4), rand(H, TQ, TK + 4, seed=3)
        long = AttentionContext(mask=mask, bias=bias)
        short = AttentionContext(mask=mask[..., 4:], bias=bias[..., 4:])
        expected = explicit_attention(q, k, v, short, 1.0).values
        assert torch.equal(explicit_attention(q, k, v, long, 1.0).values, expected)
        torch.testing.assert_close(fused_attention(q, k, v, long, 1.0), expected, **TIGHT)

    @pytest.mark.parametrize("has_bias", [True, False])
    def test_a_query_that_may_look_at_nothing_gets_zeros_and_no_nan_on_the_way_back(self, has_bias):
        q, k, v = (x.requires_grad_() for x in heads_qkv())
        mask = torch.ones(TQ, TK, dtype=torch.bool)
        mask[2] = False
        bias = rand(H, TQ, TK, seed=3).requires_grad_() if has_bias else None
        context = AttentionContext(mask=mask, bias=bias)
        for values in (
            fused_attention(q, k, v, context, 1.0),
            explicit_attention(q, k, v, context, 1.0).values,
        ):
            assert (values[:, :, 2] == 0).all()
            for gradient in torch.autograd.grad(values.square().sum(), [q, k, v]):
                assert gradient.isfinite().all()

    @torch.no_grad()
    def test_nor_without_a_gradient_where_the_kernel_is_another(self):
        q, k, v = heads_qkv()
        mask = torch.ones(TQ, TK, dtype=torch.bool)
        mask[2] = False
        for bias in (None, rand(H, TQ, TK, seed=3)):
            values = fused_attention(q, k, v, AttentionContext(mask=mask, bias=bias), 1.0)
            assert (values[:, :, 2] == 0).all()

    @torch.no_grad()
    def test_a_bias_by_head_goes_to_the_fast_kernel(self):
        q, k, v = (rand(B, H, TK, DH, seed=seed) for seed in range(3))
        context = AttentionContext(mask=causal_mask(TK, TK), bias=rand(H, TK, TK))
        with profile() as profiled:
            fused_attention(q, k, v, context, 1.0)
        names = [event.key for event in profiled.key_averages()]
        assert "aten::_scaled_dot_product_flash_attention_for_cpu" in names

    def test_future_keys_do_not_matter_under_a_causal_mask(self):
        q, k, v = heads_qkv(TK)
        context = AttentionContext(is_causal=True)
        before = fused_attention(q, k, v, context, 1.0), explicit_attention(q, k, v, context, 1.0)
        k[:, :, -1], v[:, :, -1] = 1e3, -1e3
        assert torch.equal(fused_attention(q, k, v, context, 1.0)[:, :, :-1], before[0][:, :, :-1])
        after = explicit_attention(q, k, v, context, 1.0)
        assert torch.equal(after.values[:, :, :-1], before[1].values[:, :, :-1])
