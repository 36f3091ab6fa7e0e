import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from course_lib.checkpoints import public_architectures
from course_lib.checkpoints.public_architectures import (
    ARCHITECTURES,
    FOLDER,
    REFERENCE_NAME,
    compare_with_reference,
)

ROOT = Path(__file__).parents[3]
MOST_BYTES = 40_000  # a few kilobytes of random numbers each, in float32


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_our_model_says_what_the_public_one_said(name):
    found = compare_with_reference(name)
    assert found.largest_difference < 1e-5 * found.largest_logit
    assert found.n_parameters == sum(
        parameter.numel() for parameter in ARCHITECTURES[name][0](FOLDER / name).parameters()
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_another_weight_is_noticed(name, tmp_path, monkeypatch):
    """Each tensor of the checkpoint counts: change one, and the logits are others."""
    monkeypatch.setattr(public_architectures, "FOLDER", tmp_path)
    weights = load_file(FOLDER / name / "model.safetensors")
    shutil.copytree(FOLDER / name, tmp_path / name)
    for changed in weights:
        noise = torch.randn(weights[changed].shape, generator=torch.Generator().manual_seed(3))
        other = weights[changed] + noise
        save_file({**weights, changed: other}, tmp_path / name / "model.safetensors")
        found = compare_with_reference(name)
        # A bias on the keys shifts all scores of a query alike, which the softmax takes away.
        if "key.bias" not in changed:
            assert found.largest_difference > 1e-4, changed


def test_they_are_small():
    for name in ARCHITECTURES:
        files = {path.name: path.stat().st_size for path in (FOLDER / name).iterdir()}
        assert sorted(files) == ["config.json", "model.safetensors", REFERENCE_NAME]
        assert sum(files.values()) < MOST_BYTES


def test_an_unknown_one_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="no architecture 'gpt5' is recorded, only gpt2, llama"):
        compare_with_reference("gpt5")


@pytest.mark.slow
def test_the_public_implementation_still_says_the_same(tmp_path):
    """Made again from the public implementation, in a process of its own."""
    code = (
        "import sys; from pathlib import Path; "
        "from tests.course_lib.checkpoints import record_architectures as r; "
        "r.record(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    for name in ARCHITECTURES:
        for file in ("model.safetensors", REFERENCE_NAME):
            again, kept = load_file(tmp_path / name / file), load_file(FOLDER / name / file)
            assert again.keys() == kept.keys()
            for key, value in kept.items():
                torch.testing.assert_close(again[key], value, rtol=1e-5, atol=1e-5)
        texts = [(folder / name / "config.json").read_text() for folder in (tmp_path, FOLDER)]
        assert json.loads(texts[0]) == json.loads(texts[1])
