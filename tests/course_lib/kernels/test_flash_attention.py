import math

import jaxtyping
import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib.attention import grouped_attention, split_heads
from course_lib.kernels.flash_attention import flash_attention
from tests.course_lib.kernels.dense import dense_attention, qkv, rand, rand_key_mask, seen_by

B, H, DH, DV = 2, 6, 8, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
SMALL = {"block_q": 4, "block_k": 3}


def flash(q, k, v, causal=False, key_mask=None):
    out = flash_attention(q, k, v, causal=causal, key_mask=key_mask, **SMALL)
    return out.values, out.lse


class TestValues:
    def test_hand_worked_case(self):
        # Causal, queries and keys 0: each position mixes itself and those before in equal parts.
        zeros = torch.zeros(1, 1, 4, 2)
        v = torch.tensor([12.0, 24.0, 36.0, 48.0]).view(1, 1, 4, 1)
        out = flash_attention(zeros, zeros, v, causal=True, block_q=3, block_k=2)
        torch.testing.assert_close(out.values.flatten(), torch.tensor([12.0, 18.0, 24.0, 30.0]))
        expected = torch.tensor([math.log(n) for n in (1, 2, 3, 4)])
        torch.testing.assert_close(out.lse.flatten(), expected)

    @pytest.mark.parametrize("padded", [False, True])
    @pytest.mark.parametrize("causal", [False, True])
    @pytest.mark.parametrize("n_kv_heads", [6, 3, 2, 1])
    @pytest.mark.parametrize(("n_queries", "n_keys"), [(5, 7), (10, 10), (7, 5), (1, 13)])
    def test_matches_grouped_attention(self, n_queries, n_keys, n_kv_heads, causal, padded):
        q, k, v = qkv(B, H, n_kv_heads, n_queries, n_keys, DH, DV)
        key_mask = rand_key_mask(B, n_keys) if padded else None
        mask = seen_by(n_queries, n_keys, causal, key_mask)
        values, lse = flash(q, k, v, causal, key_mask)
        torch.testing.assert_close(values, grouped_attention(q, k, v, mask).values, **TIGHT)
        torch.testing.assert_close(lse, dense_attention(q, k, v, causal, key_mask)[1], **TIGHT)

    def test_matches_torch_with_its_own_tiles(self):
        q, k, v = qkv(1, 2, 2, 700, 700, 16, 16)
        out = flash_attention(q, k, v, causal=True)
        expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        torch.testing.assert_close(out.values, expected, **TIGHT)

    def test_future_keys_do_not_matter(self):
        q, k, v = qkv(B, H, 3, 10, 10, DH, DV)
        before, _ = flash(q, k, v, causal=True)
        k[:, :, -1], v[:, :, -1] = 1e6, -1e6
        after, _ = flash(q, k, v, causal=True)
        assert torch.equal(before[:, :, :-1], after[:, :, :-1])
        assert not torch.equal(before[:, :, -1], after[:, :, -1])

    def test_last_queries_alone_give_what_they_give_among_all(self):
        q, k, v = qkv(B, H, 3, 10, 10, DH, DV)
        everything, _ = flash(q, k, v, causal=True)
        last, _ = flash(q[:, :, -3:], k, v, causal=True)
        torch.testing.assert_close(last, everything[:, :, -3:], **TIGHT)

    @pytest.mark.parametrize(("n_queries", "n_keys"), [(0, 7), (5, 0)])
    def test_without_queries_or_keys_nothing_is_mixed(self, n_queries, n_keys):
        inputs = [x.requires_grad_() for x in qkv(B, H, 3, n_queries, n_keys, DH, DV)]
        values, lse = flash(*inputs, causal=True)
        assert torch.equal(values, torch.zeros(B, H, n_queries, DV, dtype=torch.float64))
        assert (lse == -torch.inf).all()
        values.sum().backward()
        assert not any(x.grad.any() for x in inputs)

    def test_heads_that_do_not_lie_together_in_memory(self):
        x = rand(B, 10, H * DH)
        q, k, v = (split_heads(x * scale, H) for scale in (1.0, 0.5, 2.0))
        assert not q.is_contiguous()
        values, _ = flash(q, k, v, causal=True)
        torch.testing.assert_close(values, dense_attention(q, k, v, causal=True)[0], **TIGHT)

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_is_summed_in_float32(self, dtype):
        q, k, v = qkv(B, H, 3, 40, 40, DH, DV, dtype=dtype)
        values, lse = flash(q, k, v, causal=True)
        assert (values.dtype, lse.dtype) == (dtype, torch.float32)
        exact, exact_lse = dense_attention(q.double(), k.double(), v.double(), causal=True)
        # Rounding the result once is all that half precision may cost: half a unit in the last
        # place, and as much as float32 adds to it where that decides how to round.
        epsilon = torch.finfo(dtype).eps
        torch.testing.assert_close(values.double(), exact, rtol=0.51 * epsilon, atol=1e-5)
        torch.testing.assert_close(lse.double(), exact_lse, rtol=1e-6, atol=2e-6)


