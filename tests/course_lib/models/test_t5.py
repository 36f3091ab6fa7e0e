from dataclasses import replace

import pytest
import torch

from course_lib.generation.beam_search import BeamSearchConfig, beam_search
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.models.t5 import T5
from tests.course_lib.models.peer import FLOAT32, FLOAT64
from tests.course_lib.models.t5_peer import (
    CONFIG,
    TS,
    V1_0,
    V1_1,
    B,
    T,
    V,
    call_peer,
    ids,
    save_peer,
)

SOURCES, TEXTS, N_TOKENS = ids(B, TS), ids(B, T, seed=1), torch.tensor([5, 11, 1])
IS_TOKEN = torch.arange(TS) < N_TOKENS[:, None]


@pytest.mark.parametrize("version", [V1_0, V1_1], ids=["v1.0", "v1.1"])
@pytest.mark.parametrize(
    ("dtype", "close"),
    [(torch.float32, FLOAT32), (torch.float64, FLOAT64)],
    ids=["float32", "float64"],
)
class TestAgainstThePeer:
    def test_with_padding_in_the_sources(self, tmp_path, version, dtype, close):
        peer = save_peer(tmp_path, version, dtype)
        expected = call_peer(peer, SOURCES, IS_TOKEN.long(), TEXTS)
        model = T5.from_pretrained(tmp_path, dtype)
        encoded = model.encode(SOURCES, N_TOKENS).x
        torch.testing.assert_close(encoded, expected.encoder_last_hidden_state, **close)
        logits = model(SOURCES, TEXTS, N_TOKENS)
        torch.testing.assert_close(logits, expected.logits, **close)

    def test_long_sequences(self, tmp_path, version, dtype, close):
        # Several times as long as the distance from which on all are alike.
        sources, texts = ids(2, 61), ids(2, 47, seed=1)
        peer = save_peer(tmp_path, version, dtype)
        expected = call_peer(peer, sources, decoder_input_ids=texts).logits
        logits = T5.from_pretrained(tmp_path, dtype)(sources, texts)
        torch.testing.assert_close(logits, expected, **close)

    def test_token_by_token(self, tmp_path, version, dtype, close):
        peer = save_peer(tmp_path, version, dtype)
        expected = call_peer(peer, SOURCES, IS_TOKEN.long(), TEXTS).logits
        writer = T5.from_pretrained(tmp_path, dtype).read(SOURCES, N_TOKENS)
        caches = writer.reserve_caches(B, T)
        for token in range(T):
            out = writer(TEXTS[:, token : token + 1], caches)
            torch.testing.assert_close(out.logits[:, 0], expected[:, token], **close)
            caches = out.caches

    def test_padding_before_the_texts(self, tmp_path, version, dtype, close):
        n_padding = torch.tensor([2, 0, 4])
        is_token = torch.arange(T) >= n_padding[:, None]
        peer = save_peer(tmp_path, version, dtype)
        expected = call_peer(
            peer,
            SOURCES,
            decoder_input_ids=TEXTS,
            decoder_attention_mask=is_token.long(),
        ).logits
        writer = T5.from_pretrained(tmp_path, dtype).read(SOURCES)
        first = writer(TEXTS[:, :3], writer.reserve_caches(B, T), n_padding)
        second = writer(TEXTS[:, 3:], first.caches, n_padding)
        logits = torch.cat([first.logits, second.logits], dim=1)
        torch.testing.assert_close(logits[is_token], expected[is_token], **close)

    def test_weights_that_are_kept(self, tmp_path, version, dtype, close):
        peer = save_peer(tmp_path, version, dtype, attn_implementation="eager")
        expected = call_peer(peer, SOURCES, IS_TOKEN.long(), TEXTS, output_attentions=True)
        model = T5.from_pretrained(tmp_path, dtype)
        encoded = model.encode(SOURCES, N_TOKENS, keep_weights=True)
        written = model.read(SOURCES, N_TOKENS).states(TEXTS, keep_weights=True)
        torch.testing.assert_close(encoded.weights, expected.encoder_attentions, **close)
        torch.testing.assert_close(written.weights, expected.decoder_attentions, **close)
        torch.testing.assert_close(written.memory_weights, expected.cross_attentions, **close)

    def test_greedy_decoding(self, tmp_path, version, dtype, close):
        peer = save_peer(tmp_path, version, dtype)
        n_new, start = 13, torch.zeros(B, 1, dtype=torch.long)
        expected = peer.generate(
            SOURCES, attention_mask=IS_TOKEN.long(), max_new_tokens=n_new, do_sample=False
        )
        writer = T5.from_pretrained(tmp_path, dtype).read(SOURCES, N_TOKENS)
        cfg = DecodingConfig(max_new_tokens=n_new, end_token=1, padding_token=0)
        caches = writer.reserve_caches(B, n_new)
        decoded = decode(writer, Prompts(start), greedy, cfg, caches)
        assert decoded.token_ids.tolist() == expected[:, 1:].tolist()
        assert len(set(decoded.token_ids.flatten().tolist())) > 2


