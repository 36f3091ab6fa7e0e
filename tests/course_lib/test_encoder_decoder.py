import pytest
import torch
from torch import nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import BlockStack, PreNormBlock
from course_lib.encoder_decoder import (
    CrossStack,
    EncoderDecoder,
    PostNormCrossBlock,
    PreNormCrossBlock,
)
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.layers import FeedForward
from course_lib.masks import right_padding_mask
from course_lib.normalisation import FusedLayerNorm

B, T, TS, D, H, D_FF, L = 2, 5, 7, 12, 3, 20, 2
EPS = 1e-5
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def attention():
    return AttentionLayer(
        AttentionLayerConfig(
            d_model=D,
            n_heads=H,
            n_kv_heads=H,
            d_head=D // H,
            scale=(D // H) ** -0.5,
            q_bias=True,
            k_bias=True,
            v_bias=True,
            out_bias=True,
        )
    )


def encoder_parts():
    return {
        "attention_norm": FusedLayerNorm(D, EPS),
        "attention": attention(),
        "feed_forward_norm": FusedLayerNorm(D, EPS),
        "feed_forward": FeedForward(D, D_FF),
    }


def decoder_parts():
    cross = {"cross_attention_norm": FusedLayerNorm(D, EPS), "cross_attention": attention()}
    return encoder_parts() | cross


def random_weights(module):
    module.double()
    for seed, parameter in enumerate(module.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed) / 2
    return module


def copy_attention(ours, theirs):
    projections = (ours.to_q, ours.to_k, ours.to_v)
    theirs.in_proj_weight.data = torch.cat([part.weight for part in projections])
    theirs.in_proj_bias.data = torch.cat([part.bias for part in projections])
    theirs.out_proj.load_state_dict(ours.to_out.state_dict())


def torch_block(ours, norm_first):
    """The same block from torch's own parts."""
    theirs = nn.TransformerDecoderLayer(
        D, H, D_FF, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first
    ).double()
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.cross_attention, theirs.multihead_attn)
    theirs.linear1.load_state_dict(ours.feed_forward.to_hidden.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.to_out.state_dict())
    norms = (ours.attention_norm, ours.cross_attention_norm, ours.feed_forward_norm)
    for mine, other in zip(norms, (theirs.norm1, theirs.norm2, theirs.norm3), strict=True):
        other.weight.data, other.bias.data = mine.gain.data, mine.bias.data
    return theirs


def empty_caches():
    shape = CacheShape(
        batch_size=B,
        n_kv_heads=H,
        d_head=D // H,
        dtype=torch.float64,
        device=torch.device("cpu"),
    )
    return [PlainCache.empty(shape, T) for _ in range(L)]


class TestCrossBlocks:
    @pytest.mark.parametrize(
        ("kind", "norm_first"), [(PreNormCrossBlock, True), (PostNormCrossBlock, False)]
    )
    def test_matches_torch(self, kind, norm_first):
        block = random_weights(kind(**decoder_parts()))
        x, memory = rand(B, T, D), rand(B, TS, D, seed=1)
        n_tokens = torch.tensor([TS, 4])
        padding = torch.arange(TS) >= n_tokens[:, None]  # True = may not look, there
        causal = torch.ones(T, T, dtype=torch.bool).tril()
        expected = torch_block(block, norm_first)(
            x, memory, tgt_mask=~causal, memory_key_padding_mask=padding
        )
        out = block(
            x,
            AttentionContext(is_causal=True),
            block.cross_attention.keys_and_values(memory),
            AttentionContext(mask=right_padding_mask(n_tokens, TS)),
        )
        torch.testing.assert_close(out.x, expected, **TIGHT)
        assert out.cache is out.weights is out.memory_weights is None

    @pytest.mark.parametrize("kind", [PreNormCrossBlock, PostNormCrossBlock])
    def test_each_part_stands_where_it_was_given(self, kind):
        parts = decoder_parts()
        block = kind(**parts)
        assert all(getattr(block, name) is part for name, part in parts.items())

    @pytest.mark.parametrize("kind", [PreNormCrossBlock, PostNormCrossBlock])
    def test_gives_both_kinds_of_weights_apart(self, kind):
        block = random_weights(kind(**decoder_parts()))
        x, memory = rand(B, T, D), block.cross_attention.keys_and_values(rand(B, TS, D, seed=1))
        keeping = AttentionContext(keep_weights=True)
        out = block(x, keeping, memory, AttentionContext())
        assert out.weights.shape == (B, H, T, T)
        assert out.memory_weights is None
        out = block(x, AttentionContext(), memory, keeping, empty_caches()[0])
        assert out.weights is None
        assert out.memory_weights.shape == (B, H, T, TS)
        assert out.cache.n_seen == T


