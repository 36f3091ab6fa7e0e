import pytest
import torch

from course_lib.attention import AttentionConfig, MultiHeadAttention, merge_heads, split_heads
from course_lib.attention_context import AttentionContext, causal_context
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig, KeysValues
from course_lib.attention_paths import explicit_attention
from course_lib.generation.kv_cache import CacheShape, PlainCache, SlidingCache
from course_lib.masks import causal_mask
from course_lib.normalisation import RMSNorm
from course_lib.positions import token_positions
from course_lib.rotary import half_split_rotation, rotary_frequencies

B, T, TS, D, H, H_KV, DH = 2, 9, 7, 10, 6, 3, 4
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
SIZES = {"d_model": D, "n_heads": H, "n_kv_heads": H_KV, "d_head": DH, "scale": 0.7}
BIASES = ("q_bias", "k_bias", "v_bias", "out_bias")


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def layer_of(*norms, **settings):
    layer = AttentionLayer(AttentionLayerConfig(**SIZES | settings), *norms).double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return layer


def rotation(n_seen, n_new):
    frequencies = rotary_frequencies(DH, 10.0)
    return half_split_rotation(token_positions(n_seen, n_new), frequencies, torch.float64)


def context_of(n_seen, n_new, **more):
    return causal_context(n_seen=n_seen, n_queries=n_new, rotate=rotation(n_seen, n_new), **more)


def empty_cache(kind, size):
    shape = CacheShape(
        batch_size=B,
        n_kv_heads=H_KV,
        d_head=DH,
        dtype=torch.float64,
        device=torch.device("cpu"),
    )
    return kind.empty(shape, size)


class TestSelfAttention:
    def test_with_the_plainest_settings_it_is_multi_head_attention(self):
        plain = MultiHeadAttention(AttentionConfig(d_model=12, n_heads=6, n_kv_heads=3)).double()
        layer = layer_of(d_model=12, d_head=2, scale=2**-0.5)
        plain.load_state_dict(layer.state_dict())
        x, mask = rand(B, T, 12), causal_mask(T, T)
        expected = plain(x, mask)
        out = layer(x, AttentionContext(mask=mask, keep_weights=True))
        torch.testing.assert_close(out.x, expected.x, **TIGHT)
        torch.testing.assert_close(out.weights, expected.weights, **TIGHT)
        torch.testing.assert_close(layer(x, AttentionContext(mask=mask)).x, expected.x, **TIGHT)

    @pytest.mark.parametrize("biased", BIASES)
    def test_each_bias_is_added_where_it_belongs(self, biased):
        layer, x = layer_of(**{biased: True}), rand(B, T, D)
        q, k, v = (
            split_heads(x @ part.weight.T + (0 if part.bias is None else part.bias), n_heads)
            for part, n_heads in ((layer.to_q, H), (layer.to_k, H_KV), (layer.to_v, H_KV))
        )
        heads = explicit_attention(q, k, v, AttentionContext(), 0.7).values
        expected = merge_heads(heads) @ layer.to_out.weight.T
        if layer.to_out.bias is not None:
            expected = expected + layer.to_out.bias
        torch.testing.assert_close(layer(x, AttentionContext()).x, expected, **TIGHT)
        names = [name for name in layer.state_dict() if name.endswith("bias")]
        assert names == [f"to_{biased.removesuffix('_bias')}.bias"]

    def test_queries_and_keys_are_normalised_and_then_turned(self):
        q_norm, k_norm = RMSNorm(DH, 1e-6), RMSNorm(DH, 1e-6)
        layer, x, rotate = layer_of(q_norm, k_norm), rand(B, T, D), rotation(3, T)
        q = rotate(q_norm(split_heads(layer.to_q(x), H)))
        k = rotate(k_norm(split_heads(layer.to_k(x), H_KV)))
        v = split_heads(layer.to_v(x), H_KV)
        expected = layer.to_out(
            merge_heads(explicit_attention(q, k, v, AttentionContext(), 0.7).values)
        )
        out = layer(x, AttentionContext(rotate=rotate))
        torch.testing.assert_close(out.x, expected, **TIGHT)

    def test_scores_are_bounded_where_wanted(self):
        layer, x = layer_of(score_cap=0.8), rand(B, T, D)
        q, (k, v) = (
            split_heads(layer.to_q(x), H),
            (split_heads(part(x), H_KV) for part in (layer.to_k, layer.to_v)),
        )
        attention = explicit_attention(q, k, v, AttentionContext(), 0.7, 0.8)
        out = layer(x, AttentionContext())
        torch.testing.assert_close(out.x, layer.to_out(merge_heads(attention.values)), **TIGHT)
        assert out.weights is None
        kept = layer(x, AttentionContext(keep_weights=True))
        torch.testing.assert_close(kept.weights, attention.weights, **TIGHT)

    def test_weights_come_only_when_asked_for_and_change_nothing(self):
        layer, x = layer_of(), rand(B, T, D)
        fast, slow = layer(x, context_of(0, T)), layer(x, context_of(0, T, keep_weights=True))
        assert fast.weights is None
        torch.testing.assert_close(fast.x, slow.x, **TIGHT)
        ones = torch.ones(B, H, T, dtype=torch.float64)
        torch.testing.assert_close(slow.weights.sum(-1), ones, **TIGHT)

    def test_future_positions_do_not_matter(self):
        layer, x = layer_of(), rand(B, T, D)
        before = layer(x, context_of(0, T)).x
        x[:, 5:] += 1
        assert torch.equal(layer(x, context_of(0, T)).x[:, :5], before[:, :5])


