from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.attention_context import causal_context
from course_lib.attention_layer import AttentionLayer
from course_lib.blocks import PreNormBlock
from course_lib.generation.beam_search import BeamSearchConfig, beam_search
from course_lib.generation.kv_cache import PlainCache, SlidingCache
from course_lib.generation.speculative import SpeculativeConfig, decode_speculatively
from course_lib.layers import FeedForward
from course_lib.models.rotary_decoder import RotaryDecoder, RotaryDecoderConfig, rotation
from course_lib.normalisation import RMSNorm
from course_lib.positions import token_positions
from course_lib.rotary import Llama3Scaling, rotary_frequencies, rotate_half_split, slow_down

V, D, B, T = 11, 12, 2, 9
CFG = RotaryDecoderConfig(
    vocab_size=V,
    d_model=D,
    n_heads=6,
    n_kv_heads=3,
    d_head=4,
    n_layers=3,
    d_ff=20,
    norm_eps=1e-5,
    rotary_base=10.0,
    windows=(3, None),
)
TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def model_of(cfg=CFG):
    blocks = (
        PreNormBlock(
            attention_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
            attention=AttentionLayer(cfg.attention),
            feed_forward_norm=RMSNorm(cfg.d_model, cfg.norm_eps),
            feed_forward=FeedForward(cfg.d_model, cfg.d_ff),
        )
        for _ in range(cfg.n_layers)
    )
    model = RotaryDecoder(cfg, blocks, RMSNorm(cfg.d_model, cfg.norm_eps)).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator)
    return model


def tokens(seed=0):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


class TestRotaryDecoder:
    def test_tokens_far_behind_every_window_do_not_matter(self):
        model = model_of(replace(CFG, windows=(3,)))
        changed = tokens()
        changed[:, 0] = (changed[:, 0] + 1) % V
        same = (model(changed).logits - model(tokens()).logits).abs().amax(dim=(0, 2)) < 1e-12
        # Three layers of three positions see 2 + 2 + 2 back.
        assert same.tolist() == [False] * 7 + [True] * 2

    def test_the_same_tokens_elsewhere_score_the_same(self):
        # Rotary positions know distances alone: what all sequences have behind them is no matter.
        model, n_padding = model_of(), torch.tensor([2, 2])
        padded = torch.cat([torch.zeros(B, 2, dtype=torch.long), tokens()], dim=1)
        shifted = model(padded, n_padding=n_padding).logits[:, 2:]
        torch.testing.assert_close(shifted, model(tokens()).logits, **TIGHT)

    def test_with_caches_it_is_the_same(self):
        model = model_of()
        caches, logits = model.reserve_caches(B, T, n_spare=0), []
        assert [type(cache) for cache in caches] == [SlidingCache, PlainCache, SlidingCache]
        for chunk in tokens().split([4, 1, 1, 3], dim=1):
            out = model(chunk, caches)
            caches = out.caches
            logits.append(out.logits)
        torch.testing.assert_close(torch.cat(logits, 1), model(tokens()).logits, **TIGHT)

    def test_beams_and_drafts_go_on_past_the_windows(self):
        model, prompt = model_of(), tokens()[:1]
        search = BeamSearchConfig(n_beams=3, max_new_tokens=20)
        found = beam_search(model, prompt, search, model.reserve_caches(1, 29))
        expected = beam_search(model, prompt, search)
        assert [text.token_ids for text in found] == [text.token_ids for text in expected]
        draft = model_of(replace(CFG, n_layers=2))
        cfg = SpeculativeConfig(n_drafted=4, max_new_tokens=50)
        generator = torch.Generator().manual_seed(0)
        with_caches = decode_speculatively(
            *(model, draft, prompt, cfg, generator),
            *(one.reserve_caches(1, 59, n_spare=4) for one in (model, draft)),
        )
        assert with_caches == decode_speculatively(
            model, draft, prompt, cfg, torch.Generator().manual_seed(0)
        )
        assert 0 < with_caches.n_accepted < with_caches.n_drafted

    def test_short_sequences_need_no_sliding_cache(self):
        kinds = [type(cache) for cache in model_of().reserve_caches(B, 3)]
        assert kinds == [PlainCache] * 3

    @pytest.mark.parametrize("n_padding", [None, torch.tensor([0, 4])])
    def test_every_layer_is_told_its_window_the_padding_and_the_positions(self, n_padding):
        model = model_of()
        rotate = rotation(CFG, token_positions(0, T, n_padding), torch.float64)
        contexts = [
            causal_context(n_seen=0, n_queries=T, n_padding=n_padding, window=window, rotate=rotate)
            for window in (3, None, 3)
        ]
        expected = model.decoder(model.embedding(tokens()), contexts).x
        assert torch.equal(model.states(tokens(), n_padding=n_padding).x, expected)
        logits = model(tokens(), n_padding=n_padding).logits
        torch.testing.assert_close(logits, expected @ model.unembedding.weight.T, **TIGHT)

    def test_tied_embeddings_score_too(self):
        model = model_of(replace(CFG, ties_embeddings=True))
        expected = model.states(tokens()).x @ model.embedding.weight.T
        torch.testing.assert_close(model(tokens()).logits, expected, **TIGHT)
        assert "unembedding.weight" not in model.state_dict()

    def test_starts_with_small_embeddings(self):
        model = RotaryDecoder(replace(CFG, vocab_size=2000), [], nn.Identity())
        assert model.embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)


class TestRotation:
    def test_single_precision_is_kept_below_it(self):
        positions, x = torch.tensor([1001]), torch.ones(1, 1, 1, 4)
        exact = rotation(CFG, positions, torch.float32)(x)
        rough = rotation(CFG, positions, torch.bfloat16)(x.bfloat16())
        torch.testing.assert_close(rough.float(), exact, rtol=0, atol=0.02)

    def test_scaling_slows_down(self):
        scaling = Llama3Scaling(
            factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=32
        )
        positions = torch.arange(5)
        x = torch.randn(1, 2, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        angles = positions[:, None] * slow_down(rotary_frequencies(4, 10.0), scaling)
        expected = rotate_half_split(x, angles.cos(), angles.sin())
        rotate = rotation(replace(CFG, rotary_scaling=scaling), positions, torch.float64)
        torch.testing.assert_close(rotate(x), expected, **TIGHT)
        assert not torch.allclose(rotation(CFG, positions, torch.float64)(x), expected)


class TestRotaryDecoderConfig:
    def test_windows_start_again(self):
        assert CFG.layer_windows == (3, None, 3)

    def test_scores_are_over_the_root_of_the_head_width(self):
        assert CFG.attention.scale == 1 / 2

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ({"vocab_size": 0}, "vocab_size=0"),
            ({"windows": ()}, r"windows=\(\)"),
            ({"d_head": 5}, r"self\.d_head=5 must be even"),
            ({"n_kv_heads": 4}, "n_heads=6 is not a multiple"),
        ],
    )
    def test_sizes_that_do_not_fit_are_refused(self, sizes, message):
        with pytest.raises(ValueError, match=message):
            replace(CFG, **sizes)
