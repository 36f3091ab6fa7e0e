"""What the cache calculator computes, held against real caches and against sums done by hand."""

from dataclasses import replace

import pytest
import torch

from course_lib.figures.calculator_numbers import CONTEXTS, CacheSetting, numbers_of, variants_of
from course_lib.models.gemma import GEMMA2_2B, Gemma
from course_lib.models.llama import LLAMA3_2_1B, MISTRAL_7B, Llama

LLAMA_3_1_8B = CacheSetting(
    n_layers=32,
    n_heads=32,
    n_kv_heads=8,
    d_head=128,
    window=0,
    window_pattern="1/1",
    cache_bytes_each=2,
    weight_bytes_each=2,
    n_parameters=8_030_261_248,
    n_unread=525_336_576,
    batch_size=16,
    seq_len=32_768,
    card_gb=80,
    bandwidth_gb_per_s=1000,
)
MISTRAL = replace(
    LLAMA_3_1_8B, window=4096, n_parameters=7_241_732_096, n_unread=131_072_000, batch_size=64
)


class TestByHand:
    def test_a_service_with_grouped_heads(self):
        now = numbers_of(LLAMA_3_1_8B)
        # 2 · 32 layers · 8 heads · 128 · 2 bytes: 128 KiB a token, 4 GiB for 2¹⁵ tokens, 64 for 16.
        assert now.token == 2**17
        assert now.sequence == 2**32
        assert now.batch == 2**36
        assert now.weights == 16_060_522_496
        assert now.ratio == 2**36 / 16_060_522_496
        # 16,060,522,496 / 2²¹ bytes for one token of each sequence is 7,658 and a piece.
        assert now.crossing == 7659
        # (80 · 10⁹ − 16,060,522,496) / 2³² is 14 and a piece.
        assert now.n_fit == 14
        assert now.card_share == (16_060_522_496 + 2**36) / 80e9

    def test_the_ceiling_counts_weights_once_and_the_cache_of_all(self):
        now = numbers_of(LLAMA_3_1_8B)
        assert now.weights_read == 2 * (8_030_261_248 - 525_336_576)
        assert now.read == now.weights_read + 2**36
        assert now.tokens_per_s == pytest.approx(16 * 1e12 / (15_009_849_344 + 2**36), rel=1e-12)

    def test_four_bits_are_half_a_byte(self):
        now = numbers_of(replace(LLAMA_3_1_8B, cache_bytes_each=0.5, weight_bytes_each=1))
        assert now.batch == 2**34
        assert now.weights == 8_030_261_248

    def test_weights_that_do_not_fit_are_told_from_sequences_that_do_not(self):
        assert numbers_of(replace(LLAMA_3_1_8B, card_gb=16)).n_fit is None
        assert numbers_of(replace(LLAMA_3_1_8B, card_gb=24, seq_len=65_536)).n_fit == 0


