import json
from functools import partial

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from course_lib.models.public_checkpoint import (
    Source,
    build_with_public_weights,
    linear,
    load_tensors,
    norm,
    read_tensors,
    transposed,
)
from course_lib.normalisation import FusedLayerNorm

SOURCES = {
    **linear("layers.*.to_q", "h.*.fixed.0.q"),
    **norm("layers.*.norm", "h.*.ln"),
    "layers.*.experts.*.W": Source("h.*.e.*.w", transposed),
    "unused.weight": Source("nowhere"),
}


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_q = nn.Linear(2, 3)
        self.norm = FusedLayerNorm(2, 1e-5)
        self.experts = nn.ModuleList(Expert() for _ in range(2))


class Expert(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(4, 5))


class Model(nn.Module):
    def __init__(self, n_layers=12):
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(n_layers))


def public_tensors(n_layers=12):
    tensors = {}
    for layer in range(n_layers):
        tensors[f"h.{layer}.fixed.0.q.weight"] = torch.full((3, 2), 10.0 * layer)
        tensors[f"h.{layer}.fixed.0.q.bias"] = torch.full((3,), 10.0 * layer + 1)
        tensors[f"h.{layer}.ln.weight"] = torch.full((2,), 10.0 * layer + 2)
        tensors[f"h.{layer}.ln.bias"] = torch.full((2,), 10.0 * layer + 3)
        for expert in range(2):
            W = torch.full((5, 4), 10.0 * layer + 4 + expert)
            W[0, 3] = -1.0
            tensors[f"h.{layer}.e.{expert}.w"] = W
    return tensors


def load(found, **more):
    model = Model()
    load_tensors(model, found, SOURCES, **{"dtype": torch.float32} | more)
    return model


