import pytest
import torch

from course_lib.attention import AttentionConfig, MultiHeadAttention
from course_lib.attention_context import AttentionContext
from course_lib.attention_layer import AttentionLayer, AttentionLayerConfig
from course_lib.kernels.pruning import without_heads
from course_lib.normalisation import RMSNorm
from tests.course_lib.kernels.dense import rand

B, T, D, H, DH = 2, 5, 24, 6, 4
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def randomised(layer):
    layer = layer.double()
    for seed, parameter in enumerate(layer.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return layer


def plain_layer(n_kv_heads=H):
    return randomised(
        MultiHeadAttention(AttentionConfig(d_model=D, n_heads=H, n_kv_heads=n_kv_heads))
    )


def rich_layer():
    """Every bias, heads wider together than the stream, a bound on the scores, normalised q, k."""
    cfg = AttentionLayerConfig(
        d_model=D,
        n_heads=H,
        n_kv_heads=3,
        d_head=7,
        scale=0.3,
        score_cap=2.0,
        q_bias=True,
        k_bias=True,
        v_bias=True,
        out_bias=True,
    )
    return randomised(AttentionLayer(cfg, RMSNorm(7, 1e-5), RMSNorm(7, 1e-5)))


def mask():
    return torch.ones(T, T, dtype=torch.bool).tril()


def silenced(layer, heads):
    """The layer with the output weights of some heads at 0, which it must equal."""
    with torch.no_grad():
        for head in heads:
            d_head = layer.cfg.d_head
            layer.to_out.weight[:, head * d_head : (head + 1) * d_head] = 0
    return layer


@pytest.mark.parametrize("heads", [(), (0,), (5,), (1, 4), (0, 1, 2, 3, 5)])
def test_equals_the_layer_with_the_gains_of_the_heads_at_0(heads):
    layer, x = plain_layer(), rand(B, T, D)
    gains = torch.ones(H, dtype=torch.float64)
    gains[list(heads)] = 0
    pruned = without_heads(layer, heads).layer
    expected = layer(x, mask(), gains).x
    torch.testing.assert_close(pruned(x, AttentionContext(mask=mask())).x, expected, **TIGHT)
    assert pruned.cfg.n_heads == H - len(heads)


@pytest.mark.parametrize(
    ("heads", "n_heads", "n_kv_heads"),
    [((2, 3), 4, 2), ((0, 3, 5), 3, 3), ((0, 2, 3, 4), 2, 2), ((0, 1, 4, 5), 2, 1)],
)
def test_shared_keys_go_with_the_last_head_they_serve(heads, n_heads, n_kv_heads):
    layer, x = plain_layer(n_kv_heads=3), rand(B, T, D)
    gains = torch.ones(H, dtype=torch.float64)
    gains[list(heads)] = 0
    pruned = without_heads(layer, heads).layer
    expected = layer(x, mask(), gains).x
    torch.testing.assert_close(pruned(x, AttentionContext(mask=mask())).x, expected, **TIGHT)
    assert (pruned.cfg.n_heads, pruned.cfg.n_kv_heads) == (n_heads, n_kv_heads)
    assert pruned.to_k.weight.shape == pruned.to_v.weight.shape == (n_kv_heads * DH, D)


def test_all_that_the_layers_of_models_have_stays():
    layer, x, context = rich_layer(), rand(B, T, D), AttentionContext(mask=mask())
    pruned = without_heads(layer, (1, 2, 5)).layer
    expected = silenced(rich_layer(), (1, 2, 5))(x, context).x
    torch.testing.assert_close(pruned(x, context).x, expected, **TIGHT)


def test_the_layer_is_left_as_it_is_and_shares_no_memory():
    layer, x, context = rich_layer(), rand(B, T, D), AttentionContext(mask=mask())
    before = layer(x, context).x
    pruned = without_heads(layer, ()).layer
    with torch.no_grad():
        for parameter in pruned.parameters():
            parameter.zero_()
    assert torch.equal(layer(x, context).x, before)


def test_parameters_saved():
    # A head of width 4 has 4 rows of 24 in the queries, keys and values, and 4 columns of 24 in the
    # output: 384. Two of them are 768 of the layer's 4 · 24 · 24 = 2304.
    pruned = without_heads(plain_layer(), (0, 3))
    assert pruned.n_parameters_saved == 768
    assert sum(parameter.numel() for parameter in pruned.layer.parameters()) == 2304 - 768


def test_no_random_numbers_are_drawn():
    layer = plain_layer()
    state = torch.get_rng_state()
    without_heads(layer, (0,))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("n_kv_heads", "heads", "message"),
    [
        (6, (2, 6), "there is no head 6: the layer has 6"),
        (6, (-1,), "there is no head -1"),
        (6, range(6), "all 6 would be taken out"),
        (3, (0,), r"heads \[1, 2, 3, 4, 5\] would be left, \[1, 2, 2\] for each"),
    ],
)
def test_heads_that_cannot_be_taken_are_refused(n_kv_heads, heads, message):
    with pytest.raises(ValueError, match=message):
        without_heads(plain_layer(n_kv_heads), heads)
