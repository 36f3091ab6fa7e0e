import pytest
import torch
from torch import nn

from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.blocks import BlockStack, PostNormBlock, PreNormBlock, SandwichNormBlock
from course_lib.generation.kv_cache import CacheShape, PlainCache
from course_lib.layers import FeedForward
from course_lib.normalisation import FusedLayerNorm
from course_lib.transformer import EncoderBlock, EncoderConfig

B, T, D, H, D_FF, L = 2, 5, 12, 3, 20, 2
EPS = 1e-5
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def parts(has_bias=True):
    cfg = AttentionLayerConfig(
        d_model=D,
        n_heads=H,
        n_kv_heads=H,
        d_head=D // H,
        scale=(D // H) ** -0.5,
        q_bias=has_bias,
        k_bias=has_bias,
        v_bias=has_bias,
        out_bias=has_bias,
    )
    return {
        "attention_norm": FusedLayerNorm(D, EPS),
        "attention": AttentionLayer(cfg),
        "feed_forward_norm": FusedLayerNorm(D, EPS),
        "feed_forward": FeedForward(D, D_FF),
    }


def random_weights(module):
    module.double()
    for seed, parameter in enumerate(module.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed) / 2
    return module


def torch_block(ours, norm_first):
    """The same block from torch's own parts."""
    theirs = nn.TransformerEncoderLayer(
        D, H, D_FF, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first
    ).double()
    attention = ours.attention
    projections = (attention.to_q, attention.to_k, attention.to_v)
    theirs.self_attn.in_proj_weight.data = torch.cat([part.weight for part in projections])
    theirs.self_attn.in_proj_bias.data = torch.cat([part.bias for part in projections])
    theirs.self_attn.out_proj.load_state_dict(attention.to_out.state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.to_hidden.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.to_out.state_dict())
    for mine, other in (
        (ours.attention_norm, theirs.norm1),
        (ours.feed_forward_norm, theirs.norm2),
    ):
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


class TestBlocks:
    @pytest.mark.parametrize(("kind", "norm_first"), [(PreNormBlock, True), (PostNormBlock, False)])
    def test_matches_torch(self, kind, norm_first):
        block, x = random_weights(kind(**parts())), rand(B, T, D)
        causal = torch.ones(T, T, dtype=torch.bool).tril()
        expected = torch_block(block, norm_first)(x, src_mask=~causal)  # True = may not look, there
        out = block(x, AttentionContext(is_causal=True))
        torch.testing.assert_close(out.x, expected, **TIGHT)

    def test_pre_norm_is_the_block_of_the_small_encoder(self):
        cfg = EncoderConfig(vocab_size=7, d_model=D, n_heads=H, n_layers=1, d_ff=D_FF)
        plain = EncoderBlock(cfg).double()
        block, x = random_weights(PreNormBlock(**parts(has_bias=False))), rand(B, T, D)
        plain.load_state_dict(block.state_dict())
        expected, heads = plain(x)
        out = block(x, AttentionContext(keep_weights=True))
        torch.testing.assert_close(out.x, expected, **TIGHT)
        torch.testing.assert_close(out.weights, heads.weights, **TIGHT)

    def test_sandwich_normalises_on_both_sides(self):
        norms = {
            "attention_out_norm": FusedLayerNorm(D, EPS),
            "feed_forward_out_norm": FusedLayerNorm(D, EPS),
        }
        block, x = random_weights(SandwichNormBlock(**parts(), **norms)), rand(B, T, D)
        context = AttentionContext(is_causal=True)
        heads = block.attention(block.attention_norm(x), context).x
        middle = x + block.attention_out_norm(heads)
        hidden = block.feed_forward(block.feed_forward_norm(middle))
        expected = middle + block.feed_forward_out_norm(hidden)
        torch.testing.assert_close(block(x, context).x, expected, **TIGHT)

    def test_sandwich_with_norms_that_do_nothing_outside_is_pre_norm(self):
        outside = {"attention_out_norm": nn.Identity(), "feed_forward_out_norm": nn.Identity()}
        sandwich = random_weights(SandwichNormBlock(**parts(), **outside))
        pre_norm = random_weights(PreNormBlock(**parts()))
        pre_norm.load_state_dict(sandwich.state_dict())
        x, context = rand(B, T, D), AttentionContext(is_causal=True)
        assert torch.equal(sandwich(x, context).x, pre_norm(x, context).x)

    @pytest.mark.parametrize("kind", [PreNormBlock, PostNormBlock])
    def test_hands_cache_and_weights_through(self, kind):
        block, x = random_weights(kind(**parts())), rand(B, T, D)
        out = block(x, AttentionContext(is_causal=True, keep_weights=True), empty_caches()[0])
        assert out.cache.n_seen == T
        assert out.weights.shape == (B, H, T, T)


def stack_of(final_norm=None):
    blocks = (PreNormBlock(**parts()) for _ in range(L))
    return random_weights(BlockStack(blocks, final_norm or FusedLayerNorm(D, EPS)))


class TestBlockStack:
    def test_one_block_follows_the_other_and_the_norm_comes_last(self):
        stack, x = stack_of(), rand(B, T, D)
        contexts = [AttentionContext(is_causal=True), AttentionContext()]
        expected = x
        for block, context in zip(stack.blocks, contexts, strict=True):
            expected = block(expected, context).x
        out = stack(x, contexts)
        assert torch.equal(out.x, stack.final_norm(expected))
        assert out.caches == out.weights == ()

    def test_weights_come_layer_by_layer(self):
        stack, x = stack_of(), rand(B, T, D)
        context = AttentionContext(keep_weights=True)
        out = stack(x, [context] * L)
        first = stack.blocks[0](x, context)
        assert torch.equal(out.weights[0], first.weights)
        assert torch.equal(out.weights[1], stack.blocks[1](first.x, context).weights)

    @pytest.mark.parametrize("sizes", [[T], [1] * T, [2, 1, 2]])
    def test_with_caches_it_is_the_same(self, sizes):
        stack, x = stack_of(), rand(B, T, D)
        expected = stack(x, [AttentionContext(is_causal=True)] * L).x
        caches, outs, n_seen = empty_caches(), [], 0
        for new in x.split(sizes, dim=1):
            context = causal_context(n_seen=n_seen, n_queries=new.shape[1])
            out = stack(new, [context] * L, caches)
            caches, n_seen = out.caches, n_seen + new.shape[1]
            outs.append(out.x)
        assert [cache.n_seen for cache in caches] == [T] * L
        torch.testing.assert_close(torch.cat(outs, 1), expected, **TIGHT)

    def test_without_a_norm_at_the_end(self):
        stack, x = stack_of(nn.Identity()), rand(B, T, D)
        context = AttentionContext()
        expected = stack.blocks[1](stack.blocks[0](x, context).x, context).x
        assert torch.equal(stack(x, [context] * L).x, expected)

    def test_one_context_and_one_cache_a_layer(self):
        stack, x = stack_of(), rand(B, T, D)
        with pytest.raises(ValueError, match="1 contexts for 2 layers"):
            stack(x, [AttentionContext()])
        with pytest.raises(ValueError, match="1 caches for 2 layers"):
            stack(x, [AttentionContext()] * L, empty_caches()[:1])
