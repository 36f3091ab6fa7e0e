"""Keep the adapters of a fine-tuned model without the model: a small file for each use of it."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from course_lib.training.low_rank import LowRankConfig, adapters_of, with_adapters

CONFIG = "low_rank"
"""Name under which the file's metadata hold the configuration, as JSON."""


def save_adapters(model: nn.Module, path: Path, cfg: LowRankConfig) -> None:
    """Write the adapters of a model, and nothing else, to a safetensors file.

    Args:
        model: A model that `with_adapters` gave.
        path: Where to write.
        cfg: What the adapters were made with.

    Raises:
        ValueError: The model has no adapters.
    """
    tensors = _tensors_of(model)
    if not tensors:
        raise ValueError("the model has no adapters to save")
    held = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(held, path, metadata={CONFIG: json.dumps(asdict(cfg))})


def load_adapters(model: nn.Module, path: Path) -> nn.Module:
    """Return a copy of a model with the adapters of a file.

    Args:
        model: The model that the adapters were trained on; it is left as it is. That it is that
            one, and no other of the same sizes, cannot be seen from the file.
        path: A file that `save_adapters` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a file of adapters, or they do not fit the model.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.name} in {path.parent}")
    cfg, found = _read(path)
    adapted = with_adapters(model, cfg, torch.Generator())
    wanted = _tensors_of(adapted)
    if {name: tensor.shape for name, tensor in found.items()} != {
        name: tensor.shape for name, tensor in wanted.items()
    }:
        raise ValueError(f"{path.name} does not fit the model: names or shapes differ")
    with torch.no_grad():
        for name, tensor in found.items():
            wanted[name].copy_(tensor)
    return adapted


def _read(path: Path) -> tuple[LowRankConfig, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except SafetensorError as error:
        raise ValueError(f"{path.name} is not a safetensors file: {error}") from None
    if CONFIG not in metadata:
        raise ValueError(f"{path.name} holds no adapters")
    try:
        fields = json.loads(metadata[CONFIG])
        cfg = LowRankConfig(**{**fields, "layers": tuple(fields["layers"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} describes its adapters wrongly: {error}") from None
    return cfg, found


def _tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters of the adapters, by name; changing them changes the model."""
    return {
        f"{name}.{part}": getattr(adapter, part).data
        for name, adapter in adapters_of(model)
        for part in ("down", "up")
    }
