import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file

from course_lib.checkpoints import mini_gpt
from course_lib.checkpoints.mini_gpt import (
    CHECKPOINT,
    CONFIG,
    SEED,
    SETTINGS,
    Settings,
    build_mini_gpt,
    describe,
    load_mini_gpt,
    new_optimizer,
    train_mini_gpt,
)
from course_lib.checkpoints.weights import read_description, save_checkpoint
from course_lib.data.tale_tokens import TOKENS
from course_lib.decoder import DecoderConfig

SHORT = Settings(n_steps=5, batch_size=2, n_warmup=1, n_sorted=2)
SMALL = DecoderConfig(
    vocab_size=len(TOKENS),
    d_model=8,
    n_heads=2,
    n_layers=1,
    d_ff=12,
    positions="rotary",
    max_seq_len=128,
)


def test_training_repeats_with_the_seed_and_reports_each_step():
    steps = []
    first = train_mini_gpt(5, SHORT, SMALL, lambda step, loss: steps.append((step, loss)))
    second, other = train_mini_gpt(5, SHORT, SMALL), train_mini_gpt(6, SHORT, SMALL)
    kept, again = first.state_dict(), second.state_dict()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert not torch.equal(kept["embedding.weight"], other.state_dict()["embedding.weight"])
    assert [step for step, _ in steps] == [0, 1, 2, 3, 4]
    assert not first.training


def test_only_what_is_written_to_the_stream_is_scaled_down():
    scaled, plain = (
        build_mini_gpt(SMALL, torch.Generator().manual_seed(4), Settings(residual_scale=factor))
        for factor in (0.25, 1.0)
    )
    rows = dict(plain.named_parameters())
    for name, parameter in scaled.named_parameters():
        factor = 0.25 if name.endswith("to_out.weight") else 1.0
        assert torch.equal(parameter, factor * rows[name])
    assert scaled.embedding.weight.std().item() == pytest.approx(SMALL.d_model**-0.5, rel=0.1)


def test_the_optimiser_is_of_the_settings():
    optimizer = new_optimizer(train_mini_gpt(0, SHORT, SMALL), Settings(weight_decay=0.3))
    [group] = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (SETTINGS.learning_rate, 0.3)


class TestCheckpoint:
    def test_it_is_of_these_settings_and_does_what_it_says(self):
        description = read_description(CHECKPOINT)
        assert description["config"] == asdict(CONFIG)
        assert description["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
        assert description["seed"] == SEED
        made = describe(load_mini_gpt(), SEED)["metrics"]
        assert made == pytest.approx(description["metrics"], rel=1e-3)
        assert 1 < made["nats_per_word"] / made["floor_per_word"] < 1.05
        assert 1 < made["nats_per_story"] / made["floor_per_story"] < 1.05

    def test_it_is_small_and_in_half_precision(self):
        assert CHECKPOINT.stat().st_size < 1_500_000
        assert {tensor.dtype for tensor in load_file(CHECKPOINT).values()} == {torch.float16}

    def test_it_is_loaded_in_single_precision(self):
        model = load_mini_gpt()
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert not model.training

    def test_the_script_writes_it_where_it_is_read(self, tmp_path, monkeypatch):
        path = tmp_path / "gpt.safetensors"
        model = train_mini_gpt(0, SHORT, SMALL)
        rounded = {name: value.half().float() for name, value in model.state_dict().items()}
        monkeypatch.setattr(mini_gpt, "CHECKPOINT", path)
        monkeypatch.setattr(mini_gpt, "train_mini_gpt", lambda seed: model)
        mini_gpt.main()
        kept = load_mini_gpt(path)
        assert kept.cfg == SMALL
        assert all(torch.equal(kept.state_dict()[name], value) for name, value in rounded.items())

    def test_a_description_without_sizes(self, tmp_path):
        path = tmp_path / "gpt.safetensors"
        save_checkpoint(train_mini_gpt(0, SHORT, SMALL), path, {"config": {"d_model": 64}})
        with pytest.raises(ValueError, match="no sizes of this model"):
            load_mini_gpt(path)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="make checkpoints"):
            load_mini_gpt(tmp_path / "gpt.safetensors")

    def test_the_description_is_json(self):
        assert json.loads(CHECKPOINT.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.load
def test_a_short_training_gets_near_the_floor():
    torch.set_num_threads(1)
    settings = Settings(n_steps=1500)
    made = describe(train_mini_gpt(SEED, settings), SEED, settings)["metrics"]
    assert made["nats_per_word"] < 1.3 * made["floor_per_word"]
