import json
import shutil

import pytest
import torch

from course_lib.data.reference_sentences import VOCABULARY, gave_examples, make_batch, sat_example
from course_lib.models.reference_resolver import CHECKPOINT, ReferenceResolver, load_resolver
from course_lib.transformer import EncoderConfig

CONFIG = EncoderConfig(vocab_size=11, d_model=12, n_heads=3, n_layers=2, d_ff=5)
B, T = 4, 7


def resolver(seed=0):
    return ReferenceResolver(CONFIG, torch.Generator().manual_seed(seed)).double()


def sentences(seed=0):
    return torch.randint(CONFIG.vocab_size, (B, T), generator=torch.Generator().manual_seed(seed))


POSITIONS = torch.tensor([6, 0, 3, 3])


class TestReferenceResolver:
    def test_reads_the_answer_from_the_vector_at_the_pronoun(self):
        model, token_ids = resolver(), sentences()
        output = model(token_ids, POSITIONS)
        encoded = model.encoder(token_ids).x
        for row, position in enumerate(POSITIONS):
            expected = encoded[row, position] @ model.to_word.weight.T + model.to_word.bias
            torch.testing.assert_close(output.logits[row], expected, rtol=1e-12, atol=1e-12)

    def test_word_order_does_not_matter(self):
        # The encoder knows no positions: shuffled with the pronoun's index, nothing changes.
        model, token_ids = resolver(), sentences()
        order = torch.randperm(T, generator=torch.Generator().manual_seed(1))
        shuffled = model(token_ids[:, order], order.argsort()[POSITIONS])
        expected = model(token_ids, POSITIONS).logits
        torch.testing.assert_close(shuffled.logits, expected, rtol=1e-12, atol=1e-12)

    def test_the_generator_alone_decides_the_weights(self):
        states = [resolver(seed).state_dict() for seed in (3, 3, 4)]
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
        assert not torch.equal(states[0]["to_word.weight"], states[2]["to_word.weight"])

    def test_rows_of_every_matrix_are_about_of_unit_length(self):
        cfg = EncoderConfig(vocab_size=500, d_model=64, n_heads=4, n_layers=1, d_ff=96)
        model = ReferenceResolver(cfg, torch.Generator().manual_seed(0))
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                assert parameter.norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.05), name

    def test_gains_reach_the_heads(self):
        model, token_ids = resolver(), sentences()
        silent = torch.zeros(2, 3, dtype=torch.float64)
        output = model(token_ids, POSITIONS, silent)
        assert not torch.equal(output.logits, model(token_ids, POSITIONS).logits)
        # With every head silent no word can know of the others.
        other = token_ids.clone()
        rows = torch.arange(B)
        other[rows, (POSITIONS + 1) % T] = 0
        assert torch.equal(model(other, POSITIONS, silent).logits, output.logits)

    def test_the_answer_is_the_word_with_the_highest_score(self):
        model, token_ids = resolver(), sentences()
        answers = model.answer(token_ids, POSITIONS)
        assert answers.tolist() == model(token_ids, POSITIONS).logits.argmax(dim=-1).tolist()
        assert not answers.requires_grad


class TestTheCheckpoint:
    @pytest.mark.parametrize(
        "example",
        [
            sat_example("cat", "mat", "tired"),
            sat_example("cat", "mat", "soft"),
            *gave_examples("john", "sarah", "book", "liked"),
        ],
        ids=lambda example: f"{example.text}: {example.words[example.position]}",
    )
    def test_resolves_the_sentences_of_the_book(self, example):
        batch = make_batch([example])
        answer = load_resolver().answer(batch.token_ids, batch.positions)
        assert VOCABULARY[answer.item()] == example.target

    def test_is_ready_to_answer(self):
        assert not load_resolver().training


class TestLoading:
    @pytest.fixture
    def copy(self, tmp_path):
        """The checkpoint's two files, to damage."""
        for suffix in (".safetensors", ".json"):
            shutil.copy(CHECKPOINT.with_suffix(suffix), tmp_path)
        return tmp_path / CHECKPOINT.name

    def change_config(self, copy, **sizes):
        description = json.loads(copy.with_suffix(".json").read_text())
        description["config"] |= sizes
        copy.with_suffix(".json").write_text(json.dumps(description))

    def test_loads_from_any_place(self, copy):
        loaded, shipped = load_resolver(copy).state_dict(), load_resolver().state_dict()
        assert all(torch.equal(loaded[name], shipped[name]) for name in shipped)

    def test_sizes_that_do_not_fit_the_weights_are_named(self, copy):
        self.change_config(copy, d_ff=17)
        with pytest.raises(ValueError, match=r"does not fit the model: .*feed_forward"):
            load_resolver(copy)

    def test_a_layer_too_many_is_missing_in_the_file(self, copy):
        self.change_config(copy, n_layers=3)
        with pytest.raises(ValueError, match=r"it lacks encoder\.blocks\.2"):
            load_resolver(copy)

    def test_a_layer_too_few_is_unexpected_in_the_file(self, copy):
        self.change_config(copy, n_layers=1)
        with pytest.raises(ValueError, match=r"the model has no encoder\.blocks\.1"):
            load_resolver(copy)

    def test_an_unknown_size_is_named(self, copy):
        self.change_config(copy, n_flags=1)
        with pytest.raises(ValueError, match=r"no sizes of this model in `config`.*n_flags"):
            load_resolver(copy)

    def test_a_description_without_sizes_is_refused(self, copy):
        copy.with_suffix(".json").write_text("{}")
        with pytest.raises(ValueError, match="holds no sizes of this model"):
            load_resolver(copy)

    def test_missing_weights_are_named(self, copy):
        copy.unlink()
        with pytest.raises(FileNotFoundError, match=r"reference_resolution\.safetensors"):
            load_resolver(copy)
