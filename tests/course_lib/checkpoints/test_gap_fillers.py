import itertools

import pytest
import torch

from course_lib.checkpoints import gap_fillers
from course_lib.checkpoints.gap_fillers import (
    SPAN_CONFIG,
    SPAN_FILLER,
    SPAN_SETTINGS,
    TEST_SEED,
    WORD_CONFIG,
    WORD_FILLER,
    WORD_SETTINGS,
    Settings,
    load_span_filler,
    load_word_filler,
    save_span_filler,
    save_word_filler,
    train_span_filler,
    train_word_filler,
)
from course_lib.checkpoints.weights import read_description
from course_lib.data.tale_gaps import cut_spans, hide_words, sentences_of
from course_lib.data.tale_tokens import held_out_tales
from course_lib.models.gap_fillers import masked_loss, span_loss

SHORT = Settings(n_steps=2, batch_size=2, n_warmup=1)
BOTH = (
    (train_word_filler, save_word_filler, load_word_filler),
    (train_span_filler, save_span_filler, load_span_filler),
)


@pytest.mark.parametrize(("train", "_", "__"), BOTH)
def test_training_repeats_with_the_seed_and_reports_each_step(train, _, __):
    steps = []
    first = train(5, SHORT, on_step=lambda step, loss: steps.append(step)).state_dict()
    assert steps == [0, 1]
    again = train(5, SHORT).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = train(6, SHORT).state_dict()
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


@pytest.mark.parametrize(("train", "save", "load"), BOTH)
def test_what_is_saved_is_loaded_in_half_precision(tmp_path, train, save, load):
    path = tmp_path / "filler.safetensors"
    model = train(1, SHORT)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    save(model, path)
    loaded = load(path)
    assert not loaded.training
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, weights[name].half().float(), rtol=0, atol=0)


@pytest.mark.parametrize(("train", "save", "load"), BOTH)
def test_sizes_that_are_none(tmp_path, train, save, load):
    path = tmp_path / "filler.safetensors"
    save(train(1, SHORT), path)
    path.with_suffix(".json").write_text('{"config": {"width": 3}}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"filler\.json holds no sizes of this model"):
        load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="make checkpoints"):
        load_word_filler(tmp_path / "none.safetensors")


def test_the_script_trains_both(monkeypatch):
    done = []
    for name in ("train_word_filler", "train_span_filler"):
        monkeypatch.setattr(gap_fillers, name, lambda seed, name=name: (name, seed))
    for name in ("save_word_filler", "save_span_filler"):
        monkeypatch.setattr(gap_fillers, name, done.append)
    gap_fillers.main()
    assert done == [("train_word_filler", 0), ("train_span_filler", 0)]


class TestTheCheckpoints:
    def test_they_are_of_these_settings(self):
        for path, config, settings in (
            (WORD_FILLER, WORD_CONFIG, WORD_SETTINGS),
            (SPAN_FILLER, SPAN_CONFIG, SPAN_SETTINGS),
        ):
            kept = read_description(path)
            assert kept["config"] == config.__dict__
            assert kept["settings"] == settings.__dict__
            assert path.stat().st_size < 1_200_000

    @torch.no_grad()
    def test_they_do_what_is_recorded(self):
        tales = held_out_tales(gap_fillers.N_TEST)
        generators = (torch.Generator().manual_seed(TEST_SEED) for _ in itertools.count())
        words = masked_loss(load_word_filler(), hide_words(tales, next(generators))).item()
        sentences = [part for tale in tales for part in sentences_of(tale.words)]
        spans = span_loss(load_span_filler(), cut_spans(sentences, next(generators))).item()
        for path, loss in ((WORD_FILLER, words), (SPAN_FILLER, spans)):
            assert loss == pytest.approx(
                read_description(path)["metrics"]["nats_per_target"], abs=1e-3
            )
