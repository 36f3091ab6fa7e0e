"""A small attention model with random weights in float64, which keeps the contract of a language
model: the plainest one that has positions, padding and caches that can be got wrong.
"""

import torch
import torch.nn.functional as F

from course_lib.generation.kv_cache import N_SPARE, CacheShape, PlainCache, SlidingCache
from course_lib.generation.language_model import LanguageModelOutput, last_positions

N_HEADS, N_KV_HEADS, D_HEAD, N_LAYERS, D_MODEL = 6, 2, 5, 3, 14
MAX_SEQ_LEN = 64


def rand(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class TinyModel:
    """A decoder without feed-forward layers; every position is learned.

    `windows` says how many positions a query sees in each layer, None for all.
    """

    def __init__(self, vocab_size, seed=0, sharpness=1.0, windows=(None,) * N_LAYERS):
        self.vocab_size = vocab_size
        self.windows = windows
        self.n_calls = 0
        self.n_positions = 0
        self.n_scored = 0
        self.embedding = rand(vocab_size, D_MODEL, seed=seed)
        self.positions = rand(MAX_SEQ_LEN, D_MODEL, seed=seed + 1)
        self.head = sharpness * rand(D_MODEL, vocab_size, seed=seed + 2)
        widths = (N_HEADS * D_HEAD, N_KV_HEADS * D_HEAD, N_KV_HEADS * D_HEAD)
        self.layers = [
            [rand(D_MODEL, width, seed=seed + 10 * layer + 3) for width in widths]
            + [rand(N_HEADS * D_HEAD, D_MODEL, seed=seed + 10 * layer + 4)]
            for layer in range(N_LAYERS)
        ]

    def empty_caches(self, batch_size, max_seq_len=MAX_SEQ_LEN, n_spare=N_SPARE):
        shape = self.cache_shape(batch_size)
        return tuple(
            PlainCache.empty(shape, max_seq_len)
            if window is None
            else SlidingCache.empty(shape, window, n_spare)
            for window in self.windows
        )

    def cache_shape(self, batch_size):
        return CacheShape(
            batch_size=batch_size,
            n_kv_heads=N_KV_HEADS,
            d_head=D_HEAD,
            dtype=torch.float64,
            device=torch.device("cpu"),
        )

    def __call__(self, token_ids, caches=(), n_padding=None, n_scored=None):
        self.n_calls += 1
        self.n_positions += token_ids.numel()
        batch_size, n_new = token_ids.shape
        n_seen = caches[0].n_seen if caches else 0
        if n_padding is None:
            n_padding = torch.zeros(batch_size, dtype=torch.long)
        places = torch.arange(n_seen, n_seen + n_new)
        positions = (places - n_padding[:, None]).clamp(min=0)
        x = self.embedding[token_ids] + self.positions[positions]
        following = []
        for layer, (W_q, W_k, W_v, W_o) in enumerate(self.layers):
            normal = F.layer_norm(x, (D_MODEL,))
            q, k, v = (
                (normal @ W).unflatten(-1, (-1, D_HEAD)).transpose(1, 2) for W in (W_q, W_k, W_v)
            )
            if caches:
                cache, k, v = caches[layer].append(k, v)
                following.append(cache)
            keys = torch.arange(n_seen + n_new - k.shape[2], n_seen + n_new)
            mask = (keys <= places[:, None]) & (keys >= n_padding[:, None, None])  # B T Tk
            if self.windows[layer] is not None:
                mask = mask & (keys > places[:, None] - self.windows[layer])
            heads = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask[:, None], enable_gqa=True
            )
            x = x + heads.transpose(1, 2).flatten(-2) @ W_o
        x = last_positions(x, n_scored)
        self.n_scored += x.shape[0] * x.shape[1]
        logits = F.layer_norm(x, (D_MODEL,)) @ self.head
        return LanguageModelOutput(logits=logits, caches=tuple(following))
