import pytest
import torch

from course_lib.kernels.flash_backward import flash_backward, mixture_pull
from course_lib.kernels.flash_forward import flash_forward
from course_lib.kernels.flash_tiles import TileGrid
from tests.course_lib.kernels.dense import dense_attention, rand, rand_key_mask

N, G, DH, DV = 2, 3, 8, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def both_ways(n_queries, n_keys, causal, key_mask=None, block_q=4, block_k=3):
    """Slopes by `flash_backward`, and by autograd through the whole table."""
    q = rand(N, G, n_queries, DH).requires_grad_()
    k, v = (rand(N, n_keys, width, seed=width).requires_grad_() for width in (DH, DV))
    d_values, d_lse = rand(N, G, n_queries, DV, seed=3), rand(N, G, n_queries, seed=4)
    grid = TileGrid(
        n_queries=n_queries, n_keys=n_keys, causal=causal, block_q=block_q, block_k=block_k
    )
    values, lse = flash_forward(q, k, v, grid, key_mask)
    inputs = [x.detach() for x in (q, k, v)]
    got = flash_backward(*inputs, values, lse, d_values, d_lse, grid, key_mask)
    values, lse = dense_attention(q, k[:, None], v[:, None], causal, key_mask)
    d_lse = d_lse.masked_fill(lse == -torch.inf, 0.0)
    want = torch.autograd.grad((values, lse), (q, k, v), (d_values, d_lse))
    return (got.q, got.k, got.v), want


def test_hand_worked_case():
    # One query of width 1 that sees two equal keys of 0: weights ½ and ½. The values are 1 and 3,
    # the mixture 2, and the loss grows by 1 with it. Each value's slope is its weight, ½. A score's
    # slope is weight · (value − mixture): −½ and +½. The query's is −½·0 + ½·0, a key's is its
    # score's times the query, 4.
    q, k = torch.tensor([[[[4.0]]]]), torch.zeros(1, 2, 1)
    v = torch.tensor([[[1.0], [3.0]]])
    grid = TileGrid(n_queries=1, n_keys=2, causal=False, block_q=1, block_k=1)
    one = torch.ones(1, 1, 1, 1)
    lse = torch.tensor([[[2.0]]]).log()  # e⁰ + e⁰
    slopes = flash_backward(q, k, v, 2 * one, lse, one, torch.zeros(1, 1, 1), grid)
    torch.testing.assert_close(slopes.v, torch.tensor([[[0.5], [0.5]]]))
    torch.testing.assert_close(slopes.k, torch.tensor([[[-2.0], [2.0]]]))
    assert slopes.q.item() == 0.0


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(5, 7), (7, 7), (7, 5), (1, 13), (12, 9)])
def test_matches_autograd_through_the_whole_table(n_queries, n_keys, causal):
    for got, want in zip(*both_ways(n_queries, n_keys, causal), strict=True):
        torch.testing.assert_close(got, want, **TIGHT)


@pytest.mark.parametrize(("block_q", "block_k"), [(1, 1), (2, 5), (64, 2), (3, 64)])
def test_tiles_of_any_size_give_the_same(block_q, block_k):
    slopes = both_ways(7, 10, causal=True, block_q=block_q, block_k=block_k)
    for got, want in zip(*slopes, strict=True):
        torch.testing.assert_close(got, want, **TIGHT)


@pytest.mark.parametrize("causal", [False, True])
def test_keys_of_padding_get_no_slope(causal):
    key_mask = rand_key_mask(N, 9)
    got, want = both_ways(6, 9, causal, key_mask)
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one, other, **TIGHT)
    assert (got[1][~key_mask] == 0).all()
    assert (got[2][~key_mask] == 0).all()


def test_a_query_that_sees_nothing_pulls_at_nothing():
    # Seven queries are the last of five positions: the first two stand before the first key.
    got, _ = both_ways(7, 5, causal=True)
    assert torch.equal(got[0][:, :, :2], torch.zeros(N, G, 2, DH, dtype=torch.float64))
    assert all(slope.isfinite().all() for slope in got)


def test_the_slope_of_the_log_sum_exp_is_taken_off():
    values, d_values = rand(N, G, 5, DV), rand(N, G, 5, DV, seed=1)
    d_lse = rand(N, G, 5, seed=2)
    expected = torch.einsum("ngtd,ngtd->ngt", values, d_values) - d_lse
    torch.testing.assert_close(mixture_pull(values, d_values, d_lse), expected, **TIGHT)
