"""Make arguments that cannot cross: generators, models from their sizes and a seed, functions.

A check hands over a recipe, `Made("generator", {"seed": 3})`, and both sides make the thing from
it: the learner's process for the learner, the judge's for itself. So the judge's copy is its own.

Stops: a recipe for anything but what stands here and in the library.
Does not stop: a learner who changes what was made; the judge is told (`snapshot`) and has its own.
"""

import importlib
from typing import Any

import torch
from torch import nn

from autograder.sandbox.wire import Made

LIBRARY = "course_lib."
GENERATOR = "generator"


def make(value: object) -> object:
    """Make what a value says, in lists, tuples and dicts too; all else stays as it is.

    Args:
        value: A recipe, or a value that may hold some. A recipe names `generator`, which takes a
            `seed`, or a function of the library by its full name, such as
            `course_lib.models.tiny.build`, which takes keyword arguments; these may be recipes. A
            function of the library that returns a function makes one.

    Raises:
        ValueError: A recipe names something else.
    """
    if isinstance(value, Made):
        return _make(value.maker, {name: make(one) for name, one in value.arguments.items()})
    if type(value) is list or type(value) is tuple:
        return type(value)(make(one) for one in value)
    if type(value) is dict:
        return {key: make(one) for key, one in value.items()}
    return value


def _make(maker: str, arguments: dict[str, Any]) -> object:
    if maker == GENERATOR:
        return torch.Generator().manual_seed(arguments["seed"])
    if not maker.startswith(LIBRARY):
        raise ValueError(f"a recipe names {maker!r}; it may name {GENERATOR!r} or {LIBRARY}…")
    module, _, name = maker.rpartition(".")
    return getattr(importlib.import_module(module), name)(**arguments)


def make_with_recipe(maker: str, **arguments: Any) -> Any:  # noqa: ANN401 - whatever is made
    """Make something that can cross: it carries its recipe, and is made anew on the other side.

    Args:
        maker: As in a recipe.
        **arguments: What the maker is called with.
    """
    recipe = Made(maker, arguments)
    made: Any = make(recipe)  # a model, or a function that its maker defines
    object.__setattr__(made, "recipe", recipe)  # a frozen dataclass is given it too
    return made


def snapshot(value: object) -> object:
    """Give what must stay as it is in an argument: a model's weights, mode and hooks.

    A generator is there to be used up, and has nothing that must stay.
    """
    if isinstance(value, torch.Generator):
        return None
    if not isinstance(value, nn.Module):
        return value
    hooks = [
        len(each._forward_hooks) + len(each._forward_pre_hooks) + len(each._backward_hooks)
        for each in value.modules()
    ]
    modes = [each.training for each in value.modules()]
    return {"weights": dict(value.state_dict()), "hooks": hooks, "modes": modes}
