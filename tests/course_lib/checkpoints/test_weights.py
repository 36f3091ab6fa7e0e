import json

import pytest
import torch
from torch import nn

from course_lib.checkpoints.weights import (
    FOLDER,
    load_weights,
    read_config,
    read_description,
    save_checkpoint,
    with_weights,
)


def layer(seed=0, n_in=3, n_out=5):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Linear(n_in, n_out)


def test_weights_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(0), path, {"seed": 0})
    other = layer(1)
    load_weights(other, path)
    assert torch.equal(other.weight, layer(0).weight)
    assert torch.equal(other.bias, layer(0).bias)


def test_the_description_comes_back_with_its_keys_sorted(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(), path, {"seed": 3, "config": {"n_in": 3}})
    assert read_description(path) == {"seed": 3, "config": {"n_in": 3}}
    text = path.with_suffix(".json").read_text()
    assert text.index("config") < text.index("seed")
    assert text.endswith("}\n")


def test_the_same_weights_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    for path in (first, second):
        save_checkpoint(layer(), path, {})
    assert first.read_bytes() == second.read_bytes()


def test_missing_unexpected_and_misshapen_weights_are_named_together(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(nn.ModuleDict({"a": layer(), "b": layer()}), path, {})
    model = nn.ModuleDict({"a": layer(n_out=4), "c": layer()})
    with pytest.raises(ValueError, match="does not fit") as caught:
        load_weights(model, path)
    message = str(caught.value)
    assert "it lacks c.bias, c.weight" in message
    assert "the model has no b.bias, b.weight" in message
    assert "a.weight has shape (5, 3), the model's (4, 3)" in message


def test_a_model_with_weights_is_ready_to_answer(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(0), path, {})
    other = layer(1)
    assert with_weights(other, path) is other
    assert torch.equal(other.weight, layer(0).weight)
    assert not other.training


def test_sizes_are_handed_over_under_their_names(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(), path, {"config": {"in_features": 3, "out_features": 5}})
    assert read_config(path, nn.Linear).weight.shape == (5, 3)


@pytest.mark.parametrize("description", [{}, {"config": {"width": 3}}])
def test_sizes_of_another_model_are_refused_by_file_and_name(tmp_path, description):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(), path, description)
    with pytest.raises(ValueError, match=r"small\.json holds no sizes of this model in `config`"):
        read_config(path, nn.Linear)


def test_a_model_is_left_as_it_was_when_the_weights_do_not_fit(tmp_path):
    path = tmp_path / "small.safetensors"
    save_checkpoint(layer(n_out=4), path, {})
    model = layer()
    with pytest.raises(ValueError, match="does not fit"):
        load_weights(model, path)
    assert torch.equal(model.weight, layer().weight)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no none\.safetensors .*make checkpoints"):
        load_weights(layer(), tmp_path / "none.safetensors")
    with pytest.raises(FileNotFoundError, match=r"no none\.json .*make checkpoints"):
        read_description(tmp_path / "none.safetensors")


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match=r"bad\.safetensors is not a safetensors file"):
        load_weights(layer(), path)


@pytest.mark.parametrize(("text", "fault"), [("{", "is not JSON"), ("[1]", "no JSON object")])
def test_a_damaged_description_is_named(tmp_path, text, fault):
    path = tmp_path / "bad.safetensors"
    path.with_suffix(".json").write_text(text)
    with pytest.raises(ValueError, match=fault):
        read_description(path)


def test_every_committed_checkpoint_has_both_files_and_says_how_it_was_made():
    weights = sorted(FOLDER.glob("*.safetensors"))
    assert weights
    for path in weights:
        description = json.loads(path.with_suffix(".json").read_text())
        assert {"config", "seed", "metrics", "versions", "made_by"} <= description.keys()


def test_checkpoints_are_small():
    # All that ship with the course are to stay below 8 MB together.
    assert sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) < 8e6
