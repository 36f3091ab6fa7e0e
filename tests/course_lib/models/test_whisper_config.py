import json

import pytest
import torch
import transformers

from course_lib.models.plain_stack import StackConfig
from course_lib.models.whisper import Whisper
from course_lib.models.whisper_config import (
    WHISPER_BASE,
    WHISPER_LARGE,
    WHISPER_LARGE_V3,
    WHISPER_LARGE_V3_TURBO,
    WHISPER_MEDIUM,
    WHISPER_SMALL,
    WHISPER_TINY,
    WhisperConfig,
    read_whisper_config,
)

STACK = {"d_model": 12, "n_heads": 3, "n_layers": 2, "d_ff": 7}
SIZES = {"vocab_size": 5, "max_seq_len": 4, "n_mels": 3, "n_sound_positions": 2}


class TestWhisperConfig:
    @pytest.mark.parametrize("name", sorted(SIZES))
    def test_a_size_below_one_is_refused(self, name):
        stack = StackConfig(**STACK)
        with pytest.raises(ValueError, match=f"at least 1.*{name}=0"):
            WhisperConfig(**(SIZES | {name: 0}), encoder=stack, decoder=stack)

    def test_stacks_of_different_widths_are_refused(self):
        encoder, decoder = StackConfig(**STACK), StackConfig(**(STACK | {"d_model": 15}))
        with pytest.raises(
            ValueError, match=r"encoder\.d_model=12 is not self\.decoder\.d_model=15"
        ):
            WhisperConfig(**SIZES, encoder=encoder, decoder=decoder)


class TestReading:
    def test_each_setting_is_read(self, tmp_path):
        transformers.WhisperConfig(
            vocab_size=23,
            max_target_positions=9,
            num_mel_bins=5,
            max_source_positions=10,
            d_model=12,
            encoder_attention_heads=3,
            encoder_layers=2,
            encoder_ffn_dim=14,
            decoder_attention_heads=4,
            decoder_layers=6,
            decoder_ffn_dim=18,
        ).save_pretrained(tmp_path)
        assert read_whisper_config(tmp_path) == WhisperConfig(
            vocab_size=23,
            max_seq_len=9,
            n_mels=5,
            n_sound_positions=10,
            encoder=StackConfig(d_model=12, n_heads=3, n_layers=2, d_ff=14, k_bias=False),
            decoder=StackConfig(d_model=12, n_heads=4, n_layers=6, d_ff=18, k_bias=False),
        )

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"model_type": "speech_to_text"}, "model_type='speech_to_text' is not supported"),
            ({"activation_function": "relu"}, "activation_function='relu' is not supported"),
            ({"scale_embedding": True}, "scale_embedding=True is not supported"),
            ({"tie_word_embeddings": False}, "tie_word_embeddings=False is not supported"),
            ({"num_mel_bins": 0}, "num_mel_bins must be a whole number above 0, got 0"),
            ({"decoder_layers": None}, "does not say decoder_layers"),
            ({"encoder_attention_heads": 5}, r"d_model=384 is not a multiple of self\.n_heads=5"),
        ],
    )
    def test_settings_that_are_not_supported_are_named(self, tmp_path, settings, message):
        published = transformers.WhisperConfig().to_dict() | settings
        (tmp_path / "config.json").write_text(json.dumps(published))
        with pytest.raises(ValueError, match=message):
            read_whisper_config(tmp_path)


@pytest.mark.parametrize(
    ("cfg", "n_heads", "d_model", "n_layers", "more"),
    [
        (WHISPER_TINY, 6, 384, 4, {}),
        (WHISPER_BASE, 8, 512, 6, {}),
        (WHISPER_SMALL, 12, 768, 12, {}),
        (WHISPER_MEDIUM, 16, 1024, 24, {}),
        (WHISPER_LARGE, 20, 1280, 32, {}),
        (WHISPER_LARGE_V3, 20, 1280, 32, {"num_mel_bins": 128, "vocab_size": 51866}),
        (
            WHISPER_LARGE_V3_TURBO,
            20,
            1280,
            32,
            {"num_mel_bins": 128, "vocab_size": 51866, "decoder_layers": 4},
        ),
    ],
    ids=["tiny", "base", "small", "medium", "large", "large v3", "turbo"],
)
def test_published_sizes_have_the_shapes_of_the_peer(cfg, n_heads, d_model, n_layers, more):
    stacks = {}
    for side in ("encoder", "decoder"):
        stacks[f"{side}_attention_heads"] = n_heads
        stacks[f"{side}_layers"] = n_layers
        stacks[f"{side}_ffn_dim"] = 4 * d_model
    with torch.device("meta"):
        model = Whisper(cfg)
        config = transformers.WhisperConfig(d_model=d_model, **(stacks | more))
        peer = transformers.WhisperForConditionalGeneration(config)
        peer.tie_weights()
    ours = sorted(parameter.numel() for parameter in model.parameters())
    assert ours == sorted(parameter.numel() for parameter in peer.parameters())
    assert cfg.encoder.d_head == cfg.decoder.d_head == 64