class TestWithACache:
    @pytest.mark.parametrize("sizes", [[T], [1] * T, [4, 1, 3, 1]])
    @pytest.mark.parametrize("window", [None, 3])
    @pytest.mark.parametrize("keep_weights", [True, False])
    def test_is_the_same_as_without(self, sizes, window, keep_weights):
        layer, x = layer_of(), rand(B, T, D)
        expected = layer(x, context_of(0, T, window=window)).x
        cache = empty_cache(*((PlainCache, T) if window is None else (SlidingCache, window)))
        outs, n_seen = [], 0
        for new in x.split(sizes, dim=1):
            context = context_of(n_seen, new.shape[1], window=window, keep_weights=keep_weights)
            out = layer(new, context, cache)
            cache, n_seen = out.cache, n_seen + new.shape[1]
            outs.append(out.x)
        assert cache.n_seen == T
        torch.testing.assert_close(torch.cat(outs, 1), expected, **TIGHT)

    def test_none_given_none_kept(self):
        assert layer_of()(rand(B, T, D), AttentionContext()).cache is None


class TestCrossAttention:
    def test_looks_at_another_sequence(self):
        layer, x, memory = layer_of(), rand(B, T, D), rand(B, TS, D, seed=50)
        seen = layer.keys_and_values(memory)
        assert seen.k.shape == seen.v.shape == (B, H_KV, TS, DH)
        out, weights = layer.look_at(x, seen, AttentionContext(keep_weights=True))
        assert weights.shape == (B, H, T, TS)
        q, k, v = layer.to_q(x), layer.to_k(memory), layer.to_v(memory)
        attention = explicit_attention(
            split_heads(q, H), split_heads(k, H_KV), split_heads(v, H_KV), AttentionContext(), 0.7
        )
        torch.testing.assert_close(out, layer.to_out(merge_heads(attention.values)), **TIGHT)
        torch.testing.assert_close(weights, attention.weights, **TIGHT)

    def test_its_own_sequence_is_self_attention(self):
        layer, x, context = layer_of(), rand(B, T, D), context_of(0, T)
        out, _ = layer.look_at(x, layer.keys_and_values(x, context.rotate), context)
        assert torch.equal(out, layer(x, context).x)

    def test_memory_that_is_hidden_does_not_matter(self):
        layer, x = layer_of(), rand(B, T, D)
        seen = layer.keys_and_values(rand(B, TS, D, seed=50))
        context = AttentionContext(mask=(torch.arange(TS) < 4)[None])
        cut = KeysValues(seen.k[:, :, :4], seen.v[:, :, :4])
        expected, _ = layer.look_at(x, cut, AttentionContext())
        torch.testing.assert_close(layer.look_at(x, seen, context)[0], expected, **TIGHT)


class TestAttentionLayerConfig:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_kv_heads": 4}, r"n_heads=6 is not a multiple of self\.n_kv_heads=4"),
            ({"d_model": 0}, "at least 1.*d_model=0"),
            ({"n_heads": 0}, "at least 1.*n_heads=0"),
            ({"n_kv_heads": 0}, "at least 1.*n_kv_heads=0"),
            ({"d_head": 0}, "at least 1.*d_head=0"),
            ({"score_cap": 0.0}, r"above 0, got self\.score_cap=0\.0"),
        ],
    )
    def test_settings_that_do_not_fit_are_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            AttentionLayerConfig(**SIZES | settings)

    def test_sizes_of_one_will_do(self):
        sizes = {"d_model": 1, "n_heads": 1, "n_kv_heads": 1, "d_head": 1}
        assert AttentionLayerConfig(**SIZES | sizes).d_head == 1
