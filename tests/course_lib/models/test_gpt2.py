import pytest
import torch

from course_lib.models.gpt2 import (
    GPT2,
    GPT2_LARGE,
    GPT2_MEDIUM,
    GPT2_SMALL,
    GPT2_XL,
    GPT2Config,
    read_gpt2_config,
)
from tests.course_lib.models.decoder_parity import DTYPES, SEQ_LEN, VOCAB_SIZE, DecoderParity, Pair
from tests.course_lib.models.public_folder import add_tensors, change_config

PUBLIC = {
    "vocab_size": VOCAB_SIZE,
    "n_positions": SEQ_LEN,
    "n_embd": 12,
    "n_layer": 3,
    "n_head": 4,
    "bos_token_id": None,
    "eos_token_id": None,
}
CASES = {
    "tied": {"n_inner": 20},
    "untied": {"tie_word_embeddings": False, "layer_norm_epsilon": 0.1},
}
TINY = GPT2Config(vocab_size=11, max_seq_len=8, d_model=12, n_heads=3, n_layers=2, d_ff=20)


@pytest.fixture(scope="module", params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def pair(request, dtype, tmp_path_factory):
    import transformers

    config = transformers.GPT2Config(**PUBLIC | request.param)
    folder = tmp_path_factory.mktemp("gpt2")
    return Pair.of(transformers.GPT2LMHeadModel, config, GPT2, folder, dtype)


class TestParity(DecoderParity):
    def test_more_positions_than_it_has_vectors_for_are_refused(self, pair):
        with pytest.raises(ValueError, match=f"{SEQ_LEN + 1} positions, but vectors for {SEQ_LEN}"):
            pair.ours(torch.zeros(1, SEQ_LEN + 1, dtype=torch.long))


class TestFromPretrained:
    def test_reads_a_file_of_the_body_alone_with_its_old_masks(self, tmp_path):
        # As openai-community/gpt2 is published: no prefix, no head, masks among the weights.
        import transformers

        peer = transformers.GPT2Model(transformers.GPT2Config(**PUBLIC)).eval()
        peer.save_pretrained(tmp_path)
        add_tensors(tmp_path, {"h.0.attn.bias": torch.ones(1, 1, SEQ_LEN, SEQ_LEN)})
        ours = GPT2.from_pretrained(tmp_path)
        token_ids = torch.arange(6)[None]
        with torch.no_grad():
            expected = peer(token_ids).last_hidden_state
            torch.testing.assert_close(ours.states(token_ids).x, expected, rtol=1e-5, atol=1e-5)

    def test_an_unknown_tensor_is_named(self, tmp_path):
        save_public(tmp_path)
        add_tensors(tmp_path, {"h.0.attn.rotary": torch.ones(2)})
        with pytest.raises(ValueError, match=r"the model has no h\.0\.attn\.rotary"):
            GPT2.from_pretrained(tmp_path)

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("activation_function", "relu"),
            ("scale_attn_weights", False),
            ("scale_attn_by_inverse_layer_idx", True),
            ("add_cross_attention", True),
            ("model_type", "gpt_neox"),
        ],
    )
    def test_what_is_not_built_here_is_refused(self, tmp_path, setting, value):
        save_public(tmp_path)
        change_config(tmp_path, **{setting: value})
        with pytest.raises(ValueError, match=f"{setting}={value!r} is not supported"):
            read_gpt2_config(tmp_path)


def save_public(folder):
    import transformers

    transformers.GPT2LMHeadModel(transformers.GPT2Config(**PUBLIC)).save_pretrained(folder)


class TestPresets:
    @pytest.mark.parametrize(
        ("cfg", "n_millions"),
        [(GPT2_SMALL, 124), (GPT2_MEDIUM, 355), (GPT2_LARGE, 774), (GPT2_XL, 1558)],
    )
    def test_have_as_many_parameters_as_published(self, cfg, n_millions):
        with torch.device("meta"):
            model = GPT2(cfg)
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        assert round(n_parameters / 1e6) == n_millions


class TestGPT2:
    def test_starts_near_an_even_guess(self):
        cfg = GPT2Config(vocab_size=65, max_seq_len=32, d_model=48, n_heads=4, n_layers=2, d_ff=192)
        logits = GPT2(cfg)(torch.arange(32)[None]).logits
        assert logits.std() < 0.3

    def test_every_parameter_learns(self):
        model = GPT2(TINY)
        model(torch.arange(8)[None]).logits.square().sum().backward()
        # A bias on all keys alike moves all scores of a query alike, which the softmax forgets.
        learning = [(n, p) for n, p in model.named_parameters() if not n.endswith("to_k.bias")]
        assert [name for name, p in learning if not p.grad.any()] == []

    def test_caches_have_room_for_what_was_asked(self):
        caches = GPT2(TINY).double().reserve_caches(3, 7)
        assert len(caches) == 2
        assert caches[0].k_memory.shape == (3, 3, 7, 4)
        assert caches[0].k_memory.dtype == torch.float64

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ({"n_heads": 5}, r"d_model=12 is not a multiple of self\.n_heads=5"),
            ({"d_ff": 0}, "d_ff=0"),
            ({"n_heads": 0}, "at least 1"),
        ],
    )
    def test_sizes_that_do_not_fit_are_refused(self, sizes, message):
        with pytest.raises(ValueError, match=message):
            GPT2Config(**vars(TINY) | sizes)
