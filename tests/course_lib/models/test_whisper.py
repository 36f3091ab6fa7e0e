import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from course_lib.generation.beam_search import BeamSearchConfig, beam_search
from course_lib.generation.decoding import DecodingConfig, Prompts, decode, greedy
from course_lib.generation.language_model import LanguageModel
from course_lib.models.plain_stack import StackConfig
from course_lib.models.whisper import Whisper
from course_lib.models.whisper_config import WhisperConfig
from tests.course_lib.models.peer import FLOAT32, FLOAT64, randomise

B, T, V, N_MELS, N_FRAMES, MAX_SEQ_LEN = 4, 7, 23, 5, 20, 11
PRECISIONS = [(torch.float32, FLOAT32), (torch.float64, FLOAT64)]
SIZES = {
    "vocab_size": V,
    "num_mel_bins": N_MELS,
    "d_model": 12,
    "encoder_layers": 2,
    "encoder_attention_heads": 3,
    "encoder_ffn_dim": 14,
    "decoder_layers": 3,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 18,
    "max_source_positions": N_FRAMES // 2,
    "max_target_positions": MAX_SEQ_LEN,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
}


def publish(folder, kind=transformers.WhisperForConditionalGeneration, dtype=torch.float64):
    """Write a random model as the hub has it, and return it."""
    peer = randomise(kind(transformers.WhisperConfig(**SIZES)).to(dtype))
    peer.save_pretrained(folder)
    return peer


def sounds(n_sounds=B, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n_sounds, N_MELS, N_FRAMES, dtype=dtype, generator=generator)


