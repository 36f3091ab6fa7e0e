"""Read and write trained weights as data: a safetensors file, and a JSON file that tells of it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

Config = TypeVar("Config")
Model = TypeVar("Model", bound=nn.Module)

FOLDER = Path(__file__).parent
"""Where the course's own checkpoints lie."""


def save_checkpoint(model: nn.Module, path: Path, description: dict[str, Any]) -> None:
    """Write the weights to `path`, and a description to the JSON file of the same name.

    Args:
        model: The model whose weights to write.
        path: A name that ends in ".safetensors".
        description: What is needed to build the model again, and how the weights were made.
    """
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    path.write_bytes(save(tensors))
    text = json.dumps(description, indent=2, sort_keys=True)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def save_rounded(model: nn.Module, path: Path, description: dict[str, Any]) -> None:
    """Write the weights in half precision, and a description; the model stays as it is.

    For the arguments see `save_checkpoint`.
    """
    save_checkpoint(copy.deepcopy(model).half(), path, description)


def read_description(path: Path) -> dict[str, Any]:
    """Read the JSON file that belongs to the weights at `path`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not JSON, or not an object.
    """
    path = path.with_suffix(".json")
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.name} in {path.parent}: run `make checkpoints`")
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None
    if not isinstance(description, dict):
        raise ValueError(f"{path.name} holds no JSON object but a {type(description).__name__}")
    return description


def read_config(path: Path, kind: Callable[..., Config]) -> Config:
    """Read the sizes of a model from the JSON file that belongs to the weights at `path`.

    Args:
        path: The weights.
        kind: Takes the sizes under the names that they have there.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or holds sizes of another kind of model.
    """
    sizes = read_description(path).get("config", {})
    try:
        return kind(**sizes)
    except TypeError as error:
        name = path.with_suffix(".json").name
        raise ValueError(f"{name} holds no sizes of this model in `config`: {error}") from None


def with_weights(model: Model, path: Path) -> Model:
    """Put the weights of a file into a model, and return it in evaluation mode.

    For arguments and errors see `load_weights`.
    """
    load_weights(model, path)
    return model.eval()


def load_weights(model: nn.Module, path: Path) -> None:
    """Put the weights of a file into a model.

    Args:
        model: A model of the sizes that the weights were trained with.
        path: A safetensors file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a safetensors file, or its weights are not those of the model. The
            message names what is missing, what is too much, and what has another shape.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.name} in {path.parent}: run `make checkpoints`")
    try:
        found = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} is not a safetensors file: {error}") from None
    wanted = model.state_dict()
    faults = []
    if missing := sorted(wanted.keys() - found.keys()):
        faults.append(f"it lacks {', '.join(missing)}")
    if unexpected := sorted(found.keys() - wanted.keys()):
        faults.append(f"the model has no {', '.join(unexpected)}")
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name].shape != found[name].shape:
            shapes = f"{tuple(found[name].shape)}, the model's {tuple(wanted[name].shape)}"
            faults.append(f"{name} has shape {shapes}")
    if faults:
        raise ValueError(f"{path.name} does not fit the model: {'; '.join(faults)}")
    model.load_state_dict(found)
