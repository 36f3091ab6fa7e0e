"""Attention the direct way, with the whole table of scores: what the tiled passes must equal."""

import math

import torch


def rand(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def qkv(batch_size, n_heads, n_kv_heads, n_queries, n_keys, d_head, d_value, dtype=torch.float64):
    """Three random tensors that fit each other."""
    return (
        rand(batch_size, n_heads, n_queries, d_head, seed=1, dtype=dtype),
        rand(batch_size, n_kv_heads, n_keys, d_head, seed=2, dtype=dtype),
        rand(batch_size, n_kv_heads, n_keys, d_value, seed=3, dtype=dtype),
    )


def rand_key_mask(batch_size, n_keys, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch_size, n_keys, generator=generator) < 0.6


def seen_by(n_queries, n_keys, causal, key_mask=None):
    """True where a query may look at a key: (Tq, Tk), or (B, 1, Tq, Tk) with a mask of keys."""
    seen = torch.ones(n_queries, n_keys, dtype=torch.bool)
    if causal:
        seen = seen.tril(n_keys - n_queries)
    return seen if key_mask is None else seen & key_mask[:, None, None, :]


def dense_attention(q, k, v, causal=False, key_mask=None):
    """Values and log-sum-exp. A query that sees nothing gets 0 and −∞, and gives back no nan."""
    n_sharing = q.shape[1] // k.shape[1]
    k, v = (x.repeat_interleave(n_sharing, dim=1) for x in (k, v))
    seen = seen_by(q.shape[2], k.shape[2], causal, key_mask)
    any_seen = seen.any(dim=-1, keepdim=True)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(~seen & any_seen, -torch.inf)
    values = (scores.softmax(dim=-1) @ v).masked_fill(~any_seen, 0.0)
    lse = scores.logsumexp(dim=-1).masked_fill(~any_seen[..., 0], -torch.inf)
    return values, lse
