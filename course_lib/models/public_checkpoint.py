"""Put the weights of a model published on the Hugging Face hub into a model of this library.

Public checkpoints name, fuse and transpose their weights each in their own way. A model says with
a table where each of its parameters stands in the public file; a `*` in a name stands for a number,
of a layer or of an expert, and the numbers are the same on both sides.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"

# A part of a dotted name that is a number: of a layer, or of an expert.
NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")

Model = TypeVar("Model", bound=nn.Module)


def as_it_is(tensor: Tensor) -> Tensor:
    """Take a public tensor unchanged."""
    return tensor


def transposed(tensor: Tensor) -> Tensor:
    """Take a public matrix that is stored as (width in, width out)."""
    return tensor.mT


@dataclass(frozen=True)
class Source:
    """Where one parameter stands in a public checkpoint.

    Attributes:
        name: The public name, with a `*` for each number.
        convert: Makes the parameter of the public tensor.
    """

    name: str
    convert: Callable[[Tensor], Tensor] = as_it_is


Sources = Mapping[str, Source]
"""Where each parameter stands, by its name here, with a `*` for each number.

Parameters that a model does not have may be in it: biases that are switched off, for example.
"""


def linear(ours: str, public: str) -> dict[str, Source]:
    """Say where an `nn.Linear` stands: its weight, and its bias if it has one."""
    return {f"{ours}.{leaf}": Source(f"{public}.{leaf}") for leaf in ("weight", "bias")}


def norm(ours: str, public: str) -> dict[str, Source]:
    """Say where a normalisation stands: its gain, and its bias if it has one."""
    return {
        f"{ours}.gain": Source(f"{public}.weight"),
        f"{ours}.bias": Source(f"{public}.bias"),
    }


def build_with_public_weights(
    build: Callable[[], Model],
    folder: Path,
    sources: Sources,
    *,
    dtype: torch.dtype,
    optional_prefix: str = "",
    ignored: Iterable[str] = (),
) -> Model:
    """Build a model and give it the weights of a published one.

    Args:
        build: Makes the model. It is called where tensors take no memory, so that no weights are
            drawn only to be thrown away.
        folder: Where the public files lie.
        sources: Where each parameter stands.
        dtype: Of the parameters.
        optional_prefix: What public names may begin with, or not: some files hold the model with
            its head, and others the body alone. It is left out of the names in `sources`.
        ignored: Public names, with a `*` for each number, that hold nothing learned.

    Returns:
        The model.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: The tensors are not those of the model. The message names what is missing,
            what is too much, and what has another shape.
    """
    with torch.device("meta"):
        model = build()
    found = {
        name.removeprefix(optional_prefix): tensor for name, tensor in read_tensors(folder).items()
    }
    load_tensors(model, found, sources, dtype=dtype, ignored=ignored)
    return model


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Read all tensors of a published model, from one file or from the several that an index names.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file is not what its name says.
    """
    tensors = {}
    for name in _weight_files(folder):
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(f"there is no {name} in {folder}")
        try:
            tensors.update(load_file(path))
        except SafetensorError as error:
            raise ValueError(f"{name} is not a safetensors file: {error}") from None
    return tensors


def _weight_files(folder: Path) -> list[str]:
    index = folder / INDEX_NAME
    if (folder / WEIGHTS_NAME).is_file() or not index.is_file():
        return [WEIGHTS_NAME]
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return sorted(names)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ValueError(f"{INDEX_NAME} has no weight_map from tensors to files") from None


def load_tensors(
    model: nn.Module,
    found: Mapping[str, Tensor],
    sources: Sources,
    *,
    dtype: torch.dtype,
    ignored: Iterable[str] = (),
) -> None:
    """Put public tensors into a model; see `build_with_public_weights`.

    Raises:
        ValueError: The tensors are not those of the model.
    """
    wanted = model.state_dict()
    origin = {ours: _source_of(ours, sources) for ours in wanted}
    faults = list(_misfits(wanted.keys(), found.keys(), origin, ignored))
    state = {}
    for ours, source in origin.items():
        if source.name in found:
            tensor = found[source.name]
            state[ours] = source.convert(tensor)
            if state[ours].shape != wanted[ours].shape:
                shapes = f"{tuple(tensor.shape)} and gives {ours} {tuple(state[ours].shape)}"
                faults.append(f"{source.name} has shape {shapes}, not {tuple(wanted[ours].shape)}")
    if faults:
        raise ValueError(f"the checkpoint does not fit the model: {'; '.join(faults)}")
    state = {ours: _on_its_own(tensor.to(dtype)) for ours, tensor in state.items()}
    model.load_state_dict(state, assign=True)


def _on_its_own(tensor: Tensor) -> Tensor:
    """Copy a slice or a transpose, so that the tensor that it was made of can be let go."""
    if tensor.untyped_storage().nbytes() == tensor.nbytes:
        return tensor.contiguous()
    return tensor.clone(memory_format=torch.contiguous_format)


def _misfits(
    wanted: Iterable[str],
    found: Iterable[str],
    origin: Mapping[str, Source],
    ignored: Iterable[str],
) -> Iterator[str]:
    """Say which tensors are missing and which are too much, by their public names."""
    needed = {origin[ours].name for ours in wanted}
    if missing := sorted(needed - set(found)):
        yield f"it lacks {', '.join(missing)}"
    empty = re.compile("|".join(map(_pattern, ignored)) or "(?!)")  # (?!) matches nothing
    unexpected = sorted(name for name in set(found) - needed if not empty.fullmatch(name))
    if unexpected:
        yield f"the model has no {', '.join(unexpected)}"


def _source_of(ours: str, sources: Sources) -> Source:
    """Find where a parameter stands, and write its numbers into the public name."""
    source = sources[NUMBER.sub("*", ours)]
    name = source.name
    for number in NUMBER.findall(ours):
        name = name.replace("*", number, 1)
    return Source(name, source.convert)


def _pattern(name: str) -> str:
    """Make a regular expression of a name with a `*` for each number."""
    return r"\d+".join(map(re.escape, name.split("*")))
