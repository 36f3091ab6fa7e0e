from dataclasses import asdict

import pytest
import torch

from course_lib.checkpoints.decoders import read_decoder
from course_lib.checkpoints.weights import save_checkpoint
from course_lib.decoder import Decoder, DecoderConfig

CONFIG = DecoderConfig(
    vocab_size=7, d_model=8, n_heads=2, n_layers=1, d_ff=12, positions="rotary", max_seq_len=5
)


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "small.safetensors"
    model = Decoder(CONFIG, torch.Generator().manual_seed(3))
    save_checkpoint(model.half(), path, {"config": asdict(CONFIG)})
    return path


def test_it_is_built_in_its_sizes_with_its_weights_in_single_precision(kept):
    model = read_decoder(kept)
    expected = Decoder(CONFIG, torch.Generator().manual_seed(3)).half().float()
    assert model.cfg == CONFIG
    assert not model.training
    pairs = zip(model.state_dict().values(), expected.state_dict().values(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)
    assert model.embedding.weight.dtype == torch.float32


def test_other_sizes_are_refused(kept):
    save_checkpoint(Decoder(CONFIG, torch.Generator()), kept, {"config": {"width": 8}})
    with pytest.raises(ValueError, match=r"small\.json holds no sizes of this model"):
        read_decoder(kept)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no absent\.json"):
        read_decoder(tmp_path / "absent.safetensors")
