import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.training.split_layers import attention_shares, feed_forward_shares

B, T, D, FF, H, DH = 2, 5, 6, 24, 4, 3
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


X, W_IN, W_OUT = rand(B, T, D), rand(D, FF, seed=1), rand(FF, D, seed=2)


class TestFeedForward:
    def test_by_hand(self):
        # One unit each: relu(2 · 3) · 10 = 60 and relu(2 · (-3)) · 100 = 0.
        shares = feed_forward_shares(
            torch.tensor([[[2.0]]]),
            torch.tensor([[3.0, -3.0]]),
            torch.tensor([[10.0], [100.0]]),
            2,
            torch.relu,
        )
        assert [share.item() for share in shares] == [60, 0]

    @pytest.mark.parametrize("n_devices", [1, 2, 3, 8])
    def test_the_shares_add_up_to_the_whole(self, n_devices):
        shares = feed_forward_shares(X, W_IN, W_OUT, n_devices, F.gelu)
        assert len(shares) == n_devices
        torch.testing.assert_close(sum(shares), F.gelu(X @ W_IN) @ W_OUT, **TIGHT)

    @pytest.mark.parametrize("n_devices", [0, 5])
    def test_an_uneven_cut_is_refused(self, n_devices):
        with pytest.raises(ValueError, match=f"24 cannot be shared out evenly to {n_devices}"):
            feed_forward_shares(X, W_IN, W_OUT, n_devices, F.gelu)


class TestAttention:
    weights = tuple(rand(D, H * DH, seed=seed) for seed in (3, 4, 5))
    W_back = rand(H * DH, D, seed=6)

    @pytest.mark.parametrize("n_devices", [1, 2, 4])
    def test_against_torch(self, n_devices):
        q, k, v = ((X @ W).unflatten(-1, (H, DH)).transpose(1, 2) for W in self.weights)
        whole = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        whole = whole.transpose(1, 2).flatten(2) @ self.W_back
        shares = attention_shares(X, self.weights, self.W_back, H, n_devices)
        assert len(shares) == n_devices
        torch.testing.assert_close(sum(shares), whole, **TIGHT)

    def test_a_share_is_what_its_heads_add(self):
        first, second = attention_shares(X, self.weights, self.W_back, H, 2)
        silenced = self.W_back.clone()
        silenced[H * DH // 2 :] = 0  # the heads of the second device
        torch.testing.assert_close(
            first, sum(attention_shares(X, self.weights, silenced, H, 1)), **TIGHT
        )
        assert not torch.allclose(first, second)

    def test_heads_are_not_cut_in_two(self):
        with pytest.raises(ValueError, match="4 heads cannot be shared out evenly to 3"):
            attention_shares(X, self.weights, self.W_back, H, 3)


def test_gradients_are_those_of_the_whole():
    W_in, W_out = nn.Parameter(W_IN.clone()), nn.Parameter(W_OUT.clone())
    sum(feed_forward_shares(X, W_in, W_out, 4, F.gelu)).square().sum().backward()
    split = W_in.grad, W_out.grad
    W_in.grad = W_out.grad = None
    (F.gelu(X @ W_in) @ W_out).square().sum().backward()
    for found, wanted in zip(split, (W_in.grad, W_out.grad), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)  # sums of 60 terms
