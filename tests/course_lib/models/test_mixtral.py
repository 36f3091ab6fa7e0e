from dataclasses import replace

import pytest
import torch

from course_lib.models.mixtral import MIXTRAL_8X7B, Mixtral, read_mixtral_config
from tests.course_lib.models.decoder_parity import DTYPES, WINDOW, DecoderParity, Pair, sizes
from tests.course_lib.models.public_folder import write_config

CASES = {
    "two of five": sizes(num_local_experts=5),
    "three of four, in a window": sizes(
        num_local_experts=4, num_experts_per_tok=3, sliding_window=WINDOW, tie_word_embeddings=True
    ),
}


@pytest.fixture(scope="module", params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def pair(request, dtype, tmp_path_factory):
    import transformers

    # Expert by expert: the peer's other way knows no double precision.
    config = transformers.MixtralConfig(**request.param, experts_implementation="eager")
    folder = tmp_path_factory.mktemp("mixtral")
    return Pair.of(transformers.MixtralForCausalLM, config, Mixtral, folder, dtype)


class TestParity(DecoderParity):
    pass


PUBLIC = {
    "model_type": "mixtral",
    "vocab_size": 11,
    "hidden_size": 24,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 3,
    "intermediate_size": 20,
    "rms_norm_eps": 1e-5,
    "num_local_experts": 5,
    "num_experts_per_tok": 2,
    "sliding_window": 7,
}


class TestReadMixtralConfig:
    def test_reads_experts_and_window(self, tmp_path):
        write_config(tmp_path, PUBLIC)
        cfg = read_mixtral_config(tmp_path)
        assert (cfg.n_experts, cfg.n_chosen) == (5, 2)
        assert cfg.layer_windows == (7,) * 3

    @pytest.mark.parametrize(
        ("setting", "value"), [("hidden_act", "gelu"), ("model_type", "mistral")]
    )
    def test_what_is_not_built_here_is_refused(self, tmp_path, setting, value):
        write_config(tmp_path, PUBLIC | {setting: value})
        with pytest.raises(ValueError, match=f"{setting}={value!r} is not supported"):
            read_mixtral_config(tmp_path)


class TestMixtral:
    def test_has_as_many_parameters_as_published(self):
        with torch.device("meta"):
            model = Mixtral(MIXTRAL_8X7B)
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        assert round(n_parameters / 1e9, 3) == 46.703

    def test_more_experts_than_there_are_cannot_be_visited(self):
        with pytest.raises(ValueError, match=r"n_chosen=9 of self\.n_experts=8"):
            replace(MIXTRAL_8X7B, n_chosen=9)
