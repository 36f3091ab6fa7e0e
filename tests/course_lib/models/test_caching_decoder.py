import pytest
import torch

from course_lib.decoder import build_decoder
from course_lib.generation.language_model import LanguageModel
from course_lib.models.caching_decoder import POSITION_KINDS, CachingDecoder

B, T, V = 3, 7, 11


def build(positions="rotary"):
    decoder = build_decoder(
        vocab_size=V,
        d_model=12,
        n_heads=2,
        n_layers=2,
        d_ff=20,
        positions=positions,
        seed=1,
        spread=0.5,
    )
    return decoder.double().eval()


@pytest.fixture
def token_ids():
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(2))


def close(a, b):
    return torch.allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("positions", POSITION_KINDS)
class TestScores:
    @torch.no_grad()
    def test_they_are_those_of_the_decoder(self, token_ids, positions):
        decoder = build(positions)
        out = CachingDecoder(decoder)(token_ids)
        assert close(out.logits, decoder(token_ids).logits)
        assert out.caches == ()

    @torch.no_grad()
    @pytest.mark.parametrize("pieces", [(3, 4), (1, 1, 5), (6, 1)])
    def test_in_pieces_with_caches_they_are_the_same(self, token_ids, positions, pieces):
        decoder = build(positions)
        model = CachingDecoder(decoder)
        caches, logits, start = model.reserve_caches(B, T), [], 0
        for n_new in pieces:
            out = model(token_ids[:, start : start + n_new], caches)
            caches, start = out.caches, start + n_new
            assert [cache.n_seen for cache in caches] == [start, start]
            logits.append(out.logits)
        assert close(torch.cat(logits, dim=1), decoder(token_ids).logits)

    @torch.no_grad()
    def test_only_the_last_positions_can_be_scored(self, token_ids, positions):
        model = CachingDecoder(build(positions))
        assert close(model(token_ids, n_scored=2).logits, model(token_ids).logits[:, -2:])

    @torch.no_grad()
    def test_padding_at_the_left_changes_nothing(self, token_ids, positions):
        decoder = build(positions)
        model = CachingDecoder(decoder)
        n_padding = torch.tensor([2, 0, 4])
        caches = model.reserve_caches(B, T)
        first = model(token_ids[:, :5], caches, n_padding)
        rest = model(token_ids[:, 5:], first.caches, n_padding)
        for row, n in enumerate(n_padding.tolist()):
            alone = decoder(token_ids[row : row + 1, n:]).logits
            assert close(rest.logits[row], alone[0, -2:])


def test_it_is_a_language_model_that_shares_its_weights():
    decoder = build()
    model = CachingDecoder(decoder)
    assert isinstance(model, LanguageModel)
    assert model.decoder is decoder


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "alibi"])
def test_other_positions_are_refused(positions):
    with pytest.raises(ValueError, match=positions):
        CachingDecoder(build(positions))
