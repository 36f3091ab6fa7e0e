import pytest
import torch
from torch import nn

from course_lib.decoder import Decoder, DecoderConfig
from course_lib.models.decoder_variants import VARIANTS, NoResidualBlock, SilentLayer, build_variant

B, T, D, V, L = 2, 5, 12, 17, 3
CONFIG = DecoderConfig(
    vocab_size=V, d_model=D, n_heads=3, n_layers=L, d_ff=20, positions="rotary", max_seq_len=16
)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def variant(kind, seed=0):
    return build_variant(kind, CONFIG, torch.Generator().manual_seed(seed)).double()


def stream(seed=1):
    return torch.randn(B, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def run_block(model, x):
    block = model.blocks[0]
    return block, model.context(T, x, keep_weights=False), x


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        (
            "whole",
            lambda b, att, x: (
                (y := x + att(b.attention_norm(x))) + b.feed_forward(b.feed_forward_norm(y))
            ),
        ),
        (
            "no residual",
            lambda b, att, x: b.feed_forward(b.feed_forward_norm(att(b.attention_norm(x)))),
        ),
        ("no norm", lambda b, att, x: (y := x + att(x)) + b.feed_forward(y)),
        ("no feed-forward", lambda b, att, x: x + att(b.attention_norm(x))),
        (
            "post-norm",
            lambda b, att, x: b.feed_forward_norm(
                (y := b.attention_norm(x + att(x))) + b.feed_forward(y)
            ),
        ),
    ],
)
def test_what_a_block_of_each_kind_computes(kind, formula):
    model = variant(kind)
    for name, parameter in model.named_parameters():
        if "norm" in name:  # gains and biases that would show if they were left out
            nn.init.normal_(parameter, generator=torch.Generator().manual_seed(len(name)))
    block, context, x = run_block(model, stream())
    expected = formula(block, lambda rows: block.attention(rows, context).x, x)
    torch.testing.assert_close(block(x, context).x, expected, **TIGHT)


def test_all_kinds_are_tried_above_and_are_decoders():
    assert set(VARIANTS) == {"whole", "no residual", "no norm", "no feed-forward", "post-norm"}
    for kind in VARIANTS:
        model = variant(kind)
        token_ids = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(3))
        assert isinstance(model, Decoder)
        assert len(model.blocks) == L
        logits = model(token_ids).logits
        assert logits.shape == (B, T, V)
        assert bool(logits.isfinite().all())


@pytest.mark.parametrize("kind", VARIANTS)
def test_later_tokens_do_not_matter(kind):
    model = variant(kind)
    token_ids = torch.randint(V, (B, T), generator=torch.Generator().manual_seed(3))
    before = model(token_ids).logits
    token_ids[:, -1] = (token_ids[:, -1] + 1) % V
    torch.testing.assert_close(model(token_ids).logits[:, :-1], before[:, :-1], **TIGHT)


def test_only_the_blocks_that_normalise_last_go_without_a_final_norm():
    for kind in VARIANTS:
        is_last = isinstance(variant(kind).final_norm, nn.Identity)
        assert is_last == (kind == "post-norm")


def test_weights_come_from_the_generator_and_are_as_wide_as_what_they_read():
    wide = DecoderConfig(
        vocab_size=900,
        d_model=64,
        n_heads=4,
        n_layers=1,
        d_ff=256,
        positions="rotary",
        max_seq_len=8,
    )
    model = build_variant("whole", wide, torch.Generator().manual_seed(5))
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            spread = parameter.std().item() * parameter.shape[1] ** 0.5
            assert spread == pytest.approx(1, abs=0.05), name
    again = build_variant("whole", wide, torch.Generator().manual_seed(5))
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)
    )
    other = build_variant("whole", wide, torch.Generator().manual_seed(6))
    assert not torch.equal(model.embedding.weight, other.embedding.weight)


def test_a_silent_layer_gives_zeros_of_the_same_kind():
    assert torch.equal(SilentLayer()(stream()), torch.zeros(B, T, D, dtype=torch.float64))


def test_a_block_without_residual_gives_its_weights_when_asked():
    model = variant("no residual")
    block = model.blocks[0]
    assert isinstance(block, NoResidualBlock)
    out = block(stream(), model.context(T, stream(), keep_weights=True))
    torch.testing.assert_close(out.weights.sum(dim=-1), torch.ones(B, 3, T).double(), **TIGHT)


def test_an_unknown_kind():
    with pytest.raises(ValueError, match="no variant 'no attention'"):
        variant("no attention")
