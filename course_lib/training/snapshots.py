"""Leave a training and take it up again, to the same weights as if nothing had happened.

A snapshot is one file (safetensors): weights, what the optimiser remembers, the state of torch's
random numbers, and the losses so far. It is data, never code that is run when it is read, and it
takes the place of the one before in a single step, so a kill leaves the old one or the new one.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

RANDOM = "random"
"""Name of torch's random state among the tensors of a snapshot."""


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """Where a training leaves its snapshots, and how often.

    Attributes:
        path: The file, which is written again and again.
        every: Steps from one snapshot to the next.
    """

    path: Path
    every: int

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"{self.every=} must be at least 1")


def save_snapshot(path: Path, model: nn.Module, optimizer: Optimizer, history: list[float]) -> None:
    """Write a snapshot in place of the one before.

    Args:
        path: The file to write.
        model: What is trained.
        optimizer: What trains it.
        history: The loss of each step so far.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, remembered in optimizer.state_dict()["state"].items():
        for name, value in remembered.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    tensors[RANDOM] = torch.get_rng_state()
    data = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_name(f"{path.name}.writing")
    with half_written.open("wb") as file:
        file.write(save(data, {"history": json.dumps(history)}))
        file.flush()
        os.fsync(file.fileno())
    half_written.replace(path)


def load_snapshot(path: Path, model: nn.Module, optimizer: Optimizer, n_steps: int) -> list[float]:
    """Put model, optimiser and torch's random numbers where a snapshot left them.

    Args:
        path: The file.
        model: A model of the same sizes.
        optimizer: An optimiser of the same kind, over its parameters in the same order.
        n_steps: Length of the whole training.

    Returns:
        The loss of each step before the snapshot; none, and nothing changed, where there is no
        such file.

    Raises:
        ValueError: The file is no snapshot, or one of another model or optimiser or of a longer
            training. Nothing was changed.
    """
    if not path.exists():
        return []
    tensors, history = _read(path)
    if len(history) > n_steps:
        raise ValueError(f"{path.name} is of step {len(history)}, and the training has {n_steps}")
    weights, wanted = _part(tensors, "model."), model.state_dict()
    if odd := _different(weights, wanted):
        raise ValueError(f"{path.name} is of another model: {', '.join(odd)} differ")
    groups = optimizer.state_dict()["param_groups"]
    remembered = _by_parameter(_part(tensors, "optimizer."))
    known = {index for group in groups for index in group["params"]}
    if not remembered.keys() <= known:
        raise ValueError(f"{path.name} is of an optimiser with more than {len(known)} parameters")
    model.load_state_dict(weights)
    optimizer.load_state_dict({"state": remembered, "param_groups": groups})
    torch.set_rng_state(tensors[RANDOM])
    return history


def _read(path: Path) -> tuple[dict[str, Tensor], list[float]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            history = json.loads((file.metadata() or {})["history"])
        _ = tensors[RANDOM]
    except (SafetensorError, KeyError, ValueError):
        raise ValueError(f"{path.name} is not a snapshot of a training: delete it") from None
    return tensors, history


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, without the beginning."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _different(some: dict[str, Tensor], others: dict[str, Tensor]) -> list[str]:
    """Return the names that are not in both, or stand for tensors of unequal shapes."""
    shared = some.keys() & others.keys()
    unequal = {name for name in shared if some[name].shape != others[name].shape}
    return sorted((some.keys() ^ others.keys()) | unequal)


def _by_parameter(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """Sort what an optimiser remembers by the parameter's number."""
    found: dict[int, dict[str, Tensor]] = {}
    for full_name, tensor in tensors.items():
        index, name = full_name.split(".", 1)
        found.setdefault(int(index), {})[name] = tensor
    return found
