import pytest
import torch

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.masks import causal_mask, left_padding_mask, sliding_window_mask

B, H, TQ, TK = 2, 3, 4, 7
N_PADDING = torch.tensor([0, 5])


class TestCausalContext:
    def test_a_whole_sequence_needs_no_mask_but_the_word(self):
        for n_queries in (2, TK):
            context = causal_context(n_seen=0, n_queries=n_queries)
            assert context.mask is None
            assert context.is_causal
            assert not context.keep_weights

    @pytest.mark.parametrize("n_seen", [0, TK - 1])
    def test_a_single_query_needs_neither(self, n_seen):
        context = causal_context(n_seen=n_seen, n_queries=1)
        assert context.mask is None
        assert not context.is_causal

    @pytest.mark.parametrize("n_queries", [2, TQ])
    def test_queries_that_follow_others_have_a_mask(self, n_queries):
        context = causal_context(n_seen=TK - n_queries, n_queries=n_queries)
        assert torch.equal(context.mask, causal_mask(n_queries, TK))
        assert not context.is_causal

    @pytest.mark.parametrize("n_queries", [1, TQ, TK])
    def test_padding_is_hidden_too(self, n_queries):
        context = causal_context(n_seen=TK - n_queries, n_queries=n_queries, n_padding=N_PADDING)
        expected = causal_mask(n_queries, TK) & left_padding_mask(N_PADDING, TK)
        # A mask that hides nothing of the past may be left out of the product.
        assert torch.equal(context.mask.expand_as(expected), expected)
        assert not context.is_causal

    @pytest.mark.parametrize("n_queries", [1, TQ, TK])
    def test_a_window_takes_the_place_of_the_causal_mask(self, n_queries):
        context = causal_context(n_seen=TK - n_queries, n_queries=n_queries, window=3)
        assert torch.equal(context.mask, sliding_window_mask(n_queries, TK, 3))
        assert not context.is_causal

    def test_a_window_and_padding(self):
        context = causal_context(n_seen=0, n_queries=TK, window=3, n_padding=N_PADDING)
        expected = sliding_window_mask(TK, TK, 3) & left_padding_mask(N_PADDING, TK)
        assert torch.equal(context.mask, expected)

    @pytest.mark.parametrize("window", [TK, TK + 1])
    def test_a_window_that_nothing_falls_out_of_hides_nothing(self, window):
        assert causal_context(n_seen=0, n_queries=TK, window=window).is_causal
        assert causal_context(n_seen=0, n_queries=TK, window=TK - 1).mask is not None

    def test_a_window_longer_than_the_queries_hides_what_came_long_before(self):
        context = causal_context(n_seen=TK - TQ, n_queries=TQ, window=TQ + 1)
        assert torch.equal(context.mask, sliding_window_mask(TQ, TK, TQ + 1))

    @pytest.mark.parametrize("window", [None, 3])
    def test_the_mask_is_made_where_it_is_wanted(self, window):
        meta = torch.device("meta")
        context = causal_context(n_seen=TK - TQ, n_queries=TQ, window=window, device=meta)
        assert context.mask.device == meta

    def test_with_a_bias_there_is_always_a_mask(self):
        bias = torch.zeros(H, TK, TK)
        context = causal_context(n_seen=0, n_queries=TK, bias=bias)
        assert context.bias is bias
        assert torch.equal(context.mask, causal_mask(TK, TK))
        assert not context.is_causal

    def test_the_rest_is_handed_on(self):
        context = causal_context(n_seen=0, n_queries=TK, rotate=torch.neg, keep_weights=True)
        assert context.rotate is torch.neg
        assert context.keep_weights


class TestKernelMask:
    MASK, BIAS = left_padding_mask(N_PADDING, TK), torch.arange(H * TQ * TK).view(H, TQ, TK) / 2

    def test_there_is_none_where_nothing_is_said(self):
        assert AttentionContext().kernel_mask is None
        assert AttentionContext(is_causal=True).kernel_mask is None

    def test_one_alone_stays_as_it_is(self):
        assert torch.equal(AttentionContext(mask=self.MASK).kernel_mask, self.MASK)
        assert torch.equal(AttentionContext(bias=self.BIAS).kernel_mask, self.BIAS[None])

    @pytest.mark.parametrize("with_mask", [True, False])
    def test_a_bias_keeps_its_precision_and_its_gradient(self, with_mask):
        bias = torch.randn(H, TQ, TK, dtype=torch.float64, requires_grad=True)
        mask = causal_mask(TQ, TK) if with_mask else None
        joined = AttentionContext(mask=mask, bias=bias).kernel_mask
        assert joined.dtype == torch.float64
        (grad,) = torch.autograd.grad(joined.sum(), bias)
        assert torch.equal(grad.bool(), (mask if with_mask else bias.bool()).expand_as(grad))

    def test_both_are_joined(self):
        joined = AttentionContext(mask=self.MASK, bias=self.BIAS).kernel_mask
        assert joined.shape == (B, H, TQ, TK)
        for row, n_padding in enumerate(N_PADDING):
            assert (joined[row, :, :, :n_padding] == -torch.inf).all()
            assert torch.equal(joined[row, :, :, n_padding:], self.BIAS[:, :, n_padding:])

    @pytest.mark.parametrize("shape", [(TQ, TK), (H, TQ, TK), (B, 1, 1, TK)])
    def test_it_has_the_axes_that_the_fast_kernels_take(self, shape):
        for context in (
            AttentionContext(mask=torch.ones(shape, dtype=torch.bool)),
            AttentionContext(bias=torch.ones(shape)),
        ):
            assert context.kernel_mask.shape == (1,) * (4 - len(shape)) + shape


class TestAttentionContext:
    def test_is_made_by_name_only(self):
        with pytest.raises(TypeError):
            AttentionContext(None)

    def test_says_nothing_unless_told(self):
        context = AttentionContext()
        assert context.mask is context.bias is context.rotate is None
        assert not context.is_causal
        assert not context.keep_weights

    @pytest.mark.parametrize(
        "more", [{"mask": causal_mask(TQ, TQ)}, {"bias": torch.zeros(H, TQ, TQ)}]
    )
    def test_is_causal_goes_with_no_mask_and_no_bias(self, more):
        with pytest.raises(ValueError, match="is_causal=True takes the place of a mask"):
            AttentionContext(is_causal=True, **more)
