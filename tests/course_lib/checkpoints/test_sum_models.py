import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file

from course_lib.checkpoints.sum_models import (
    CONFIG,
    FORMS,
    MODELS,
    SETTINGS,
    SumSettings,
    load_adder,
    path_of,
    train_sums,
)
from course_lib.checkpoints.weights import read_description, save_checkpoint
from course_lib.data.arithmetic import VOCAB_SIZE
from course_lib.decoder import DecoderConfig

SHORT = SumSettings(
    n_steps=4, n_tool_steps=5, n_answer_steps=6, n_early=2, batch_size=3, n_warmup=1
)
SMALL = DecoderConfig(
    vocab_size=VOCAB_SIZE,
    d_model=8,
    n_heads=2,
    n_layers=1,
    d_ff=12,
    positions="rotary",
    max_seq_len=128,
)


@pytest.mark.parametrize("form", FORMS)
def test_training_repeats_with_the_seed(form):
    first, second, other = (train_sums(form, seed, SHORT, SMALL) for seed in (5, 5, 6))
    kept, again = first.state_dict(), second.state_dict()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert not torch.equal(kept["embedding.weight"], other.state_dict()["embedding.weight"])
    assert not first.training


def test_steps_are_told_with_the_model_and_are_those_of_the_form():
    steps = {"answer": [], "tool": []}
    for form, told in steps.items():
        model = train_sums(
            form, 0, SHORT, SMALL, lambda step, loss, each, told=told: told.append((step, each))
        )
        assert all(each is model for _, each in told)
    assert [step for step, _ in steps["answer"]] == list(range(6))
    assert [step for step, _ in steps["tool"]] == list(range(5))


def test_forms_differ():
    losses = []
    for form in FORMS:
        train_sums(form, 0, SHORT, SMALL, lambda step, loss, model: losses.append((step, loss)))
    assert len({loss for step, loss in losses if step == 0}) == 3


def test_a_form_or_model_that_there_is_not():
    with pytest.raises(ValueError, match="no form 'guess'"):
        train_sums("guess", 0, SHORT, SMALL)
    with pytest.raises(ValueError, match="no model 'guess'"):
        path_of("guess")


class TestCheckpoints:
    @pytest.mark.parametrize("name", MODELS)
    def test_they_are_of_these_settings_small_and_in_half_precision(self, name):
        description = read_description(path_of(name))
        assert description["config"] == asdict(CONFIG)
        assert description["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
        assert description["made_by"] == "python -m course_lib.checkpoints.sum_runs"
        assert path_of(name).stat().st_size < 600_000
        assert {tensor.dtype for tensor in load_file(path_of(name)).values()} == {torch.float16}

    def test_they_are_loaded_in_single_precision(self):
        decoder = load_adder("answer").decoder
        assert {parameter.dtype for parameter in decoder.parameters()} == {torch.float32}
        assert not decoder.training

    def test_a_description_without_sizes(self, tmp_path):
        path = tmp_path / "sums.safetensors"
        save_checkpoint(train_sums("answer", 0, SHORT, SMALL), path, {"config": {"d_model": 8}})
        with pytest.raises(ValueError, match="no sizes of this model"):
            load_adder("answer", path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="make checkpoints"):
            load_adder("answer", tmp_path / "sums.safetensors")