class TestGradients:
    @pytest.mark.parametrize("padded", [False, True])
    @pytest.mark.parametrize("causal", [False, True])
    @pytest.mark.parametrize("n_kv_heads", [6, 2])
    @pytest.mark.parametrize(("n_queries", "n_keys"), [(5, 7), (7, 5)])
    def test_match_autograd_through_the_whole_table(
        self, n_queries, n_keys, n_kv_heads, causal, padded
    ):
        inputs = [x.requires_grad_() for x in qkv(B, H, n_kv_heads, n_queries, n_keys, DH, DV)]
        key_mask = rand_key_mask(B, n_keys) if padded else None
        d_values, d_lse = rand(B, H, n_queries, DV, seed=4), rand(B, H, n_queries, seed=5)
        slopes = []
        for attend in (flash, dense_attention):
            values, lse = attend(*inputs, causal, key_mask)
            seen = lse > -torch.inf
            outputs = (values, lse[seen])
            slopes.append(torch.autograd.grad(outputs, inputs, (d_values, d_lse[seen])))
        for got, want in zip(*slopes, strict=True):
            torch.testing.assert_close(got, want, **TIGHT)

    def test_match_finite_differences(self):
        inputs = [x.requires_grad_() for x in qkv(1, 2, 1, 4, 5, 3, 2)]
        assert torch.autograd.gradcheck(lambda *x: flash(*x, causal=True), inputs)

    def test_half_precision_comes_back_as_half_precision(self):
        inputs = [x.requires_grad_() for x in qkv(B, H, 3, 5, 5, DH, DV, dtype=torch.bfloat16)]
        flash(*inputs)[0].sum().backward()
        assert {x.grad.dtype for x in inputs} == {torch.bfloat16}

    def test_a_second_derivative_is_refused(self):
        # The backward pass is arithmetic that autograd does not follow.
        q, k, v = (x.requires_grad_() for x in qkv(1, 1, 1, 3, 3, 4, 4))
        (slope,) = torch.autograd.grad(flash(q, k, v)[0].square().sum(), q, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable"):
            slope.sum().backward()


class Watch(TorchDispatchMode):
    """Records the largest tensor that any operation makes, and counts the products."""

    def __init__(self):
        super().__init__()
        self.largest = self.n_products = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.n_products += func._schema.name in ("aten::bmm", "aten::baddbmm_")
        for tensor in out if isinstance(out, (tuple, list)) else [out]:
            if isinstance(tensor, torch.Tensor):
                self.largest = max(self.largest, tensor.numel())
        return out


class TestCost:
    def test_there_is_never_a_table_of_all_scores(self):
        n_positions, block = 1000, 50
        q, k, v = (x.requires_grad_() for x in qkv(1, 2, 1, n_positions, n_positions, 4, 4))
        with Watch() as watch:
            out = flash_attention(q, k, v, causal=True, block_q=block, block_k=block)
            out.values.sum().backward()
        # The largest things: all queries, and one tile.
        assert watch.largest == max(q.numel(), 2 * block * block)

    def test_tiles_above_the_diagonal_are_skipped(self):
        q, k, v = (x.requires_grad_() for x in qkv(1, 2, 1, 40, 40, 4, 4))
        with Watch() as forward:
            out = flash_attention(q, k, v, causal=True, block_q=10, block_k=10)
        with Watch() as backward:
            out.values.sum().backward()
        # Four rows of tiles see 1, 2, 3 and 4 tiles. Two products for each on the way there, and
        # five on the way back.
        assert (forward.n_products, backward.n_products) == (2 * 10, 5 * 10)


class TestErrors:
    def test_different_widths(self):
        q, k, v = rand(B, H, 5, 8), rand(B, H, 7, 11), rand(B, H, 7, 11)
        with pytest.raises(ValueError, match="width 8 cannot meet keys of width 11"):
            flash_attention(q, k, v)

    def test_uneven_groups(self):
        with pytest.raises(ValueError, match="6 query heads are not a multiple of 4"):
            flash_attention(*qkv(B, H, 4, 5, 7, DH, DV))

    def test_more_values_than_keys(self, monkeypatch):
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        q, k, _ = qkv(B, H, 3, 5, 7, DH, DV)
        with pytest.raises(ValueError, match=r"keys \(2, 3, 7, 8\) and values \(2, 3, 9, 11\)"):
            flash_attention(q, k, rand(B, 3, 9, DV))

    def test_empty_tiles(self):
        with pytest.raises(ValueError, match="0 × 3 holds nothing"):
            flash_attention(*qkv(B, H, 3, 5, 7, DH, DV), block_q=0, block_k=3)
