import pytest
import torch
import torch.nn.functional as F

from course_lib.decoder import Decoder, DecoderConfig, build_decoder

SIZES = {"vocab_size": 13, "d_model": 12, "n_heads": 3, "n_layers": 2, "d_ff": 20}
KINDS = ["none", "sinusoidal", "learned", "rotary", "alibi"]
B, T = 2, 7


def decoder(positions="rotary", **others):
    """A decoder in float64 whose heads have something to say."""
    sizes = SIZES | {"positions": positions, "max_seq_len": 9, "spread": 0.3}
    return build_decoder(**(sizes | others)).double()


def tokens(seed=0, length=T):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(13, (B, length), generator=generator)


@pytest.mark.parametrize("positions", KINDS)
class TestEveryKind:
    def test_the_future_does_not_matter(self, positions):
        model, token_ids = decoder(positions), tokens()
        before = model(token_ids).logits
        token_ids[:, -1] = (token_ids[:, -1] + 1) % 13
        after = model(token_ids).logits
        torch.testing.assert_close(before[:, :-1], after[:, :-1], rtol=1e-12, atol=1e-12)
        assert not torch.allclose(before[:, -1], after[:, -1])

    def test_order_matters_unless_there_is_none(self, positions):
        model, token_ids = decoder(positions, n_layers=1), tokens()
        swapped = token_ids[:, [1, 0, *range(2, T)]]
        last, other = (model(ids).logits[:, -1] for ids in (token_ids, swapped))
        assert torch.allclose(last, other, rtol=1e-9, atol=1e-9) == (positions == "none")

    def test_weights_are_shares_of_the_past_and_cost_no_accuracy(self, positions):
        model, token_ids = decoder(positions), tokens()
        kept = model(token_ids, keep_weights=True)
        assert [tuple(w.shape) for w in kept.weights] == [(B, 3, T, T)] * 2
        for weights in kept.weights:
            torch.testing.assert_close(weights.sum(-1), torch.ones(B, 3, T).double())
            assert (weights.triu(1) == 0).all()
        plain = model(token_ids)
        assert plain.weights == ()
        torch.testing.assert_close(plain.logits, kept.logits, rtol=1e-10, atol=1e-10)

    def test_the_same_numbers_make_the_same_decoder(self, positions):
        one, other = (build_decoder(**SIZES, positions=positions, seed=s) for s in (3, 3))
        another = build_decoder(**SIZES, positions=positions, seed=4)
        assert all(
            torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)
        )
        assert not torch.equal(one.embedding.weight, another.embedding.weight)


def by_hand(model, token_ids):
    """The same decoder from torch's own parts, without positions."""
    x = model.embedding.weight[token_ids]
    for block in model.blocks:
        y = F.layer_norm(x, (12,), block.attention_norm.gain, block.attention_norm.bias, 1e-5)
        q, k, v = (
            (y @ to.weight.T).view(B, -1, 3, 4).transpose(1, 2)
            for to in (block.attention.to_q, block.attention.to_k, block.attention.to_v)
        )
        scores = q @ k.transpose(-1, -2) / 2
        scores = scores + torch.full(scores.shape[-2:], -torch.inf).triu(1)
        heads = (scores.softmax(-1) @ v).transpose(1, 2).reshape(B, -1, 12)
        x = x + heads @ block.attention.to_out.weight.T
        norm, part = block.feed_forward_norm, block.feed_forward
        y = F.layer_norm(x, (12,), norm.gain, norm.bias, 1e-5)
        y = F.gelu(F.linear(y, part.to_hidden.weight, part.to_hidden.bias))
        x = x + F.linear(y, part.to_out.weight, part.to_out.bias)
    x = F.layer_norm(x, (12,), model.final_norm.gain, model.final_norm.bias, 1e-5)
    return x @ model.embedding.weight.T


def test_it_is_a_pre_norm_transformer_with_tied_embeddings():
    model, token_ids = decoder("none"), tokens()
    torch.testing.assert_close(
        model(token_ids).logits, by_hand(model, token_ids), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("positions", ["rotary", "alibi"])
def test_only_distances_count(positions):
    """The same tokens further on give the same weights among themselves."""
    model, token_ids = decoder(positions, n_layers=1), tokens(length=4)
    first = torch.cat([tokens(5, 3), token_ids], dim=1)
    near = model(token_ids, keep_weights=True).weights[0]
    far = model(first, keep_weights=True).weights[0][:, :, 3:, 3:]
    torch.testing.assert_close(far / far.sum(-1, True), near, rtol=1e-10, atol=1e-10)


def test_learned_positions_end():
    with pytest.raises(ValueError, match="10 positions, but vectors for 9 only"):
        decoder("learned")(tokens(length=10))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_layers": 0}, "every size must be at least 1"),
        ({"n_heads": 5}, "is not a multiple of self.n_heads=5"),
        ({"positions": "wavelets"}, "there are no positions 'wavelets'; there are none, sinus"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        DecoderConfig(**(SIZES | {"positions": "none", "max_seq_len": 9} | wrong))


def test_it_learns():
    torch.manual_seed(0)
    model = Decoder(
        DecoderConfig(**SIZES, positions="rotary", max_seq_len=9), torch.Generator().manual_seed(1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    token_ids = tokens()

    def loss():
        logits = model(token_ids[:, :-1]).logits
        return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())

    before = loss().item()
    for _ in range(60):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert loss().item() < 0.3 * before
