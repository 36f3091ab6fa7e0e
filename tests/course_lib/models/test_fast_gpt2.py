import pytest
import torch

from course_lib.kernels.skinny_product import WAYS
from course_lib.models.fast_gpt2 import FastGPT2, fast_products
from course_lib.models.gpt2 import GPT2, GPT2Config

B, T, V = 3, 7, 23
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def model(*, ties_embeddings=True):
    cfg = GPT2Config(
        vocab_size=V,
        max_seq_len=11,
        d_model=10,
        n_heads=2,
        n_layers=3,
        d_ff=17,
        ties_embeddings=ties_embeddings,
    )
    made, generator = GPT2(cfg).double().eval(), torch.Generator().manual_seed(5)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.5, generator=generator)
    return made


def tokens(n_new=T, seed=0):
    return torch.randint(V, (B, n_new), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ties_embeddings", [True, False])
def test_gives_the_logits_of_the_model(way, ties_embeddings):
    slow = model(ties_embeddings=ties_embeddings)
    fast, token_ids = FastGPT2(slow, way.of), tokens()
    torch.testing.assert_close(fast(token_ids).logits, slow(token_ids).logits, **TIGHT)
    assert fast(token_ids).caches == ()


@pytest.mark.parametrize("way", WAYS)
def test_the_last_positions_may_be_scored_alone(way):
    slow, token_ids = model(), tokens()
    logits = FastGPT2(slow, way.of)(token_ids, n_scored=2).logits
    torch.testing.assert_close(logits, slow(token_ids).logits[:, -2:], **TIGHT)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("padded", [True, False])
def test_token_by_token_with_a_cache_it_says_the_same(way, padded):
    slow, token_ids = model(), tokens()
    n_padding = torch.tensor([0, 2, 1]) if padded else None
    fast, caches = FastGPT2(slow, way.of), slow.reserve_caches(B, T)
    whole = slow(token_ids, n_padding=n_padding).logits
    out = fast(token_ids[:, :4], caches, n_padding)
    steps = [out.logits]
    for position in range(4, T):
        out = fast(token_ids[:, position : position + 1], out.caches, n_padding)
        steps.append(out.logits)
    seen = torch.ones(B, T, dtype=torch.bool)
    if n_padding is not None:
        seen = torch.arange(T) >= n_padding[:, None]
    torch.testing.assert_close(torch.cat(steps, dim=1)[seen], whole[seen], **TIGHT)
    assert out.caches[0].n_seen == T


def test_the_model_is_left_as_it_is():
    slow, token_ids = model(), tokens()
    before = {name: value.clone() for name, value in slow.state_dict().items()}
    FastGPT2(slow, WAYS[0].of)(token_ids, slow.reserve_caches(B, T))
    for name, value in slow.state_dict().items():
        assert torch.equal(value, before[name])


def test_measures_each_shape_once(monkeypatch):
    asked = []

    def fastest(*shape):
        asked.append(shape)
        return WAYS[len(asked) % 2]

    monkeypatch.setattr("course_lib.models.fast_gpt2.fastest_way", fastest)
    slow, token_ids = model(), tokens()
    fast = FastGPT2(slow, fast_products(B))
    assert len(asked) == len(set(asked)) == 5  # qkv, out, widen, narrow, score
    assert {rows for _, _, rows, _ in asked} == {B}
    torch.testing.assert_close(fast(token_ids).logits, slow(token_ids).logits, **TIGHT)


def test_more_positions_than_the_model_knows_are_refused():
    with pytest.raises(ValueError, match="12 positions"):
        FastGPT2(model(), WAYS[0].of)(tokens(12))
