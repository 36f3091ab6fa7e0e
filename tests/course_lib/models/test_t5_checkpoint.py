from dataclasses import replace

import pytest
import torch
from transformers import T5Config as PeerConfig
from transformers import T5ForConditionalGeneration

from course_lib.models.public_checkpoint import NUMBER
from course_lib.models.t5 import T5
from course_lib.models.t5_checkpoint import SOURCES, without_copies
from course_lib.models.t5_config import T5Config
from tests.course_lib.models.peer import FLOAT32, randomise
from tests.course_lib.models.public_folder import change_config
from tests.course_lib.models.published import change_tensors
from tests.course_lib.models.t5_peer import (
    CONFIG,
    SIZES,
    TS,
    V1_0,
    V1_1,
    B,
    D,
    T,
    V,
    ids,
    save_peer,
)

SMALLEST = T5Config(
    vocab_size=11,
    d_model=6,
    n_heads=3,
    d_head=4,
    n_encoder_layers=2,
    n_decoder_layers=1,
    d_ff=7,
    ties_embeddings=False,
)


def test_every_parameter_has_a_source_and_no_source_is_left_over():
    models = [T5(replace(SMALLEST, is_gated=is_gated)) for is_gated in (True, False)]
    names = {NUMBER.sub("*", name) for model in models for name in model.state_dict()}
    # The projections have no bias in T5, though the table would know where it stood.
    assert names == {name for name in SOURCES if not name.endswith(".bias")}


def test_no_two_parameters_have_the_same_source():
    assert len({source.name for source in SOURCES.values()}) == len(SOURCES)


class TestWithoutCopies:
    shared = torch.arange(6.0).view(3, 2)

    @pytest.mark.parametrize(
        ("name", "ties_embeddings", "is_left_out"),
        [
            ("encoder.embed_tokens.weight", True, True),
            ("decoder.embed_tokens.weight", False, True),
            ("lm_head.weight", True, True),
            ("lm_head.weight", False, False),
            ("decoder.final_layer_norm.weight", True, False),
        ],
    )
    def test_a_copy_is_left_out_where_there_may_be_one(self, name, ties_embeddings, is_left_out):
        tensors = {"shared.weight": self.shared, name: self.shared.clone()}
        kept = without_copies(tensors, ties_embeddings)
        assert kept.keys() == ({"shared.weight"} if is_left_out else tensors.keys())

    @pytest.mark.parametrize("name", ["encoder.embed_tokens.weight", "lm_head.weight"])
    def test_what_differs_is_no_copy(self, name):
        for other in (self.shared + 1, self.shared[:2]):
            tensors = {"shared.weight": self.shared, name: other}
            assert without_copies(tensors, ties_embeddings=True).keys() == tensors.keys()

    def test_without_embeddings_there_are_no_copies(self):
        tensors = {"lm_head.weight": self.shared}
        assert without_copies(tensors, ties_embeddings=True).keys() == tensors.keys()


class TestFiles:
    @pytest.mark.parametrize("version", [V1_0, V1_1], ids=["v1.0", "v1.1"])
    def test_copies_and_what_is_not_used_are_left_out(self, tmp_path, version):
        save_peer(tmp_path, version)
        expected = T5.from_pretrained(tmp_path).state_dict()
        unused = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
        names = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        names += ["lm_head.weight"] if version is V1_0 else []
        change_tensors(
            tmp_path,
            lambda found: (
                found
                | {name: found["shared.weight"].clone() for name in names}
                | {unused: torch.ones(8, 4)}
            ),
        )
        state = T5.from_pretrained(tmp_path).state_dict()
        assert state.keys() == expected.keys()
        assert all(torch.equal(state[name], expected[name]) for name in expected)

    def test_a_peer_of_version_1_1_that_is_tied(self, tmp_path):
        peer = randomise(T5ForConditionalGeneration(PeerConfig(**SIZES | V1_1)))
        peer.save_pretrained(tmp_path)
        model = T5.from_pretrained(tmp_path)
        assert (model.cfg.ties_embeddings, model.cfg.scales_output) == (True, False)
        sources, texts = ids(B, TS), ids(B, T, seed=1)
        expected = peer(sources, decoder_input_ids=texts).logits
        torch.testing.assert_close(model(sources, texts), expected, **FLOAT32)

    def test_a_published_config_of_version_1_1_asks_for_its_own_unembedding(self, tmp_path):
        save_peer(tmp_path, V1_1)
        change_config(tmp_path, tie_word_embeddings=False, scale_decoder_outputs=None)
        cfg = replace(CONFIG, is_gated=True, ties_embeddings=False, scales_output=False)
        assert T5.from_pretrained(tmp_path).cfg == cfg
        change_tensors(
            tmp_path, lambda found: {n: found[n] for n in found if n != "lm_head.weight"}
        )
        with pytest.raises(ValueError, match=r"it lacks lm_head\.weight"):
            T5.from_pretrained(tmp_path)

    def test_what_does_not_fit_is_named(self, tmp_path):
        save_peer(tmp_path, V1_0)
        change_config(tmp_path, num_layers=2, relative_attention_num_buckets=12)
        lost = "decoder.block.1.layer.1.EncDecAttention.o.weight"
        change_tensors(
            tmp_path,
            lambda found: (
                {name: found[name] for name in found if name != lost}
                | {"encoder.embed_tokens.weight": torch.ones(V, D)}
            ),
        )
        faults = [
            r"it lacks decoder\.block\.1\.layer\.1\.EncDecAttention\.o\.weight",
            r"the model has no encoder\.block\.2\..*, encoder\.embed_tokens\.weight",
            r"relative_attention_bias\.weight has shape \(8, 4\).*not \(12, 4\)",
        ]
        for fault in faults:
            with pytest.raises(ValueError, match=fault):
                T5.from_pretrained(tmp_path)
