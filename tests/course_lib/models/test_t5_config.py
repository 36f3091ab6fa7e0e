import json
from dataclasses import replace

import pytest
import torch
from transformers import T5Config as PeerConfig

from course_lib.models.t5 import T5
from course_lib.models.t5_config import (
    T5_BASE,
    T5_SMALL,
    T5_V1_1_BASE,
    T5_V1_1_SMALL,
    T5Config,
    read_t5_config,
)

SIZES = {
    "vocab_size": 37,
    "d_model": 20,
    "d_kv": 6,
    "d_ff": 29,
    "num_layers": 2,
    "num_decoder_layers": 3,
    "num_heads": 4,
    "relative_attention_num_buckets": 10,
    "relative_attention_max_distance": 23,
    "layer_norm_epsilon": 1e-3,
}
CONFIG = T5Config(
    vocab_size=37,
    d_model=20,
    n_heads=4,
    d_head=6,
    n_encoder_layers=2,
    n_decoder_layers=3,
    d_ff=29,
    n_buckets=10,
    max_distance=23,
    norm_eps=1e-3,
)
# What google-t5/t5-small says, without what is only for training and for generating.
OLD_SETTINGS = {
    "d_ff": 2048,
    "d_kv": 64,
    "d_model": 512,
    "is_encoder_decoder": True,
    "layer_norm_epsilon": 1e-06,
    "model_type": "t5",
    "num_heads": 8,
    "num_layers": 6,
    "relative_attention_num_buckets": 32,
    "vocab_size": 32128,
}


@pytest.mark.parametrize(
    ("cfg", "n_parameters"),
    # Of t5-small, t5-base, flan-t5-small and flan-t5-base, as the hub counts them.
    [
        (T5_SMALL, 60_506_624),
        (T5_BASE, 222_903_552),
        (T5_V1_1_SMALL, 76_961_152),
        (T5_V1_1_BASE, 247_577_856),
    ],
)
def test_published_sizes(cfg, n_parameters):
    with torch.device("meta"):
        model = T5(cfg)
    assert sum(parameter.numel() for parameter in model.parameters()) == n_parameters


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_decoder_layers": 0}, "at least 1"),
        ({"d_head": 0}, "at least 1"),
        ({"n_buckets": 3}, "n_buckets=3 cannot divide up self.max_distance=23"),
        ({"max_distance": 5}, "n_buckets=10 cannot divide up self.max_distance=5"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **changed)


class TestReading:
    def write(self, folder, settings):
        (folder / "config.json").write_text(json.dumps(settings))
        return folder

    def test_every_size_that_the_peer_writes(self, tmp_path):
        PeerConfig(**SIZES).save_pretrained(tmp_path)
        assert read_t5_config(tmp_path) == CONFIG

    def test_gates_that_the_peer_writes(self, tmp_path):
        PeerConfig(**SIZES, feed_forward_proj="gated-gelu").save_pretrained(tmp_path)
        assert read_t5_config(tmp_path) == replace(CONFIG, is_gated=True)

    def test_what_an_old_config_leaves_out(self, tmp_path):
        assert read_t5_config(self.write(tmp_path, OLD_SETTINGS)) == T5_SMALL

    def test_version_1_1(self, tmp_path):
        # What google/t5-v1_1-small says besides.
        sizes = {"d_ff": 1024, "num_heads": 6, "num_layers": 8, "num_decoder_layers": 8}
        kind = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
        self.write(tmp_path, OLD_SETTINGS | sizes | kind)
        assert read_t5_config(tmp_path) == T5_V1_1_SMALL

    @pytest.mark.parametrize("says_tied", [True, False])
    @pytest.mark.parametrize("scales", [True, False])
    def test_the_scale_of_the_output_is_read_where_it_is_said(self, tmp_path, says_tied, scales):
        kind = {"tie_word_embeddings": says_tied, "scale_decoder_outputs": scales}
        cfg = read_t5_config(self.write(tmp_path, OLD_SETTINGS | kind))
        assert (cfg.ties_embeddings, cfg.scales_output) == (says_tied, scales)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("model_type", "umt5"),
            ("feed_forward_proj", "gated-silu"),
            ("dense_act_fn", "gelu_new"),  # with a feed_forward_proj of "relu"
            ("is_encoder_decoder", False),
            ("is_decoder", True),
            ("num_layers", 0),
        ],
    )
    def test_a_setting_that_is_not_supported_is_named(self, tmp_path, name, value):
        self.write(tmp_path, OLD_SETTINGS | {name: value})
        with pytest.raises(ValueError, match=f"{name}.*{value}"):
            read_t5_config(tmp_path)

    def test_gates_with_another_bend_are_refused(self, tmp_path):
        kind = {"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu"}
        self.write(tmp_path, OLD_SETTINGS | kind)
        with pytest.raises(ValueError, match="dense_act_fn='gelu' is not supported"):
            read_t5_config(tmp_path)
