import pytest

from course_lib.models.public_config import PublicConfig
from course_lib.models.rotary_checkpoint import (
    ATTENTION_SOURCES,
    FEED_FORWARD_SOURCES,
    NORM_SOURCES,
    ignored_names,
    read_layer_windows,
    read_rotary,
    read_sizes,
    read_window,
)
from course_lib.rotary import Llama3Scaling

SIZES = {
    "vocab_size": 11,
    "hidden_size": 24,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "num_hidden_layers": 3,
    "intermediate_size": 20,
    "rms_norm_eps": 1e-6,
    "rope_theta": 500,
    "tie_word_embeddings": True,
}
LLAMA3 = {
    "factor": 8,
    "low_freq_factor": 1,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
SCALING = Llama3Scaling(
    factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_seq_len=8192
)


class TestReadSizes:
    def test_each_size_goes_to_its_name(self):
        cfg = read_sizes(PublicConfig(SIZES))
        assert (cfg.vocab_size, cfg.d_model, cfg.n_heads, cfg.n_kv_heads) == (11, 24, 4, 2)
        assert (cfg.d_head, cfg.n_layers, cfg.d_ff, cfg.norm_eps) == (8, 3, 20, 1e-6)
        assert (cfg.rotary_base, cfg.rotary_scaling) == (500.0, None)
        assert cfg.ties_embeddings

    def test_heads_share_nothing_and_fill_the_stream_unless_said(self):
        left_out = ("num_key_value_heads", "head_dim", "tie_word_embeddings")
        cfg = read_sizes(PublicConfig({k: v for k, v in SIZES.items() if k not in left_out}))
        assert (cfg.n_kv_heads, cfg.d_head, cfg.ties_embeddings) == (4, 6, False)

    @pytest.mark.parametrize("name", ["vocab_size", "hidden_size", "rms_norm_eps"])
    def test_what_is_not_said_is_named(self, name):
        settings = {key: value for key, value in SIZES.items() if key != name}
        with pytest.raises(ValueError, match=f"does not say {name}"):
            read_sizes(PublicConfig(settings))


class TestReadRotary:
    @pytest.mark.parametrize(
        ("settings", "base", "scaling"),
        [
            ({}, 10_000.0, None),
            ({"rope_theta": 7}, 7.0, None),
            ({"rope_theta": 7, "rope_scaling": None}, 7.0, None),
            ({"rope_theta": 7, "rope_scaling": LLAMA3 | {"rope_type": "llama3"}}, 7.0, SCALING),
            ({"rope_theta": 7, "rope_scaling": LLAMA3 | {"type": "llama3"}}, 7.0, SCALING),
            ({"rope_parameters": {"rope_theta": 7, "rope_type": "default"}}, 7.0, None),
            ({"rope_parameters": {"rope_type": "default"}}, 10_000.0, None),
            (
                {"rope_parameters": LLAMA3 | {"rope_theta": 7, "rope_type": "llama3"}},
                7.0,
                SCALING,
            ),
        ],
    )
    def test_under_names_of_today_and_of_before(self, settings, base, scaling):
        assert read_rotary(PublicConfig(settings)) == (base, scaling)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"rope_scaling": {"type": "linear", "factor": 2}}, "type='linear'"),
            ({"rope_parameters": {"rope_type": "yarn"}}, "rope_type='yarn'"),
            ({"rope_parameters": {"partial_rotary_factor": 0.5}}, "partial_rotary_factor=0.5"),
        ],
    )
    def test_other_kinds_are_refused(self, settings, message):
        with pytest.raises(ValueError, match=f"{message} is not supported"):
            read_rotary(PublicConfig(settings))

    def test_a_scaling_that_lacks_a_number_is_refused(self):
        scaling = {"rope_type": "llama3", "factor": 8.0}
        with pytest.raises(ValueError, match="rope_scaling does not say low_freq_factor"):
            read_rotary(PublicConfig({"rope_scaling": scaling}))


class TestWindows:
    @pytest.mark.parametrize(
        ("settings", "window"),
        [({}, None), ({"sliding_window": None}, None), ({"sliding_window": 5}, 5)],
    )
    def test_one_for_all_layers(self, settings, window):
        assert read_window(PublicConfig(settings)) == window

    def test_layer_by_layer(self):
        kinds = ["full_attention", "sliding_attention", "full_attention"]
        config = PublicConfig({"layer_types": kinds, "sliding_window": 5})
        assert read_layer_windows(config) == (None, 5, None)

    def test_full_layers_need_no_size(self):
        assert read_layer_windows(PublicConfig({"layer_types": ["full_attention"]})) == (None,)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"layer_types": ["chunked_attention"]}, "'chunked_attention', which is not supported"),
            ({"layer_types": ["sliding_attention"]}, "does not say sliding_window"),
        ],
    )
    def test_other_kinds_and_windows_without_a_size_are_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            read_layer_windows(PublicConfig(settings))


class TestSources:
    def test_no_public_tensor_is_used_twice(self):
        tables = ATTENTION_SOURCES | NORM_SOURCES | FEED_FORWARD_SOURCES
        names = [source.name for source in tables.values()]
        assert len(names) == len(set(names))


class TestIgnoredNames:
    @pytest.mark.parametrize("ties", [True, False])
    def test_a_head_is_a_copy_only_where_embeddings_are_tied(self, ties):
        cfg = read_sizes(PublicConfig(SIZES | {"tie_word_embeddings": ties}))
        assert ("lm_head.weight" in ignored_names(cfg)) == ties