class TestWindows:
    def test_a_window_in_all_layers_stops_the_cache(self):
        now = numbers_of(MISTRAL)
        assert now.sequence == 2**17 * 4096
        assert numbers_of(replace(MISTRAL, seq_len=2**20)).batch == now.batch
        assert numbers_of(replace(MISTRAL, seq_len=1000)).sequence == 2**17 * 1000

    def test_a_window_in_every_second_layer_stops_half_of_it(self):
        setting = replace(MISTRAL, window_pattern="1/2")
        assert (setting.n_windowed, setting.n_full) == (16, 16)
        assert numbers_of(setting).sequence == 2**16 * 4096 + 2**16 * 32_768

    @pytest.mark.parametrize(
        ("n_layers", "pattern", "n_windowed"),
        # 13 layers, 5 of 6: layers 0 to 4, 6 to 10 and 12.
        [(13, "5/6", 11), (12, "5/6", 10), (17, "5/6", 15), (7, "1/2", 4), (7, "1/1", 7)],
    )
    def test_layers_are_counted_from_the_first(self, n_layers, pattern, n_windowed):
        setting = replace(MISTRAL, n_layers=n_layers, window_pattern=pattern)
        assert setting.n_windowed == n_windowed
        assert replace(setting, window=0).n_windowed == 0

    def test_windows_keep_a_small_batch_under_the_weights_for_ever(self):
        assert numbers_of(replace(MISTRAL, batch_size=16)).crossing is None

    @pytest.mark.parametrize("pattern", ["1/1", "1/2", "5/6"])
    @pytest.mark.parametrize("batch_size", [8, 26, 27, 64, 1000])
    def test_the_crossing_is_the_first_context_that_is_as_large(self, pattern, batch_size):
        setting = replace(MISTRAL, window_pattern=pattern, batch_size=batch_size)
        now = numbers_of(setting)
        if now.crossing is None:
            assert setting.bytes_at(10**9) < now.weights
        else:
            assert setting.bytes_at(now.crossing) >= now.weights
            assert setting.bytes_at(now.crossing - 1) < now.weights


class TestAgainstRealCaches:
    @pytest.mark.parametrize(
        ("build", "cfg", "pattern"),
        [
            (Llama, replace(LLAMA3_2_1B, n_layers=3), "1/1"),
            (Llama, replace(MISTRAL_7B, n_layers=2, windows=(5,)), "1/1"),
            (Gemma, replace(GEMMA2_2B, n_layers=5, windows=(5, None)), "1/2"),
        ],
        ids=["all positions", "a window in each layer", "in every second layer"],
    )
    def test_what_the_models_look_at_has_as_many_bytes(self, build, cfg, pattern):
        batch_size, seq_len, n_seen = 3, 11, 0
        cfg = replace(cfg, vocab_size=13, d_model=24, d_ff=7)
        torch.manual_seed(0)
        model = build(cfg)
        caches, looked_at = model.reserve_caches(batch_size, seq_len), 0
        for _ in range(seq_len):
            looked_at, kept = 0, []
            for cache in caches:
                new = torch.zeros(batch_size, cfg.n_kv_heads, 1, cfg.d_head)
                after, k, v = cache.append(new, new)
                looked_at += k.nbytes + v.nbytes
                kept.append(after)
            caches, n_seen = tuple(kept), n_seen + 1
            setting = replace(
                LLAMA_3_1_8B,
                n_layers=cfg.n_layers,
                n_heads=cfg.n_heads,
                n_kv_heads=cfg.n_kv_heads,
                d_head=cfg.d_head,
                window=max(window or 0 for window in cfg.windows),
                window_pattern=pattern,
                cache_bytes_each=4,
                batch_size=batch_size,
            )
            assert setting.bytes_at(n_seen) == looked_at


class TestVariants:
    def test_curves_name_what_is_changed(self):
        curves = numbers_of(MISTRAL).curves
        assert list(curves) == ["as it is", "MHA", "MQA", "no window"]
        assert [len(each) for each in curves.values()] == [len(CONTEXTS)] * 4
        at = CONTEXTS.index(32_768)
        assert curves["as it is"][at] == 64 * 2**29
        assert curves["MHA"][at] == 4 * 64 * 2**29
        assert curves["MQA"][at] == 64 * 2**29 / 8
        assert curves["no window"][at] == 8 * 64 * 2**29

    def test_what_would_change_nothing_is_left_out(self):
        plain = replace(LLAMA_3_1_8B, n_kv_heads=32)
        assert list(variants_of(plain)) == ["as it is", "MQA"]
        assert list(variants_of(replace(plain, n_kv_heads=1))) == ["as it is", "MHA"]

    def test_heads_that_cannot_be_shared_are_refused(self):
        with pytest.raises(ValueError, match="32 query heads cannot share 5 key/value heads"):
            replace(LLAMA_3_1_8B, n_kv_heads=5)
