import pytest
import torch

from course_lib.analysis.attention_share import attention_share, fixed_choice_share, looks_most_at
from course_lib.attention import MultiHeadOutput

B, L, H, T = 2, 3, 4, 5


def rand(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, dtype=torch.float64, generator=generator)


def layer_of(weights):
    """A layer's output of which only the attention weights matter."""
    n_batch, n_heads, seq_len, _ = weights.shape
    x = torch.zeros(n_batch, seq_len, n_heads)
    heads = torch.zeros(n_batch, n_heads, seq_len, 1)
    return MultiHeadOutput(x=x, weights=weights, q=heads, k=heads, v=heads)


class TestLooksMostAt:
    def test_hand_worked(self):
        # Two sentences of three words, one head. From word 2 the first looks most at word 0, the
        # second at word 1.
        weights = torch.zeros(2, 1, 3, 3)
        weights[0, 0, 2] = torch.tensor([0.6, 0.3, 0.1])
        weights[1, 0, 2] = torch.tensor([0.2, 0.5, 0.3])
        queries, keys = torch.tensor([2, 2]), torch.tensor([0, 0])
        assert looks_most_at(weights, queries, keys).tolist() == [[True], [False]]

    def test_against_loops(self):
        weights = rand(B, H, T, T)
        queries, keys = torch.tensor([3, 1]), torch.tensor([0, 4])
        found = looks_most_at(weights, queries, keys)
        assert found.shape == (B, H)
        for b in range(B):
            for h in range(H):
                row = weights[b, h, queries[b]].tolist()
                assert found[b, h] == (row.index(max(row)) == keys[b])

    def test_other_queries_do_not_matter(self):
        weights = rand(B, H, T, T)
        queries, keys = torch.tensor([3, 3]), torch.tensor([0, 4])
        before = looks_most_at(weights, queries, keys)
        weights[:, :, [0, 1, 2, 4]] = 1.0
        assert torch.equal(looks_most_at(weights, queries, keys), before)


class TestAttentionShare:
    def test_is_the_mean_over_the_sentences(self):
        layers = [layer_of(rand(7, H, T, T, seed=seed)) for seed in range(L)]
        queries = torch.tensor([0, 1, 2, 3, 4, 0, 1])
        keys = torch.tensor([1, 2, 3, 4, 0, 2, 3])
        shares = attention_share(layers, queries, keys)
        assert shares.shape == (L, H)
        for number, layer in enumerate(layers):
            looks = looks_most_at(layer.weights, queries, keys)
            assert shares[number].tolist() == pytest.approx(looks.double().mean(dim=0).tolist())

    def test_the_shares_of_all_keys_sum_to_one(self):
        layers = [layer_of(rand(6, H, T, T))]
        queries = torch.full((6,), 2)
        shares = sum(attention_share(layers, queries, torch.full((6,), key)) for key in range(T))
        torch.testing.assert_close(shares, torch.ones(1, H))


def test_a_fixed_choice_is_right_as_often_as_it_is_the_key():
    choices, keys = torch.tensor([1, 1, 1, 1]), torch.tensor([1, 5, 1, 1])
    assert fixed_choice_share(choices, keys) == 0.75
