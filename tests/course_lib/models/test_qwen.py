import pytest
import torch

from course_lib.models.qwen import (
    QWEN2_5_0_5B,
    QWEN2_5_7B,
    QWEN3_0_6B,
    QWEN3_8B,
    Qwen,
    read_qwen_config,
)
from tests.course_lib.models.decoder_parity import DTYPES, WINDOW, DecoderParity, Pair, sizes
from tests.course_lib.models.public_folder import write_config

CASES = {
    "qwen 2": ("Qwen2", sizes()),
    "qwen 2, windows in the upper layers, tied": (
        "Qwen2",
        sizes(
            use_sliding_window=True,
            sliding_window=WINDOW,
            max_window_layers=1,
            tie_word_embeddings=True,
        ),
    ),
    "qwen 3": ("Qwen3", sizes(head_dim=8, rms_norm_eps=0.1, tie_word_embeddings=True)),
    "qwen 3, biases": ("Qwen3", sizes(head_dim=4, attention_bias=True)),
}


@pytest.fixture(scope="module", params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def pair(request, dtype, tmp_path_factory):
    import transformers

    name, settings = request.param
    config = getattr(transformers, f"{name}Config")(**settings)
    kind = getattr(transformers, f"{name}ForCausalLM")
    return Pair.of(kind, config, Qwen, tmp_path_factory.mktemp("qwen"), dtype)


class TestParity(DecoderParity):
    pass


OLD = {
    "model_type": "qwen2",
    "vocab_size": 11,
    "hidden_size": 24,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "intermediate_size": 20,
    "rms_norm_eps": 1e-6,
    "sliding_window": 7,
    "max_window_layers": 2,
}


class TestReadQwenConfig:
    @pytest.mark.parametrize(
        ("use_sliding_window", "windows"), [(False, (None,) * 3), (True, (None, None, 7))]
    )
    def test_an_old_file_does_not_list_the_layers(self, tmp_path, use_sliding_window, windows):
        write_config(tmp_path, OLD | {"use_sliding_window": use_sliding_window})
        assert read_qwen_config(tmp_path).layer_windows == windows

    def test_only_the_second_has_biases_and_only_the_third_norms(self, tmp_path):
        write_config(tmp_path, OLD)
        second = read_qwen_config(tmp_path)
        assert (second.qkv_bias, second.out_bias, second.normalises_heads) == (True, False, False)
        write_config(tmp_path, OLD | {"model_type": "qwen3"})
        third = read_qwen_config(tmp_path)
        assert (third.qkv_bias, third.out_bias, third.normalises_heads) == (False, False, True)

    @pytest.mark.parametrize(
        ("setting", "value"), [("hidden_act", "gelu"), ("model_type", "qwen2_moe")]
    )
    def test_what_is_not_built_here_is_refused(self, tmp_path, setting, value):
        write_config(tmp_path, OLD | {setting: value})
        with pytest.raises(ValueError, match=f"{setting}={value!r} is not supported"):
            read_qwen_config(tmp_path)


class TestPresets:
    @pytest.mark.parametrize(
        ("cfg", "n_billions"),
        [(QWEN2_5_0_5B, 0.494), (QWEN2_5_7B, 7.616), (QWEN3_0_6B, 0.596), (QWEN3_8B, 8.191)],
    )
    def test_have_as_many_parameters_as_published(self, cfg, n_billions):
        with torch.device("meta"):
            model = Qwen(cfg)
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        assert round(n_parameters / 1e9, 3) == n_billions
