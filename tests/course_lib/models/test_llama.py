import pytest
import torch

from course_lib.models.llama import (
    LLAMA2_7B,
    LLAMA2_70B,
    LLAMA3_1_8B,
    LLAMA3_1_70B,
    LLAMA3_2_1B,
    LLAMA3_8B,
    LLAMA_7B,
    MISTRAL_7B,
    Llama,
    LlamaConfig,
    read_llama_config,
)
from tests.course_lib.models.decoder_parity import (
    DTYPES,
    WINDOW,
    DecoderParity,
    Pair,
    random_tokens,
    sizes,
)
from tests.course_lib.models.peer import peer_of
from tests.course_lib.models.public_folder import write_config

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 100.0,  # so small that pairs stay, slow down, and lie between
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
CASES = {
    "llama": ("Llama", sizes()),
    "every head its own, tied": (
        "Llama",
        sizes(num_key_value_heads=6, tie_word_embeddings=True, rms_norm_eps=0.1, mlp_bias=True),
    ),
    "biases, wide heads": (
        "Llama",
        sizes(attention_bias=True, mlp_bias=True, head_dim=8, num_key_value_heads=1),
    ),
    "llama 3": ("Llama", sizes(rope_parameters=LLAMA3, head_dim=16)),
    "mistral": ("Mistral", sizes(sliding_window=WINDOW)),
    "mistral without a window": ("Mistral", sizes(sliding_window=None)),
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
    return Pair.of(kind, config, Llama, tmp_path_factory.mktemp("llama"), dtype)


class TestParity(DecoderParity):
    pass


class TestLongPositions:
    def test_far_past_what_the_scaling_was_trained_for(self, tmp_path):
        import transformers

        config = transformers.LlamaConfig(**sizes(rope_parameters=LLAMA3, head_dim=16))
        pair = Pair.of(transformers.LlamaForCausalLM, config, Llama, tmp_path, torch.float64)
        token_ids = random_tokens(seq_len=300)
        pair.close(pair.our_logits(token_ids), pair.peer_logits(token_ids))

    def test_in_single_precision_angles_are_rounded_as_in_training(self, tmp_path):
        import transformers

        config = transformers.LlamaConfig(**sizes(head_dim=16))
        pair = Pair.of(transformers.LlamaForCausalLM, config, Llama, tmp_path, torch.float32)
        token_ids = random_tokens(seq_len=600)
        pair.close(pair.our_logits(token_ids), pair.peer_logits(token_ids))


class TestFromPretrained:
    def test_reads_a_model_that_was_published_in_several_files(self, tmp_path):
        import transformers

        peer = peer_of(
            transformers.LlamaForCausalLM, transformers.LlamaConfig(**sizes()), torch.float32
        )
        peer.save_pretrained(tmp_path, max_shard_size="5KB")
        assert not (tmp_path / "model.safetensors").exists()
        pair = Pair(peer, Llama.from_pretrained(tmp_path), torch.float32)
        pair.close(pair.our_logits(random_tokens()), pair.peer_logits(random_tokens()))


class TestLlama:
    def test_keeps_no_more_than_a_window_where_there_is_one(self):
        cfg = LlamaConfig(**vars(TINY) | {"windows": (3, None)})
        windowed, whole = Llama(cfg).reserve_caches(2, 50, n_spare=2)
        assert windowed.k_memory.shape[2] == 2 * (3 + 2)
        assert whole.k_memory.shape[2] == 50

    def test_every_parameter_learns(self):
        model = Llama(TINY)
        model(torch.arange(8)[None]).logits.square().sum().backward()
        assert [name for name, p in model.named_parameters() if not p.grad.any()] == []


TINY = LlamaConfig(
    vocab_size=11,
    d_model=12,
    n_heads=6,
    n_kv_heads=3,
    d_head=4,
    n_layers=2,
    d_ff=20,
    norm_eps=1e-5,
    rotary_base=10.0,
)


class TestReadLlamaConfig:
    def test_an_old_file_that_leaves_out_what_is_as_usual(self, tmp_path):
        write_config(tmp_path, OLD)
        cfg = read_llama_config(tmp_path)
        assert (cfg.n_heads, cfg.n_kv_heads, cfg.d_head) == (4, 4, 6)
        assert (cfg.rotary_base, cfg.rotary_scaling) == (10_000.0, None)
        assert not cfg.ties_embeddings
        assert not cfg.attention_bias
        assert not cfg.feed_forward_bias

    @pytest.mark.parametrize(("kind", "window"), [("llama", None), ("mistral", 7)])
    def test_only_a_mistral_has_a_window(self, tmp_path, kind, window):
        write_config(tmp_path, OLD | {"model_type": kind, "sliding_window": 7})
        assert read_llama_config(tmp_path).layer_windows == (window, window)

    @pytest.mark.parametrize(("setting", "value"), [("hidden_act", "gelu"), ("model_type", "phi")])
    def test_what_is_not_built_here_is_refused(self, tmp_path, setting, value):
        write_config(tmp_path, OLD | {setting: value})
        with pytest.raises(ValueError, match=f"{setting}={value!r} is not supported"):
            read_llama_config(tmp_path)


OLD = {
    "model_type": "llama",
    "vocab_size": 11,
    "hidden_size": 24,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 20,
    "rms_norm_eps": 1e-6,
}


class TestPresets:
    @pytest.mark.parametrize(
        ("cfg", "n_billions"),
        [
            (LLAMA_7B, 6.738),
            (LLAMA2_7B, 6.738),
            (LLAMA2_70B, 68.977),
            (LLAMA3_8B, 8.030),
            (LLAMA3_1_8B, 8.030),
            (LLAMA3_1_70B, 70.554),
            (LLAMA3_2_1B, 1.236),
            (MISTRAL_7B, 7.242),
        ],
    )
    def test_have_as_many_parameters_as_published(self, cfg, n_billions):
        with torch.device("meta"):
            model = Llama(cfg)
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        assert round(n_parameters / 1e9, 3) == n_billions
