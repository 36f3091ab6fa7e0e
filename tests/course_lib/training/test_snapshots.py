import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from course_lib.training.loop import train
from course_lib.training.snapshots import Snapshots, load_snapshot, save_snapshot

N_STEPS = 12


def small_model(width: int = 5) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, width), nn.Dropout(0.3), nn.Linear(width, 1))


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=0.02)


def batches(n: int = N_STEPS):
    generator = torch.Generator().manual_seed(1)
    for _ in range(n):
        yield torch.randn(4, 3, generator=generator)


def batches_from_torchs_own_numbers(n: int = N_STEPS):
    for _ in range(n):
        yield torch.randn(4, 3)


def loss(model, x):
    return (model(x) - x.sum(dim=1, keepdim=True)).square().mean()


def run(path: Path | None, draw=batches, n_steps: int = N_STEPS, **options):
    """Train, from the last snapshot if there is one; return the model and its losses."""
    torch.manual_seed(7)
    model = small_model()
    torch.manual_seed(8)
    snapshots = None if path is None else Snapshots(path=path, every=5)
    history = train(
        model, draw(), loss, adamw(model), n_steps=n_steps, snapshots=snapshots, **options
    )
    return model, history


def stop_at(step):
    def on_step(now, _):
        if now == step:
            raise KeyboardInterrupt

    return on_step


class TestResume:
    @pytest.mark.parametrize("draw", [batches, batches_from_torchs_own_numbers])
    def test_ends_at_the_same_weights(self, tmp_path, draw):
        whole, losses = run(None, draw)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "run", draw, on_step=stop_at(7))
        resumed, again = run(tmp_path / "run", draw)
        assert again == losses
        for name, tensor in whole.state_dict().items():
            assert torch.equal(tensor, resumed.state_dict()[name]), name

    def test_takes_up_at_the_last_snapshot(self, tmp_path):
        steps = []
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "run", on_step=stop_at(7))
        run(tmp_path / "run", on_step=lambda step, _: steps.append(step))
        assert steps == list(range(5, N_STEPS))

    def test_a_kill_loses_nothing_but_the_steps_since(self, tmp_path):
        script = (
            "import os, signal\n"
            "from pathlib import Path\n"
            "from tests.course_lib.training.test_snapshots import run\n"
            "def on_step(step, loss):\n"
            "    if step == 11:\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            f"run(Path({str(tmp_path / 'run')!r}), on_step=on_step)\n"
        )
        root = Path(__file__).parents[3]
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        whole, losses = run(None)
        resumed, again = run(tmp_path / "run")
        assert again == losses
        assert torch.equal(whole[2].weight, resumed[2].weight)

    def test_a_finished_training_is_not_trained_again(self, tmp_path):
        _, losses = run(tmp_path / "run", n_steps=10)
        model, again = run(tmp_path / "run", n_steps=10, on_step=stop_at(0))
        assert again == losses
        assert torch.equal(model[0].weight, run(None, n_steps=10)[0][0].weight)

    def test_a_snapshot_of_a_longer_training_is_refused(self, tmp_path):
        run(tmp_path / "run")
        with pytest.raises(ValueError, match="is of step 10, and the training has 4"):
            run(tmp_path / "run", n_steps=4)


class TestSnapshot:
    def test_nothing_there_changes_nothing(self, tmp_path):
        model = small_model()
        assert load_snapshot(tmp_path / "none", model, adamw(model), 5) == []
        assert torch.equal(model[0].weight, small_model()[0].weight)

    def test_another_model_is_named_and_left_as_it_is(self, tmp_path):
        model, other = small_model(), small_model(width=6)
        save_snapshot(tmp_path / "run", model, adamw(model), [1.0])
        before = other[2].weight.clone()
        with pytest.raises(ValueError, match=r"model: 0\.bias, 0\.weight, 2\.weight differ"):
            load_snapshot(tmp_path / "run", other, adamw(other), 5)
        assert torch.equal(other[2].weight, before)

    @pytest.mark.parametrize("missing", ["0.bias", "1.scale"])
    def test_a_model_with_other_names_is_named(self, tmp_path, missing):
        plain = nn.Sequential(nn.Linear(3, 2, bias=missing != "0.bias"))
        other = nn.Sequential(nn.Linear(3, 2))
        if missing == "1.scale":
            plain.append(nn.Module())
            plain[1].register_buffer("scale", torch.ones(1))
        save_snapshot(tmp_path / "run", plain, adamw(plain), [1.0])
        with pytest.raises(ValueError, match=f"another model: {missing} differ"):
            load_snapshot(tmp_path / "run", other, adamw(other), 5)

    def test_makes_its_folder_and_keeps_a_snapshot_of_each_step(self, tmp_path):
        model, path = small_model(), tmp_path / "runs" / "of today" / "run"
        snapshots = Snapshots(path=path, every=1)
        losses = train(model, batches(), loss, adamw(model), n_steps=1, snapshots=snapshots)
        assert load_snapshot(path, model, adamw(model), 1) == losses
        assert [file.name for file in path.parent.iterdir()] == ["run"]

    def test_another_optimizer_is_refused(self, tmp_path):
        model = small_model()
        optimizer = adamw(model)
        loss(model, torch.ones(2, 3)).backward()
        optimizer.step()
        save_snapshot(tmp_path / "run", model, optimizer, [1.0])
        fewer = torch.optim.AdamW([model[2].bias])
        with pytest.raises(ValueError, match="more than 1 parameters"):
            load_snapshot(tmp_path / "run", model, fewer, 5)

    @pytest.mark.parametrize(
        "content", [b"", b"not a snapshot", {}, {"history": "[]"}, {"history": "[1.0"}]
    )
    def test_another_file_is_refused(self, tmp_path, content):
        path, model = tmp_path / "run", small_model()
        if isinstance(content, dict):
            save_file({"weight": torch.ones(1)}, path, content)
        else:
            path.write_bytes(content)
        with pytest.raises(ValueError, match="run is not a snapshot"):
            load_snapshot(path, model, adamw(model), 5)

    def test_a_write_that_fails_leaves_the_one_before(self, tmp_path, monkeypatch):
        model, path = small_model(), tmp_path / "run"
        save_snapshot(path, model, adamw(model), [1.0])
        before = path.read_bytes()

        def fail(_):
            raise OSError("no space left")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space"):
            save_snapshot(path, model, adamw(model), [1.0, 2.0])
        assert path.read_bytes() == before

    def test_no_steps_between_snapshots_are_refused(self, tmp_path):
        with pytest.raises(ValueError, match=r"every=0"):
            Snapshots(path=tmp_path / "run", every=0)
