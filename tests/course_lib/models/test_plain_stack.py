import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.activations import gelu_sigmoid
from course_lib.attention_context import AttentionContext
from course_lib.models.plain_stack import (
    StackConfig,
    attention_sources,
    feed_forward,
    layer_norm,
    plain_block,
    plain_stack,
)

B, T, D, H, N_LAYERS, D_FF = 2, 5, 12, 3, 4, 7
CONFIG = StackConfig(d_model=D, n_heads=H, n_layers=N_LAYERS, d_ff=D_FF, norm_eps=1e-3)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def with_random_weights(model):
    model = model.double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed)
    return model


def in_torch(block, cfg):
    """The same block as torch itself has it."""
    layer = nn.TransformerEncoderLayer(
        cfg.d_model,
        cfg.n_heads,
        cfg.d_ff,
        dropout=0.0,
        activation=cfg.activation,
        layer_norm_eps=cfg.norm_eps,
        batch_first=True,
        norm_first=True,
    ).double()
    parts = [block.attention.to_q, block.attention.to_k, block.attention.to_v]
    biases = [rand(cfg.d_model) * 0 if part.bias is None else part.bias for part in parts]
    layer.load_state_dict(
        {
            "self_attn.in_proj_weight": torch.cat([part.weight for part in parts]),
            "self_attn.in_proj_bias": torch.cat(biases),
            "self_attn.out_proj.weight": block.attention.to_out.weight,
            "self_attn.out_proj.bias": block.attention.to_out.bias,
            "linear1.weight": block.feed_forward.to_hidden.weight,
            "linear1.bias": block.feed_forward.to_hidden.bias,
            "linear2.weight": block.feed_forward.to_out.weight,
            "linear2.bias": block.feed_forward.to_out.bias,
            "norm1.weight": block.attention_norm.gain,
            "norm1.bias": block.attention_norm.bias,
            "norm2.weight": block.feed_forward_norm.gain,
            "norm2.bias": block.feed_forward_norm.bias,
        }
    )
    return layer


class TestPlainBlock:
    @pytest.mark.parametrize("activation", [F.gelu, gelu_sigmoid])
    @pytest.mark.parametrize("without", ["no bias", "q_bias", "k_bias", "v_bias"])
    def test_is_the_block_of_torch(self, activation, without):
        biases = {name: name != without for name in ("q_bias", "k_bias", "v_bias")}
        cfg = StackConfig(
            d_model=D,
            n_heads=H,
            n_layers=1,
            d_ff=D_FF,
            norm_eps=1e-3,
            activation=activation,
            **biases,
        )
        block, x = with_random_weights(plain_block(cfg)), rand(B, T, D)
        attention = block.attention
        assert (attention.to_q.bias is None) == (without == "q_bias")
        assert (attention.to_k.bias is None) == (without == "k_bias")
        assert (attention.to_v.bias is None) == (without == "v_bias")
        out = block(x, AttentionContext())
        torch.testing.assert_close(out.x, in_torch(block, cfg)(x), **TIGHT)


class TestPlainStack:
    def test_is_all_blocks_and_a_norm(self):
        stack, x = with_random_weights(plain_stack(CONFIG, layer_norm(CONFIG))), rand(B, T, D)
        out = stack(x, (AttentionContext(),) * N_LAYERS)
        for block in stack.blocks:
            x = in_torch(block, CONFIG)(x)
        expected = F.layer_norm(x, (D,), stack.final_norm.gain, stack.final_norm.bias, 1e-3)
        assert len(stack.blocks) == N_LAYERS
        torch.testing.assert_close(out.x, expected, **TIGHT)

    def test_parts_are_as_wide_as_said(self):
        assert layer_norm(CONFIG).gain.shape == (D,)
        assert feed_forward(CONFIG).to_hidden.weight.shape == (D_FF, D)


class TestStackConfig:
    def test_heads_share_the_width(self):
        assert CONFIG.d_head == CONFIG.attention.d_head == 4
        assert CONFIG.attention.scale == 0.5  # 1/√4

    @pytest.mark.parametrize("name", ["d_model", "n_heads", "n_layers", "d_ff"])
    def test_a_size_below_one_is_refused(self, name):
        sizes = {"d_model": 4, "n_heads": 2, "n_layers": 1, "d_ff": 3} | {name: 0}
        with pytest.raises(ValueError, match=f"at least 1.*{name}=0"):
            StackConfig(**sizes)

    def test_heads_that_do_not_share_the_width_evenly_are_refused(self):
        with pytest.raises(ValueError, match=r"d_model=12 is not a multiple of self\.n_heads=5"):
            StackConfig(d_model=12, n_heads=5, n_layers=1, d_ff=3)


def test_the_four_projections_have_their_public_names():
    sources = attention_sources("mine", "theirs")
    assert {ours: source.name for ours, source in sources.items()} == {
        "mine.to_q.weight": "theirs.q_proj.weight",
        "mine.to_q.bias": "theirs.q_proj.bias",
        "mine.to_k.weight": "theirs.k_proj.weight",
        "mine.to_k.bias": "theirs.k_proj.bias",
        "mine.to_v.weight": "theirs.v_proj.weight",
        "mine.to_v.bias": "theirs.v_proj.bias",
        "mine.to_out.weight": "theirs.out_proj.weight",
        "mine.to_out.bias": "theirs.out_proj.bias",
    }