class TestT5:
    @pytest.fixture(params=[V1_0, V1_1], ids=["v1.0", "v1.1"])
    def model(self, request, tmp_path):
        save_peer(tmp_path, request.param, torch.float64)
        return T5.from_pretrained(tmp_path, torch.float64)

    def test_the_future_does_not_matter(self, model):
        changed = TEXTS.clone()
        changed[:, 4:] = (TEXTS[:, 4:] + 1) % V
        before, after = model(SOURCES, TEXTS), model(SOURCES, changed)
        assert torch.equal(before[:, :4], after[:, :4])
        assert (before[:, 4:] != after[:, 4:]).any(dim=-1).all()

    def test_every_token_of_a_source_matters_but_padding_does_not(self, model):
        before = model(SOURCES, TEXTS, N_TOKENS)
        for place in range(TS):
            changed = SOURCES.clone()
            changed[:, place] = (SOURCES[:, place] + 1) % V
            after = model(changed, TEXTS, N_TOKENS)
            is_changed = (before != after).flatten(1).any(dim=1)
            assert is_changed.tolist() == IS_TOKEN[:, place].tolist()

    def test_the_last_positions_may_be_scored_alone(self, model):
        logits = model.read(SOURCES)(TEXTS, n_scored=2).logits
        expected = model(SOURCES, TEXTS)[:, -2:]
        torch.testing.assert_close(logits, expected, rtol=1e-12, atol=1e-12)

    def test_one_source_serves_several_texts(self, model):
        writer = model.read(SOURCES[:1], N_TOKENS[:1])
        expected = model(SOURCES[:1].expand(B, TS), TEXTS, N_TOKENS[:1].expand(B))
        torch.testing.assert_close(writer(TEXTS).logits, expected, rtol=1e-12, atol=1e-12)

    def test_two_sources_cannot_serve_three_texts(self, model):
        with pytest.raises(ValueError, match="3 sequences cannot look at the memories of 2"):
            model.read(SOURCES[:2])(TEXTS)

    def test_a_beam_search_finds_what_reading_everything_again_finds(self, model):
        writer = model.read(SOURCES[:1])
        cfg = BeamSearchConfig(n_beams=4, max_new_tokens=5, end_token=1)
        start = torch.zeros(1, 1, dtype=torch.long)
        cached = beam_search(writer, start, cfg, writer.reserve_caches(1, 6))
        again = beam_search(writer, start, cfg)
        assert [text.token_ids for text in cached] == [text.token_ids for text in again]

    def test_a_source_is_read_once(self, model, monkeypatch):
        writer = model.read(SOURCES)
        layers = [block.cross_attention for block in model.stacks.decoder.blocks]
        for layer in (*layers, model.stacks.encoder):
            monkeypatch.setattr(layer, "keys_and_values", None, raising=False)
            monkeypatch.setattr(layer, "forward", None)
        assert writer(TEXTS).logits.shape == (B, T, V)


class TestANewModel:
    def test_gradients_reach_every_parameter(self):
        for version in (CONFIG, replace(CONFIG, is_gated=True, ties_embeddings=False)):
            model = T5(version)
            model(SOURCES, TEXTS, N_TOKENS).square().sum().backward()
            without = [name for name, p in model.named_parameters() if p.grad is None]
            assert without == []

    def test_scores_start_small_without_a_scale(self):
        wide = T5(replace(CONFIG, d_model=64, d_head=32))
        spreads = [block.attention.to_q.weight.std() for block in wide.stacks.encoder.blocks]
        for spread in spreads:  # 1/√(64·32) = 0.0221, within four standard errors
            assert spread.item() == pytest.approx(0.0221, rel=4 / (2 * 64 * 4 * 32) ** 0.5)
