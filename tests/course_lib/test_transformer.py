import pytest
import torch
from torch import nn

from course_lib.transformer import Encoder, EncoderConfig

B, T, V, D, H, L, D_FF = 2, 5, 17, 12, 3, 2, 20
CFG = EncoderConfig(vocab_size=V, d_model=D, n_heads=H, n_layers=L, d_ff=D_FF)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def tokens(seed=0):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def encoder():
    model = Encoder(CFG).double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed) / 2
    return model


def torch_encoder(ours):
    """The same network built from torch's own parts, with the weights of `ours`."""
    layer = nn.TransformerEncoderLayer(
        D, H, D_FF, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    norm = nn.LayerNorm(D)
    theirs = nn.TransformerEncoder(layer, L, norm=norm, enable_nested_tensor=False).double()
    for mine, other in zip(ours.blocks, theirs.layers, strict=True):
        attention = mine.attention
        other.self_attn.in_proj_weight.data = torch.cat(
            [attention.to_q.weight, attention.to_k.weight, attention.to_v.weight]
        )
        other.self_attn.in_proj_bias.data.zero_()
        other.self_attn.out_proj.weight.data = attention.to_out.weight.data
        other.self_attn.out_proj.bias.data.zero_()
        other.linear1.load_state_dict(mine.feed_forward.to_hidden.state_dict())
        other.linear2.load_state_dict(mine.feed_forward.to_out.state_dict())
        copy_norm(mine.attention_norm, other.norm1)
        copy_norm(mine.feed_forward_norm, other.norm2)
    copy_norm(ours.final_norm, theirs.norm)
    return theirs


def copy_norm(ours, theirs):
    theirs.weight.data, theirs.bias.data = ours.gain.data, ours.bias.data


class TestEncoder:
    def test_matches_torch(self, encoder):
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        embedded = encoder.embedding(tokens())
        expected = torch_encoder(encoder)(embedded, mask=~mask)  # True = may not look, there
        torch.testing.assert_close(encoder(tokens(), mask).x, expected, **TIGHT)

    def test_shuffled_tokens_give_shuffled_outputs(self, encoder):
        order = torch.tensor([3, 0, 4, 1, 2])
        out, shuffled = encoder(tokens()), encoder(tokens()[:, order])
        torch.testing.assert_close(shuffled.x, out.x[:, order], **TIGHT)
        torch.testing.assert_close(
            shuffled.layers[1].weights, out.layers[1].weights[:, :, order][..., order], **TIGHT
        )

    def test_returns_the_steps_on_the_way(self, encoder):
        out = encoder(tokens())
        assert torch.equal(out.embeddings, encoder.embedding.weight[tokens()])
        assert len(out.layers) == L
        first = encoder.blocks[0]
        expected = first.attention(first.attention_norm(out.embeddings))
        assert torch.equal(out.layers[0].weights, expected.weights)

    def test_gains_reach_their_own_layer_and_head(self, encoder):
        gains = torch.ones(L, H, dtype=torch.float64)
        gains[1, 2] = 0
        silenced = encoder(tokens(), head_gains=gains)
        with torch.no_grad():
            encoder.blocks[1].attention.to_out.weight[:, 2 * D // H :] = 0
        torch.testing.assert_close(silenced.x, encoder(tokens()).x, **TIGHT)

    def test_gains_of_one_change_nothing(self, encoder):
        ones = torch.ones(L, H, dtype=torch.float64)
        assert torch.equal(encoder(tokens(), head_gains=ones).x, encoder(tokens()).x)

    def test_padding_that_is_hidden_does_not_matter(self, encoder):
        n_tokens = torch.tensor([T, 3])
        mask = torch.arange(T) < n_tokens[:, None, None, None]  # B 1 1 T
        alone = encoder(tokens()[1:, :3]).x
        torch.testing.assert_close(encoder(tokens(), mask).x[1:, :3], alone, **TIGHT)

    def test_a_block_alone_sees_everything(self, encoder):
        x = rand(B, T, D)
        mask = torch.ones(T, T, dtype=torch.bool)
        out, heads = encoder.blocks[0](x)
        expected, _ = encoder.blocks[0](x, mask, torch.ones(H, dtype=torch.float64))
        torch.testing.assert_close(out, expected, **TIGHT)
        assert heads.weights.shape == (B, H, T, T)

    def test_keeps_its_sizes(self, encoder):
        assert (encoder.cfg.vocab_size, encoder.cfg.d_ff) == (V, D_FF)

    def test_every_parameter_learns(self, encoder):
        encoder(tokens()).x.square().sum().backward()
        untouched = [n for n, p in encoder.named_parameters() if not p.grad.any()]
        assert untouched == []


class TestEncoderConfig:
    def test_heads_that_do_not_fit_are_refused(self):
        with pytest.raises(ValueError, match=r"d_model=10 is not a multiple of self\.n_heads=3"):
            EncoderConfig(vocab_size=V, d_model=10, n_heads=3, n_layers=L, d_ff=D_FF)

    @pytest.mark.parametrize("size", ["vocab_size", "n_layers", "d_ff"])
    def test_empty_sizes_are_refused(self, size):
        sizes = {"vocab_size": V, "d_model": D, "n_heads": H, "n_layers": L, "d_ff": D_FF, size: 0}
        with pytest.raises(ValueError, match=f"at least 1.*{size}=0"):
            EncoderConfig(**sizes)
