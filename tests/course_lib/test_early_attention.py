import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.early_attention import (
    AdditiveAttention,
    GeneralAttention,
    additive_attention,
    additive_scores,
    dot_attention,
    general_attention,
    uniform_weights,
)

B, H, TQ, TK, DH, DV = 2, 3, 5, 7, 8, 11  # all different, so that a swapped axis cannot pass
DQ, DK = 4, 6
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rand_mask(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


Q, K, V = rand(B, H, TQ, DH), rand(B, H, TK, DH, seed=1), rand(B, H, TK, DV, seed=2)
W = rand(DH, seed=3)
KINDS = {
    "additive": lambda q, k, v, mask: additive_attention(q, k, v, W, mask),
    "dot": dot_attention,
    "general": lambda q, k, v, mask: general_attention(q, k, v, rand(DH, DH, seed=4), mask),
}
each_kind = pytest.mark.parametrize("attend", KINDS.values(), ids=KINDS.keys())


class TestAdditiveScores:
    def test_hand_worked_case(self):
        # (1, 0) + (0, 2) = (1, 2) scores 3 tanh 1 − tanh 2; with (−1, 0) the sum is (0, 0): 0.
        scores = additive_scores(
            torch.tensor([[1.0, 0.0]]),
            torch.tensor([[0.0, 2.0], [-1.0, 0.0]]),
            torch.tensor([3.0, -1.0]),
        )
        expected = torch.tensor([[3 * math.tanh(1.0) - math.tanh(2.0), 0.0]])
        torch.testing.assert_close(scores, expected)

    def test_matches_loops(self):
        scores = additive_scores(Q, K, W)
        for b in range(B):
            for h in range(H):
                for i in range(TQ):
                    for j in range(TK):
                        bent = [math.tanh(Q[b, h, i, d] + K[b, h, j, d]) for d in range(DH)]
                        expected = sum(W[d] * bent[d] for d in range(DH))
                        torch.testing.assert_close(scores[b, h, i, j], expected, **TIGHT)

    def test_no_score_is_larger_than_the_weights_allow(self):
        assert additive_scores(1e3 * Q, K, W).abs().max() <= W.abs().sum() * (1 + 1e-12)

    @pytest.mark.parametrize(
        ("widths", "message"),
        [
            ((DH, 1, DH), "width 8, keys of width 1 and 8 weights"),  # torch would broadcast
            ((1, DH, DH), "width 1, keys of width 8 and 8 weights"),
            ((DH, DH, DV), "width 8, keys of width 8 and 11 weights"),
        ],
    )
    def test_widths_that_do_not_fit_are_refused_in_a_sentence(self, widths, message):
        d_query, d_key, d_weights = widths
        with pytest.raises(ValueError, match=message):
            additive_scores(rand(B, TQ, d_query), rand(B, TK, d_key), rand(d_weights))


class TestAdditiveAttention:
    def test_hand_worked_case(self):
        # 2 tanh(0.5 + 0.5) against 2 tanh(0.5 − 0.5) = 0: weights e^s/(e^s + 1) and the rest.
        out = additive_attention(
            torch.tensor([[0.5]]),
            torch.tensor([[0.5], [-0.5]]),
            torch.tensor([[10.0], [20.0]]),
            torch.tensor([2.0]),
        )
        score = 2 * math.tanh(1.0)
        weight = math.exp(score) / (math.exp(score) + 1)
        torch.testing.assert_close(out.scores, torch.tensor([[score, 0.0]]))
        torch.testing.assert_close(out.weights, torch.tensor([[weight, 1 - weight]]))
        torch.testing.assert_close(out.values, torch.tensor([[10 * weight + 20 * (1 - weight)]]))

    def test_matches_torch_given_the_scores_as_a_mask(self):
        # Torch adds a mask of numbers to its scores, and those of zero queries are 0.
        mask = rand_mask(B, H, TQ, TK, seed=5)
        mask[..., 0] = True
        scores = additive_scores(Q, K, W).masked_fill(~mask, -math.inf)
        expected = F.scaled_dot_product_attention(torch.zeros_like(Q), K, V, attn_mask=scores)
        torch.testing.assert_close(additive_attention(Q, K, V, W, mask).values, expected, **TIGHT)

    def test_gradients_match_finite_differences_with_an_empty_row(self):
        mask = torch.tensor([[True, True, False], [False, False, False]])
        inputs = [rand(2, 4), rand(3, 4, seed=1), rand(3, 5, seed=2), rand(4, seed=3)]
        inputs = [x.requires_grad_() for x in inputs]
        assert torch.autograd.gradcheck(
            lambda *inputs: additive_attention(*inputs, mask).values, inputs
        )


class TestDotAttention:
    def test_hand_worked_case(self):
        # ln 3 · 1 against ln 3 · 0: weights 3/4 and 1/4. No root of the width divides.
        out = dot_attention(
            torch.tensor([[math.log(3.0), 0.0]]),
            torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
            torch.tensor([[4.0], [8.0]]),
        )
        torch.testing.assert_close(out.weights, torch.tensor([[0.75, 0.25]]))
        torch.testing.assert_close(out.values, torch.tensor([[5.0]]))

    def test_matches_torch_without_its_scale(self):
        mask = torch.ones(TQ, TK, dtype=torch.bool).tril()
        expected = F.scaled_dot_product_attention(Q, K, V, attn_mask=mask, scale=1.0)
        torch.testing.assert_close(dot_attention(Q, K, V, mask).values, expected, **TIGHT)

    def test_different_widths_are_refused_in_a_sentence(self):
        with pytest.raises(ValueError, match="width 8 cannot meet keys of width 11"):
            dot_attention(rand(TQ, DH), rand(TK, DV), rand(TK, DV))


class TestGeneralAttention:
    def test_hand_worked_case(self):
        # (1, 2) @ [[0, 1], [0, 0]] = (0, 1): it meets (5, 7) with 7, and (9, 6) with 6.
        out = general_attention(
            torch.tensor([[1.0, 2.0]]),
            torch.tensor([[5.0, 7.0], [9.0, 6.0]]),
            torch.tensor([[1.0], [0.0]]),
            torch.tensor([[0.0, 1.0], [0.0, 0.0]]),
        )
        torch.testing.assert_close(out.scores, torch.tensor([[7.0, 6.0]]))
        torch.testing.assert_close(out.values, torch.tensor([[math.e / (math.e + 1)]]))

    def test_scores_match_torch(self):
        q, k, W_score = rand(TQ, DQ), rand(TK, DK, seed=1), rand(DQ, DK, seed=2)
        out = general_attention(q, k, rand(TK, DV, seed=3), W_score)
        for i in range(TQ):
            expected = F.bilinear(q[i].expand(TK, DQ).contiguous(), k, W_score[None])[:, 0]
            torch.testing.assert_close(out.scores[i], expected, **TIGHT)

    def test_the_identity_makes_it_the_dot_product(self):
        identity = torch.eye(DH, dtype=torch.float64)
        expected = dot_attention(Q, K, V).values
        torch.testing.assert_close(general_attention(Q, K, V, identity).values, expected, **TIGHT)

    def test_a_matrix_that_does_not_fit_is_refused_in_a_sentence(self):
        with pytest.raises(
            ValueError, match=r"\(6, 4\) does not lead from .* 4 to keys of width 6"
        ):
            general_attention(rand(TQ, DQ), rand(TK, DK), rand(TK, DV), rand(DK, DQ))


class TestEveryKind:
    @each_kind
    @given(seed=st.integers(0, 10**6))
    def test_weights_sum_to_one_or_to_nothing_and_hidden_keys_get_none(self, attend, seed):
        mask = rand_mask(B, 1, TQ, TK, seed=seed)
        mask[0, 0, 2] = False
        out = attend(Q, K, V, mask)
        torch.testing.assert_close(
            out.weights.sum(-1), mask.any(-1).double().expand(B, H, TQ), **TIGHT
        )
        assert (out.weights[~mask.expand(B, H, TQ, TK)] == 0).all()
        assert torch.equal(out.values[0, :, 2], torch.zeros(H, DV, dtype=torch.float64))

    @each_kind
    def test_hidden_keys_do_not_matter(self, attend):
        k, v = K.clone(), V.clone()
        mask = torch.ones(TQ, TK, dtype=torch.bool).tril()
        before = attend(Q, k, v, mask).values
        k[..., 4:, :], v[..., 4:, :] = 1e6, -1e6
        after = attend(Q, k, v, mask).values
        assert torch.equal(before[..., :4, :], after[..., :4, :])
        assert not torch.equal(before, after)

    @each_kind
    def test_shuffled_keys_get_the_same_weights(self, attend):
        order = torch.randperm(TK, generator=seeded())
        out, shuffled = attend(Q, K, V, None), attend(Q, K[..., order, :], V[..., order, :], None)
        torch.testing.assert_close(shuffled.weights, out.weights[..., order], **TIGHT)
        torch.testing.assert_close(shuffled.values, out.values, **TIGHT)

    @each_kind
    def test_the_scores_are_those_before_the_mask(self, attend):
        mask = rand_mask(TQ, TK)
        assert torch.equal(attend(Q, K, V, mask).scores, attend(Q, K, V, None).scores)


class TestTheModules:
    def test_additive_matches_a_network_on_query_and_key_side_by_side(self):
        # tanh(q W_q + k W_k) is one layer on the two side by side, with the matrices stacked.
        layer = AdditiveAttention(DQ, DK, DH, seeded()).double()
        q, k, v = rand(B, TQ, DQ), rand(B, TK, DK, seed=1), rand(B, TK, DV, seed=2)
        pairs = torch.cat(
            [q[:, :, None].expand(B, TQ, TK, DQ), k[:, None].expand(B, TQ, TK, DK)], -1
        )
        network = nn.Sequential(nn.Linear(DQ + DK, DH, False), nn.Tanh(), nn.Linear(DH, 1, False))
        network.double()[0].weight.data = torch.cat([layer.W_q, layer.W_k]).T
        network[2].weight.data = layer.w_score[None]
        scores = network(pairs)[..., 0]
        mask = rand_mask(B, TQ, TK)
        mask[..., 3] = True
        expected = scores.masked_fill(~mask, -math.inf).softmax(-1) @ v
        out = layer(q, k, v, mask)
        torch.testing.assert_close(out.scores, scores, **TIGHT)
        torch.testing.assert_close(out.values, expected, **TIGHT)

    def test_general_is_the_function_with_its_own_matrix(self):
        layer = GeneralAttention(DQ, DK, seeded()).double()
        q, k, v = rand(B, TQ, DQ), rand(B, TK, DK, seed=1), rand(B, TK, DV, seed=2)
        mask = rand_mask(B, TQ, TK)
        expected = general_attention(q, k, v, layer.W_score, mask)
        assert torch.equal(layer(q, k, v, mask).values, expected.values)

    def test_every_weight_is_learned(self):
        for layer in (AdditiveAttention(DH, DH, DQ, seeded()), GeneralAttention(DH, DH, seeded())):
            layer.double()(Q, K, V).values.square().sum().backward()
            assert all((parameter.grad != 0).any() for parameter in layer.parameters())


class TestUniformWeights:
    def test_they_fill_the_range_and_no_more(self):
        # 4 numbers are added up: the range is ±1/2, and 4,000 draws come within 0.01 of its ends.
        weights = uniform_weights(4, 1000, generator=seeded())
        assert 0.49 < weights.max() <= 0.5
        assert -0.5 <= weights.min() < -0.49

    def test_the_generator_alone_decides(self):
        draws = [uniform_weights(DQ, DK, generator=seeded(seed)) for seed in (3, 3, 4)]
        assert torch.equal(draws[0], draws[1])
        assert not torch.equal(draws[0], draws[2])

    def test_an_empty_size_is_refused(self):
        with pytest.raises(ValueError, match=r"at least 1, got \(4, 0\)"):
            AdditiveAttention(DQ, DK, 0, seeded())