def texts(seq_len=T, seed=2):
    return torch.randint(V, (B, seq_len), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def pair(tmp_path):
    """The peer, and our model of its weights, in double precision."""
    peer = publish(tmp_path)
    return peer, Whisper.from_pretrained(tmp_path, torch.float64)


def in_chunks(writer, token_ids, lengths, n_padding=None):
    """Our logits, chunk by chunk with caches."""
    caches, logits = writer.reserve_caches(len(token_ids), MAX_SEQ_LEN), []
    for chunk in token_ids.split(lengths, dim=1):
        out = writer(chunk, caches, n_padding)
        caches = out.caches
        logits.append(out.logits)
    assert [cache.n_seen for cache in caches] == [token_ids.shape[1]] * 3
    return torch.cat(logits, dim=1)


class TestParity:
    @pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
    def test_logits(self, tmp_path, dtype, tolerance):
        peer = publish(tmp_path, dtype=dtype)
        model = Whisper.from_pretrained(tmp_path, dtype)
        expected = peer(sounds(dtype=dtype), decoder_input_ids=texts()).logits
        assert expected.shape == (B, T, V)
        torch.testing.assert_close(model(sounds(dtype=dtype), texts()), expected, **tolerance)

    def test_files_without_prefix(self, tmp_path):
        peer = publish(tmp_path, transformers.WhisperModel)
        assert "encoder.conv1.bias" in load_file(tmp_path / "model.safetensors")
        model = Whisper.from_pretrained(tmp_path, torch.float64)
        expected = peer(sounds(), decoder_input_ids=texts())
        heard = expected.encoder_last_hidden_state
        torch.testing.assert_close(model.encode(sounds()).x, heard, **FLOAT64)
        written = model.listen(sounds()).states(texts()).x
        torch.testing.assert_close(written, expected.last_hidden_state, **FLOAT64)

    def test_files_with_a_copy_of_the_embeddings(self, tmp_path):
        peer = publish(tmp_path)
        path = tmp_path / "model.safetensors"
        copy = {"proj_out.weight": peer.proj_out.weight.detach().clone()}
        save_file(load_file(path) | copy, path)
        model = Whisper.from_pretrained(tmp_path, torch.float64)
        expected = peer(sounds(), decoder_input_ids=texts()).logits
        torch.testing.assert_close(model(sounds(), texts()), expected, **FLOAT64)

    @pytest.mark.parametrize("lengths", [1, [3, 1, 1, 2]], ids=["token by token", "in chunks"])
    def test_cached_decoding(self, pair, lengths):
        peer, model = pair
        expected = peer(sounds(), decoder_input_ids=texts()).logits
        logits = in_chunks(model.listen(sounds()), texts(), lengths)
        torch.testing.assert_close(logits, expected, **FLOAT64)

    @pytest.mark.parametrize("lengths", [T, [4, 1, 2]], ids=["at once", "in chunks"])
    def test_left_padding(self, pair, lengths):
        peer, model = pair
        n_padding = torch.tensor([0, 2, 3, 1])
        positions = torch.arange(T) - n_padding[:, None]
        is_token = positions >= 0
        expected = peer(
            sounds(),
            decoder_input_ids=texts(),
            decoder_attention_mask=is_token.long(),
            decoder_position_ids=positions.clamp(min=0),
        ).logits
        logits = in_chunks(model.listen(sounds()), texts(), lengths, n_padding)
        assert logits.isfinite().all()
        torch.testing.assert_close(logits[is_token], expected[is_token], **FLOAT64)

    def test_attention_weights(self, pair):
        peer, model = pair
        peer.set_attn_implementation("eager")
        expected = peer(sounds(), decoder_input_ids=texts(), output_attentions=True)
        heard = model.encode(sounds(), keep_weights=True).weights
        out = model.listen(sounds()).states(texts(), keep_weights=True)
        for ours, theirs in [
            (heard, expected.encoder_attentions),
            (out.weights, expected.decoder_attentions),
            (out.memory_weights, expected.cross_attentions),
        ]:
            torch.testing.assert_close(torch.stack(ours), torch.stack(theirs), **FLOAT64)

    def test_greedy_decoding(self, pair):
        peer, model = pair
        writer, prompts = model.listen(sounds()), texts(seq_len=3)
        cfg = DecodingConfig(max_new_tokens=6)
        new = decode(writer, Prompts(prompts), greedy, cfg, writer.reserve_caches(B, MAX_SEQ_LEN))
        text = prompts
        for _ in range(6):
            best = peer(sounds(), decoder_input_ids=text).logits[:, -1].argmax(dim=-1)
            text = torch.cat([text, best[:, None]], dim=1)
        assert new.token_ids.tolist() == text[:, 3:].tolist()


class TestWhisperWriter:
    def test_is_a_language_model(self, pair):
        assert isinstance(pair[1].listen(sounds()), LanguageModel)

    def test_no_token_sees_the_future(self, pair):
        writer, edited = pair[1].listen(sounds()), texts()
        edited[:, 4:] = texts(seed=3)[:, 4:]
        before, after = writer(texts()).logits, writer(edited).logits
        torch.testing.assert_close(after[:, :4], before[:, :4], rtol=1e-12, atol=1e-12)
        assert not torch.allclose(after[:, 4:], before[:, 4:])

    def test_the_last_positions_may_be_scored_alone(self, pair):
        logits = pair[1].listen(sounds())(texts(), n_scored=2).logits
        expected = pair[1](sounds(), texts())[:, -2:]
        torch.testing.assert_close(logits, expected, rtol=1e-12, atol=1e-12)

    def test_one_sound_may_have_many_texts(self, pair):
        logits = pair[1].listen(sounds(1))(texts()).logits
        repeated = pair[1].listen(sounds(1).expand(B, -1, -1))(texts()).logits
        torch.testing.assert_close(logits, repeated, rtol=1e-12, atol=1e-12)

    def test_a_beam_search_looks_at_one_sound(self, pair):
        writer, cfg = pair[1].listen(sounds(1)), BeamSearchConfig(n_beams=3, max_new_tokens=5)
        prompt = texts(seq_len=2)[:1]
        found = beam_search(writer, prompt, cfg, writer.reserve_caches(1, MAX_SEQ_LEN))
        again = beam_search(writer, prompt, cfg)
        assert [text.token_ids for text in found] == [text.token_ids for text in again]
        assert len(found) == 3

    def test_each_text_belongs_to_its_sound(self, pair):
        both = pair[1](sounds(), texts())
        for row in range(B):
            alone = pair[1](sounds()[row : row + 1], texts()[row : row + 1])
            torch.testing.assert_close(both[row : row + 1], alone, rtol=1e-12, atol=1e-12)

    def test_another_number_of_sounds_is_refused(self, pair):
        with pytest.raises(ValueError, match="4 sequences cannot look at the memories of 3"):
            pair[1].listen(sounds(3))(texts())

    def test_texts_longer_than_the_positions_are_refused(self, pair):
        with pytest.raises(ValueError, match="12 positions, but vectors for 11 only"):
            pair[1](sounds(), texts(seq_len=MAX_SEQ_LEN + 1))

    def test_caches_are_of_the_type_of_the_model(self, pair):
        caches = pair[1].listen(sounds()).reserve_caches(2, 9)
        assert [cache.k_memory.shape for cache in caches] == [(2, 2, 9, 6)] * 3
        assert caches[0].v_memory.dtype == torch.float64


class TestFilesThatDoNotFit:
    def test_missing_and_unexpected_tensors_are_named(self, tmp_path):
        publish(tmp_path)
        path = tmp_path / "model.safetensors"
        tensors = load_file(path)
        tensors["model.encoder.layers.1.self_attn.k_proj.bias"] = tensors.pop(
            "model.decoder.layers.2.encoder_attn.q_proj.bias"
        )
        save_file(tensors, path)
        message = (
            r"lacks decoder\.layers\.2\.encoder_attn\.q_proj\.bias; "
            r"the model has no encoder\.layers\.1\.self_attn\.k_proj\.bias"
        )
        with pytest.raises(ValueError, match=message):
            Whisper.from_pretrained(tmp_path)

    @pytest.mark.parametrize(
        "name",
        ["encoder.conv2.weight", "encoder.embed_positions.weight", "decoder.layers.0.fc1.weight"],
    )
    def test_tensors_of_another_shape_are_named(self, tmp_path, name):
        publish(tmp_path)
        path = tmp_path / "model.safetensors"
        tensors = load_file(path)
        tensors[f"model.{name}"] = torch.ones(3, 2)
        save_file(tensors, path)
        with pytest.raises(ValueError, match=rf"{name} has shape \(3, 2\)"):
            Whisper.from_pretrained(tmp_path)


def test_positions_of_the_sound_stay_as_they_are_when_a_model_is_read(pair):
    learned = {name for name, parameter in pair[1].named_parameters() if parameter.requires_grad}
    assert {name for name, _ in pair[1].named_parameters()} - learned == {"stem.positions"}


def test_vectors_of_tokens_and_positions_begin_small():
    stack = StackConfig(d_model=64, n_heads=4, n_layers=1, d_ff=7)
    model = Whisper(
        WhisperConfig(
            vocab_size=300,
            max_seq_len=200,
            n_mels=3,
            n_sound_positions=2,
            encoder=stack,
            decoder=stack,
        )
    )
    for table in (model.embedding.weight, model.positions.table):
        assert table.std().item() == pytest.approx(0.02, rel=0.05)