@pytest.fixture
def model():
    encoder = BlockStack(
        (PreNormBlock(**encoder_parts()) for _ in range(L)), FusedLayerNorm(D, EPS)
    )
    decoder = CrossStack(
        (PreNormCrossBlock(**decoder_parts()) for _ in range(L)), FusedLayerNorm(D, EPS)
    )
    return random_weights(EncoderDecoder(encoder, decoder))


CAUSAL = [AttentionContext(is_causal=True)] * L
ALL = AttentionContext()


class TestEncoderDecoder:
    def test_reads_with_the_encoder_and_writes_with_the_decoder(self, model):
        source, x = rand(B, TS, D, seed=1), rand(B, T, D)
        encoded = model.encoder(source, [ALL] * L).x
        expected = x
        contexts = [*CAUSAL[1:], ALL]
        for block, context in zip(model.decoder.blocks, contexts, strict=True):
            memory = block.cross_attention.keys_and_values(encoded)
            expected = block(expected, context, memory, ALL).x
        out = model(x, contexts, model.read(source, [ALL] * L), ALL)
        assert torch.equal(out.x, model.decoder.final_norm(expected))
        assert out.caches == out.weights == out.memory_weights == ()

    @pytest.mark.parametrize("sizes", [[1] * T, [2, 1, 2]])
    def test_memory_is_read_once_and_decoding_with_caches_is_the_same(self, model, sizes):
        x = rand(B, T, D)
        memory = model.read(rand(B, TS, D, seed=1), [ALL] * L)
        expected = model(x, CAUSAL, memory, ALL).x
        caches, outs, n_seen = empty_caches(), [], 0
        for new in x.split(sizes, dim=1):
            context = causal_context(n_seen=n_seen, n_queries=new.shape[1])
            out = model(new, [context] * L, memory, ALL, caches)
            caches, n_seen = out.caches, n_seen + new.shape[1]
            outs.append(out.x)
        torch.testing.assert_close(torch.cat(outs, 1), expected, **TIGHT)

    def test_a_single_memory_serves_all(self, model):
        x, source = rand(3, T, D), rand(1, TS, D, seed=1)
        out = model(x, CAUSAL, model.read(source, [ALL] * L), ALL).x
        repeated = model.read(source.expand(3, -1, -1), [ALL] * L)
        torch.testing.assert_close(out, model(x, CAUSAL, repeated, ALL).x, **TIGHT)

    def test_memories_of_another_number_of_sequences_are_refused(self, model):
        memory = model.read(rand(2, TS, D), [ALL] * L)
        with pytest.raises(ValueError, match="3 sequences cannot look at the memories of 2"):
            model(rand(3, T, D), CAUSAL, memory, ALL)

    def test_padding_of_the_source_does_not_matter(self, model):
        source, x, n_tokens = rand(B, TS, D, seed=1), rand(B, T, D), torch.tensor([TS, 4])
        context = AttentionContext(mask=right_padding_mask(n_tokens, TS))
        out = model(x, CAUSAL, model.read(source, [context] * L), context).x
        alone = model(x[1:], CAUSAL, model.read(source[1:, :4], [ALL] * L), ALL).x
        torch.testing.assert_close(out[1:], alone, **TIGHT)

    def test_future_positions_of_what_is_written_do_not_matter(self, model):
        x, memory = rand(B, T, D), model.read(rand(B, TS, D, seed=1), [ALL] * L)
        before = model(x, CAUSAL, memory, ALL).x
        x[:, 3:] += 1
        assert torch.equal(model(x, CAUSAL, memory, ALL).x[:, :3], before[:, :3])

    def test_weights_come_layer_by_layer(self, model):
        x, memory = rand(B, T, D), model.read(rand(B, TS, D, seed=1), [ALL] * L)
        keeping = AttentionContext(keep_weights=True)
        out = model(x, [keeping] * L, memory, keeping)
        assert [weights.shape for weights in out.weights] == [(B, H, T, T)] * L
        assert [weights.shape for weights in out.memory_weights] == [(B, H, T, TS)] * L

    def test_one_of_each_a_layer(self, model):
        x, memory = rand(B, T, D), model.read(rand(B, TS, D, seed=1), [ALL] * L)
        with pytest.raises(ValueError, match="1 contexts for 2 layers"):
            model(x, CAUSAL[:1], memory, ALL)
        with pytest.raises(ValueError, match="1 memories for 2 layers"):
            model(x, CAUSAL, memory[:1], ALL)
        with pytest.raises(ValueError, match="1 caches for 2 layers"):
            model(x, CAUSAL, memory, ALL, empty_caches()[:1])