class TestLoadTensors:
    def test_every_parameter_comes_from_its_own_layer_and_expert(self):
        model = load(public_tensors())
        for number, layer in enumerate(model.layers):
            assert torch.equal(layer.to_q.weight, torch.full((3, 2), 10.0 * number))
            assert torch.equal(layer.to_q.bias, torch.full((3,), 10.0 * number + 1))
            assert torch.equal(layer.norm.gain, torch.full((2,), 10.0 * number + 2))
            assert torch.equal(layer.norm.bias, torch.full((2,), 10.0 * number + 3))
            for expert in range(2):
                assert layer.experts[expert].W[1, 1] == 10.0 * number + 4 + expert
                assert layer.experts[expert].W[3, 0] == -1.0

    def test_parameters_have_the_type_that_was_asked_for_and_learn(self):
        model = load(public_tensors(), dtype=torch.float64)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}
        assert all(p.requires_grad and p.is_contiguous() for p in model.parameters())

    def test_a_slice_does_not_keep_the_whole_alive(self):
        model, fused = nn.Linear(2, 3, bias=False), torch.rand(9, 2)
        sources = {"weight": Source("qkv", lambda W: W[3:6])}
        load_tensors(model, {"qkv": fused}, sources, dtype=torch.float32)
        assert torch.equal(model.weight, fused[3:6])
        assert model.weight.untyped_storage().nbytes() == 3 * 2 * 4

    def test_what_is_missing_is_named_as_in_public(self):
        tensors = public_tensors()
        del tensors["h.3.fixed.0.q.bias"], tensors["h.11.e.1.w"]
        with pytest.raises(ValueError, match=r"it lacks h\.11\.e\.1\.w, h\.3\.fixed\.0\.q\.bias"):
            load(tensors)

    def test_what_is_too_much_is_named(self):
        tensors = public_tensors() | {"h.12.ln.weight": torch.ones(2), "head": torch.ones(1)}
        with pytest.raises(ValueError, match=r"the model has no h\.12\.ln\.weight, head"):
            load(tensors)

    def test_what_has_another_shape_is_named_with_both(self):
        tensors = public_tensors() | {"h.2.e.1.w": torch.ones(4, 5)}
        expected = (
            r"h\.2\.e\.1\.w has shape \(4, 5\) and gives layers\.2\.experts\.1\.W \(5, 4\), not "
            r"\(4, 5\)"
        )
        with pytest.raises(ValueError, match=expected):
            load(tensors)

    def test_all_faults_are_named_together(self):
        tensors = public_tensors() | {"head": torch.ones(1), "h.0.ln.bias": torch.ones(3)}
        del tensors["h.0.ln.weight"]
        with pytest.raises(ValueError, match=r"lacks .*; the model has no head; .*bias has shape"):
            load(tensors)

    def test_what_holds_nothing_learned_is_left_out(self):
        tensors = public_tensors() | {"h.3.mask": torch.ones(1), "h.11.mask": torch.ones(1)}
        load(tensors, ignored=["h.*.mask"])
        tensors |= dict.fromkeys(("h.3.masks", "h.a.mask", "xh.3.mask"), torch.ones(1))
        with pytest.raises(ValueError, match=r"no h\.3\.masks, h\.a\.mask, xh\.3\.mask$"):
            load(tensors, ignored=["h.*.mask"])

    def test_nothing_is_loaded_where_something_is_wrong(self):
        model, tensors = Model(), public_tensors()
        del tensors["h.0.ln.weight"]
        before = {name: value.clone() for name, value in model.state_dict().items()}
        with pytest.raises(ValueError, match="lacks"):
            load_tensors(model, tensors, SOURCES, dtype=torch.float32)
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def write_shards(folder):
    tensors = public_tensors()
    names = sorted(tensors)
    files = {name: f"model-0000{1 + n % 2}-of-00002.safetensors" for n, name in enumerate(names)}
    for file in set(files.values()):
        save_file({name: tensors[name] for name in names if files[name] == file}, folder / file)
    index = {"metadata": {}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


class TestReadTensors:
    def test_one_file(self, tmp_path):
        save_file(public_tensors(), tmp_path / "model.safetensors")
        found = read_tensors(tmp_path)
        assert found.keys() == public_tensors().keys()
        assert torch.equal(found["h.1.ln.bias"], public_tensors()["h.1.ln.bias"])

    def test_several_files_and_an_index(self, tmp_path):
        write_shards(tmp_path)
        assert read_tensors(tmp_path).keys() == public_tensors().keys()

    def test_missing_files_are_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no model\.safetensors in "):
            read_tensors(tmp_path)
        write_shards(tmp_path)
        (tmp_path / "model-00002-of-00002.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match=r"no model-00002-of-00002\.safetensors in "):
            read_tensors(tmp_path)

    @pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": [1]}'])
    def test_a_broken_index_is_refused(self, tmp_path, text):
        (tmp_path / "model.safetensors.index.json").write_text(text)
        with pytest.raises(ValueError, match=r"index\.json has no weight_map"):
            read_tensors(tmp_path)

    def test_what_is_no_safetensors_file_is_refused(self, tmp_path):
        (tmp_path / "model.safetensors").write_bytes(b"pickle")
        with pytest.raises(ValueError, match=r"model\.safetensors is not a safetensors file"):
            read_tensors(tmp_path)


class TestBuildWithPublicWeights:
    @pytest.mark.parametrize("prefix", ["", "transformer."])
    def test_names_may_begin_with_the_prefix_or_not(self, tmp_path, prefix):
        tensors = {f"{prefix}{name}": tensor for name, tensor in public_tensors().items()}
        save_file(tensors, tmp_path / "model.safetensors")
        model = build_with_public_weights(
            partial(Model, 12),
            tmp_path,
            SOURCES,
            dtype=torch.float32,
            optional_prefix="transformer.",
        )
        assert model.layers[7].to_q.bias[0] == 71.0

    def test_no_weights_are_drawn_to_be_thrown_away(self, tmp_path):
        save_file(public_tensors(), tmp_path / "model.safetensors")
        devices = []

        def build():
            model = Model()
            devices.extend(parameter.device.type for parameter in model.parameters())
            return model

        model = build_with_public_weights(build, tmp_path, SOURCES, dtype=torch.float32)
        assert set(devices) == {"meta"}
        assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
