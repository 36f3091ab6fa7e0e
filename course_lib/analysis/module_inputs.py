"""What parts of a model are given while it reads: what heads hand to their projection, say."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn


@torch.no_grad()
def module_inputs(model: nn.Module, names: Sequence[str], *given: Tensor) -> list[Tensor]:
    """Run a model, and return the first input of some of its modules.

    Args:
        model: The model; it stays as it is.
        names: Names of modules, as `named_modules` gives them; each is called once in a run.
        *given: What the model reads.

    Returns:
        One tensor for each name, in their order.

    Raises:
        AttributeError: The model has no such module.
        ValueError: A module was not called exactly once.
    """
    heard: dict[str, list[Tensor]] = {name: [] for name in names}
    hooks = []
    try:
        for name in names:
            listen = partial(_note, heard[name])
            hooks.append(model.get_submodule(name).register_forward_pre_hook(listen))
        model(*given)
    finally:
        for hook in hooks:
            hook.remove()
    if wrong := [name for name, inputs in heard.items() if len(inputs) != 1]:
        raise ValueError(f"{wrong[0]} was called {len(heard[wrong[0]])} times, not once")
    return [inputs[0] for inputs in heard.values()]


def _note(inputs: list[Tensor], _: nn.Module, args: tuple[Tensor, ...]) -> None:
    inputs.append(args[0])
