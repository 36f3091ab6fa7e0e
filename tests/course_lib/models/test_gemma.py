from dataclasses import replace

import pytest
import torch

from course_lib.models.gemma import (
    GEMMA2_2B,
    GEMMA2_9B,
    GEMMA2_27B,
    GEMMA_2B,
    GEMMA_7B,
    Gemma,
    read_gemma_config,
)
from tests.course_lib.models.decoder_parity import DTYPES, WINDOW, DecoderParity, Pair, sizes
from tests.course_lib.models.public_folder import write_config

CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0}
CASES = {
    "gemma": ("Gemma", sizes(head_dim=8, num_key_value_heads=1)),
    "gemma, untied": ("Gemma", sizes(head_dim=2, tie_word_embeddings=False, rms_norm_eps=0.1)),
    "gemma 2": (
        "Gemma2",
        sizes(head_dim=8, sliding_window=WINDOW, query_pre_attn_scalar=11, **CAPS),
    ),
    "gemma 2 without caps": (
        "Gemma2",
        sizes(
            head_dim=8,
            sliding_window=WINDOW,
            attn_logit_softcapping=None,
            final_logit_softcapping=None,
        ),
    ),
}


@pytest.fixture(scope="module", params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def pair(request, dtype, tmp_path_factory):
    import transformers

    name, settings = request.param
    # Step by step: the peer's other ways leave the caps out.
    config = getattr(transformers, f"{name}Config")(**settings, attn_implementation="eager")
    kind = getattr(transformers, f"{name}ForCausalLM")
    folder = tmp_path_factory.mktemp("gemma")
    # Gains come out near 2 here, and large activations round to large errors in float32.
    return Pair.of(kind, config, Gemma, folder, dtype, spread=0.1)


class TestParity(DecoderParity):
    pass


OLD = {
    "model_type": "gemma2",
    "vocab_size": 11,
    "hidden_size": 24,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 10,
    "num_hidden_layers": 3,
    "intermediate_size": 20,
    "rms_norm_eps": 1e-6,
    "sliding_window": 7,
}


class TestReadGemmaConfig:
    def test_an_old_file_has_windows_in_every_other_layer(self, tmp_path):
        write_config(tmp_path, OLD)
        assert read_gemma_config(tmp_path).layer_windows == (7, None, 7)

    def test_the_first_gemma_has_neither_windows_nor_caps_nor_norms_behind(self, tmp_path):
        write_config(tmp_path, OLD | {"model_type": "gemma", "hidden_act": "gelu"})
        cfg = read_gemma_config(tmp_path)
        assert cfg.layer_windows == (None,) * 3
        assert cfg.score_cap is cfg.logit_cap is None
        assert cfg.score_width == 10
        assert not cfg.normalises_outputs
        assert cfg.ties_embeddings

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("hidden_act", "silu"),
            ("hidden_activation", "gelu"),
            ("attention_bias", True),
            ("use_bidirectional_attention", True),
            ("model_type", "gemma3"),
        ],
    )
    def test_what_is_not_built_here_is_refused(self, tmp_path, setting, value):
        write_config(tmp_path, OLD | {setting: value})
        with pytest.raises(ValueError, match=f"{setting}={value!r} is not supported"):
            read_gemma_config(tmp_path)


class TestGemma:
    def test_embeddings_are_enlarged_in_their_own_precision(self):
        cfg = read_tiny()
        model = Gemma(cfg).bfloat16()
        token_ids = torch.arange(5)[None]
        # √12 = 3.4641… is 3.46875 in bfloat16.
        expected = model.embedding(token_ids) * 3.46875
        assert torch.equal(model.embed(token_ids), expected)

    def test_logits_stay_within_their_cap(self):
        model = Gemma(read_tiny())
        with torch.no_grad():
            model.embedding.weight.mul_(1e5)
            logits = model(torch.arange(5)[None]).logits
        assert logits.abs().max() == 30.0


def read_tiny():
    return replace(
        GEMMA2_2B, vocab_size=11, d_model=12, n_heads=4, n_kv_heads=2, d_head=6, n_layers=2, d_ff=20
    )


class TestPresets:
    @pytest.mark.parametrize(
        ("cfg", "n_billions"),
        [
            (GEMMA_2B, 2.506),
            (GEMMA_7B, 8.538),
            (GEMMA2_2B, 2.614),
            (GEMMA2_9B, 9.242),
            (GEMMA2_27B, 27.227),
        ],
    )
    def test_have_as_many_parameters_as_published(self, cfg, n_billions):
        with torch.device("meta"):
            model = Gemma(cfg)
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        assert round(n_parameters / 1e9, 3) == n_billions
