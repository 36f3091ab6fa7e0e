"""The numbers of one head: steps, mask, spread."""

import itertools
import math

import pytest
import torch

from course_lib.attention import scaled_dot_product_attention
from course_lib.figures.explorer_numbers import attend

T, DH, DV = 5, 4, 7


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


class TestAttend:
    def test_the_steps_agree_with_the_library(self):
        q, k, v = rand(T, DH), rand(T, DH, seed=1), rand(T, DV, seed=2)
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        got, want = attend(q, k, v, 1.0, mask), scaled_dot_product_attention(q, k, v, mask)
        for mine, theirs in ((got.weights, want.weights), (got.outputs, want.values)):
            torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(got.products, q @ k.mT, rtol=1e-12, atol=1e-12)
        scores = got.products / math.sqrt(DH)
        torch.testing.assert_close(got.scores, scores, rtol=1e-12, atol=1e-12)

    def test_the_factor_multiplies_scores_not_products(self):
        q, k, v = rand(T, DH), rand(T, DH, seed=1), rand(T, DV, seed=2)
        once, thrice = attend(q, k, v, 1.0, None), attend(q, k, v, 3.0, None)
        torch.testing.assert_close(thrice.scores, 3 * once.scores, rtol=1e-12, atol=1e-12)
        assert torch.equal(thrice.products, once.products)


class TestSpread:
    def test_three_quarters_and_a_quarter_by_hand(self):
        # Scores ln 3 and 0 give ¾ and ¼. Entropy: ¾ ln(4/3) + ¼ ln 4 = 0.5623, e^0.5623 = 1.7548.
        q, k = torch.tensor([[math.log(3)], [0.0]]).double(), torch.tensor([[1.0], [0.0]]).double()
        spread = attend(q, k, k, 1.0, None).spread
        assert spread.tolist() == pytest.approx([1.7548, 2.0], abs=1e-4)

    def test_it_lies_between_one_and_the_number_of_tokens_and_falls_with_the_scale(self):
        q, k, v = rand(T, DH), rand(T, DH, seed=1), rand(T, DV, seed=2)
        spreads = [attend(q, k, v, factor, None).spread for factor in (0.0, 0.5, 2.0, 8.0, 1e4)]
        assert spreads[0].tolist() == pytest.approx([T] * T, abs=1e-12)
        assert spreads[-1].tolist() == pytest.approx([1.0] * T, abs=1e-12)
        for wider, narrower in itertools.pairwise(spreads):
            assert (wider >= narrower - 1e-12).all()

    def test_who_looks_at_nothing_has_no_spread(self):
        mask = torch.ones(T, T, dtype=torch.bool)
        mask[2] = False
        spread = attend(rand(T, DH), rand(T, DH), rand(T, DV), 1.0, mask).spread
        assert spread[2] == 0
        assert (spread[[0, 1, 3, 4]] >= 1).all()
