import pytest
import torch
from safetensors.torch import load_file, save_file

from course_lib.decoder import build_decoder
from course_lib.training.adapter_files import load_adapters, save_adapters
from course_lib.training.low_rank import LowRankConfig, adapters_of, count_parameters
from tests.course_lib.training.chats import chat_batch, decoder
from tests.course_lib.training.test_low_rank import CFG, changed


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "change.safetensors"
    save_adapters(changed(), path, CFG)
    return path


def test_a_model_is_made_again_from_its_base_and_the_file(saved):
    model, token_ids = changed(), chat_batch().token_ids
    again = load_adapters(decoder(), saved)
    assert torch.equal(again(token_ids).logits, model(token_ids).logits)
    assert count_parameters(again) == count_parameters(model)
    assert {adapter.scale for _, adapter in adapters_of(again)} == {CFG.scale}


def test_the_file_holds_the_adapters_and_nothing_else(saved):
    tensors = load_file(saved)
    names = [name for name, p in changed().named_parameters() if p.requires_grad]
    assert sorted(tensors) == sorted(names)
    assert sum(tensor.numel() for tensor in tensors.values()) == 192


def test_the_base_is_left_as_it_is(saved):
    base = decoder()
    load_adapters(base, saved)
    assert not list(adapters_of(base))
    assert all(parameter.requires_grad for parameter in base.parameters())


def test_a_file_for_other_sizes_is_refused(saved):
    wider = build_decoder(vocab_size=15, d_model=18, n_heads=3, n_layers=2, d_ff=20)
    with pytest.raises(ValueError, match=r"change.safetensors does not fit the model"):
        load_adapters(wider, saved)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match=r"other.safetensors holds no adapters"):
        load_adapters(decoder(), path)
    path.write_bytes(b"no tensors at all")
    with pytest.raises(ValueError, match=r"other.safetensors is not a safetensors file"):
        load_adapters(decoder(), path)


def test_a_file_with_a_broken_description_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    for description in ("{", "[]", '{"rank": 2}', '{"rank": 0, "alpha": 1.0, "layers": ["to_q"]}'):
        save_file({"weight": torch.zeros(2)}, path, metadata={"low_rank": description})
        with pytest.raises(ValueError, match=r"other.safetensors describes its adapters wrongly"):
            load_adapters(decoder(), path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no gone.safetensors in"):
        load_adapters(decoder(), tmp_path / "gone.safetensors")


def test_a_model_without_adapters_has_nothing_to_save(tmp_path):
    with pytest.raises(ValueError, match="no adapters to save"):
        save_adapters(decoder(), tmp_path / "x.safetensors", LowRankConfig(rank=1, alpha=1.0))
