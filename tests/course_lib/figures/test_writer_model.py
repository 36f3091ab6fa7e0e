import hashlib

import pytest
import torch

from course_lib.decoder import build_decoder
from course_lib.figures.writer_model import MAX_FILE_BYTES, head_labels, pack_model
from course_lib.kernels.decoder_file import pack_decoder, unpack_decoder
from tests.course_lib.kernels.test_decoder_file import H, L, T, V, decoder

WORDS = [f"w{i}" for i in range(V - 1)] + ["stop"]


class TestPackModel:
    @pytest.mark.parametrize("positions", ["rotary", "learned", "none"])
    def test_the_file_is_the_model_in_8_bits(self, positions):
        packed = pack_model(decoder(positions), WORDS, "stop")
        assert packed.content == pack_decoder(decoder(positions))
        for name, tensor in unpack_decoder(packed.content).state_dict().items():
            assert torch.equal(packed.model.state_dict()[name], tensor)

    def test_the_name_follows_from_the_content(self):
        packed = pack_model(decoder(), WORDS, "stop")
        digest = hashlib.sha256(packed.content).hexdigest()
        assert packed.name == f"story-writer-{digest[:12]}.safetensors"
        assert pack_model(decoder(), WORDS, "stop").name == packed.name
        assert pack_model(decoder(seed=4), WORDS, "stop").name != packed.name

    @pytest.mark.parametrize("positions", ["sinusoidal", "alibi"])
    def test_positions_that_the_page_does_not_compute_are_refused(self, positions):
        with pytest.raises(ValueError, match=f"no {positions} positions, only none, learned"):
            pack_model(decoder(positions), WORDS, "stop")

    @pytest.mark.parametrize(
        "words", [WORDS[:-1], [*WORDS[:-1], "end"], ["w1", *WORDS[1:]], [*WORDS, "more"]]
    )
    def test_words_that_do_not_fit_the_model_are_refused(self, words):
        with pytest.raises(ValueError, match=f"each of the {V} tokens its own word, 'stop'"):
            pack_model(decoder(), words, "stop")

    def test_a_model_too_large_for_a_page_is_refused(self):
        large = build_decoder(
            vocab_size=V, d_model=320, n_heads=4, n_layers=1, d_ff=2048, max_seq_len=T
        )
        with pytest.raises(ValueError, match=f"may fetch {MAX_FILE_BYTES}"):
            pack_model(large, WORDS, "stop")


def test_heads_are_named_layer_by_layer():
    labels = head_labels(decoder().cfg)
    assert len(labels) == L * H
    assert labels[H - 1 : H + 1] == [f"layer 1, head {H}", "layer 2, head 1"]
