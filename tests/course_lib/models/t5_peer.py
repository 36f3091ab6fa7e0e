"""T5 of the `transformers` package, to compare with and to read; no test is in here."""

import torch
from torch import nn
from transformers import T5Config as PeerConfig
from transformers import T5ForConditionalGeneration

from course_lib.models.t5_config import T5Config
from tests.course_lib.models.peer import DoubleThroughout, randomise

B, T, TS, V, D = 3, 7, 11, 37, 20
SIZES = {
    "vocab_size": V,
    "d_model": D,
    "d_kv": 6,
    "d_ff": 29,
    "num_layers": 3,  # not fewer than in the decoder: the peer makes as many caches
    "num_decoder_layers": 2,
    "num_heads": 4,
    # Small, so that short sequences reach the buckets that many distances share.
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 9,
    "decoder_start_token_id": 0,
}
CONFIG = T5Config(
    vocab_size=V,
    d_model=D,
    n_heads=4,
    d_head=6,
    n_encoder_layers=3,
    n_decoder_layers=2,
    d_ff=29,
    n_buckets=8,
    max_distance=9,
)
V1_0, V1_1 = {}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


class DoubleButForBuckets(DoubleThroughout):
    """Lets the peer sort distances in single precision, whose rounding decides at the edges."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.Tensor.float:
            return func(*args)
        return super().__torch_function__(func, types, args, kwargs)


def save_peer(folder, version, dtype=torch.float32, **settings):
    """Make a peer with random weights, and publish it."""
    peer = T5ForConditionalGeneration(PeerConfig(**SIZES | version | settings))
    if version is V1_1:
        # This release of the peer ties new models, whatever their version; not those it reads.
        peer.lm_head.weight = nn.Parameter(torch.empty(V, D))
    peer = randomise(peer).to(dtype)
    peer.save_pretrained(folder)
    return peer


def ids(*shape, seed=0):
    return torch.randint(2, V, shape, generator=torch.Generator().manual_seed(seed))


def call_peer(peer, *arguments, **settings):
    """Ask a peer in its own precision from end to end."""
    if peer.dtype is torch.float32:
        return peer(*arguments, **settings)
    with DoubleButForBuckets():
        return peer(*arguments, **settings)
