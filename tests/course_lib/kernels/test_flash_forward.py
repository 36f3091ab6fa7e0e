import pytest
import torch

from course_lib.kernels.flash_forward import flash_forward
from course_lib.kernels.flash_tiles import TileGrid
from tests.course_lib.kernels.dense import dense_attention, rand, rand_key_mask

N, G, DH, DV = 2, 3, 8, 11
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def inputs(n_queries, n_keys):
    q = rand(N, G, n_queries, DH)
    return q, rand(N, n_keys, DH, seed=1), rand(N, n_keys, DV, seed=2)


def grid_of(q, k, causal, block_q=4, block_k=3):
    return TileGrid(
        n_queries=q.shape[2], n_keys=k.shape[1], causal=causal, block_q=block_q, block_k=block_k
    )


def test_hand_worked_case():
    # Width 4, so scores are half the dot products: 0 and ln 3. Weights 1/4 and 3/4.
    q = torch.tensor([[[[2.0, 0.0, 0.0, 0.0]]]], dtype=torch.float64)
    k = torch.tensor([[[0.0, 5.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]], dtype=torch.float64)
    k[0, 1] *= torch.tensor(3.0, dtype=torch.float64).log()
    v = torch.tensor([[[100.0], [200.0]]], dtype=torch.float64)
    values, lse = flash_forward(q, k, v, grid_of(q, k, causal=False, block_q=1, block_k=1))
    assert values.item() == pytest.approx(175.0)
    assert lse.exp().item() == pytest.approx(4.0)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(5, 7), (7, 7), (7, 5), (1, 13), (12, 9)])
def test_matches_the_whole_table(n_queries, n_keys, causal):
    q, k, v = inputs(n_queries, n_keys)
    values, lse = flash_forward(q, k, v, grid_of(q, k, causal))
    expected = dense_attention(q, k[:, None], v[:, None], causal)
    torch.testing.assert_close(values, expected[0], **TIGHT)
    torch.testing.assert_close(lse, expected[1], **TIGHT)


@pytest.mark.parametrize(("block_q", "block_k"), [(1, 1), (2, 5), (64, 2), (3, 64)])
def test_tiles_of_any_size_give_the_same(block_q, block_k):
    q, k, v = inputs(7, 10)
    values, lse = flash_forward(q, k, v, grid_of(q, k, True, block_q, block_k))
    expected = dense_attention(q, k[:, None], v[:, None], causal=True)
    torch.testing.assert_close(values, expected[0], **TIGHT)
    torch.testing.assert_close(lse, expected[1], **TIGHT)


@pytest.mark.parametrize("causal", [False, True])
def test_keys_of_padding_are_not_seen(causal):
    q, k, v = inputs(6, 9)
    key_mask = rand_key_mask(N, 9)
    values, lse = flash_forward(q, k, v, grid_of(q, k, causal), key_mask)
    expected = dense_attention(q, k[:, None], v[:, None], causal, key_mask)
    torch.testing.assert_close(values, expected[0], **TIGHT)
    torch.testing.assert_close(lse, expected[1], **TIGHT)


def test_the_inputs_are_left_unchanged():
    q, k, v = inputs(5, 7)
    before = [x.clone() for x in (q, k, v)]
    flash_forward(q, k, v, grid_of(q, k, causal=True))
    for x, was in zip((q, k, v), before, strict=True):
        assert torch.equal(x, was)
