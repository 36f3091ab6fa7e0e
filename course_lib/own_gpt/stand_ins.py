"""The library's functions in the place of every part, and such as do something else for a test."""

from dataclasses import fields, replace
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from course_lib.own_gpt import chapter_functions
from course_lib.own_gpt.parts import Function, Parts
from course_lib.own_gpt.reference_model import reference_block, reference_gpt
from course_lib.own_gpt.reference_training import (
    reference_answer_log_p,
    reference_train_step,
    reference_update,
)

FACTOR = 1.5  # by which `parts_for` changes what an altered function gives


def _given_parts(function: Function) -> Function:
    """Have a function insist on the parts, without which a learner's own could not do its work."""

    @wraps(function)
    def insisting(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the function
        if not any(isinstance(one, Parts) for one in (*args[-1:], *kwargs.values())):
            raise TypeError(f"{function.__name__} was not given the parts, its last argument")
        return function(*args, **kwargs)

    return insisting


OF_THE_GPT = {
    "gpt_block": _given_parts(reference_block),
    "gpt": _given_parts(reference_gpt),
    "update": _given_parts(reference_update),
    "train_step": _given_parts(reference_train_step),
    "answer_log_p": _given_parts(reference_answer_log_p),
}
"""The parts that are written when the GPT is put together; all others exist before."""


def reference_parts() -> Parts:
    """Give the library's function for every part."""
    names = [one.name for one in fields(Parts) if one.name not in OF_THE_GPT]
    return Parts(**OF_THE_GPT, **{name: getattr(chapter_functions, name) for name in names})


def parts_for(name: str, altered: list[str] | None = None) -> Parts:
    """Give the library's parts to a function that is one itself: with those before it alone.

    What an altered part gives is larger by half, numbers and tensors in tuples and lists alike; an
    altered mask hides nothing; counts stay. Whoever takes a step from the parts follows it.

    Args:
        name: The part that is being written. It and those that come after it raise ValueError. A
            name that is no part, such as `train`, may use all.
        altered: Parts that do something else.

    Raises:
        ValueError: There is no such part to alter.
    """
    parts, later = reference_parts(), list(OF_THE_GPT)
    known = [one.name for one in fields(Parts)]
    if unknown := [one for one in altered or () if one not in known]:
        raise ValueError(f"there is no part {unknown[0]!r}; there are {', '.join(known)}")
    missing = later[later.index(name) :] if name in later else []
    return replace(
        parts,
        **{one: _altered(getattr(parts, one)) for one in altered or ()},
        **{one: _not_there(one) for one in missing},
    )


def counted_parts(most: int) -> Parts:
    """Give the library's parts with a GPT that may read only so many tokens, all calls together.

    Args:
        most: Positions that it may be given; asked for more, it raises ValueError.
    """
    n_read = 0

    def gpt(token_ids: Tensor, *arguments: Any) -> Any:  # noqa: ANN401 - as `reference_gpt`
        nonlocal n_read
        n_read += token_ids.numel()
        if n_read > most:
            raise ValueError(f"the model was to read {n_read} tokens where {most} are enough")
        return OF_THE_GPT["gpt"](token_ids, *arguments)

    return replace(reference_parts(), gpt=gpt)


def _not_there(name: str) -> Function:
    def missing(*_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever it is called with
        raise ValueError(f"parts.{name} is not there yet: it is written here or later")

    return missing


def turned_parts() -> Parts:
    """Give the library's parts with a GPT whose scores have the wrong sign."""

    def gpt(*arguments: Any) -> Any:  # noqa: ANN401 - as `reference_gpt`
        logits, past = OF_THE_GPT["gpt"](*arguments)
        return -logits, past

    return replace(reference_parts(), gpt=gpt)


def _altered(function: Function) -> Function:
    @wraps(function)
    def altered(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
        return _larger(function(*args, **kwargs))

    return altered


def _larger(value: Any) -> Any:  # noqa: ANN401 - any result of a part
    if isinstance(value, Tensor):
        if value.dtype == torch.bool:
            return torch.ones_like(value)
        return value * FACTOR if value.is_floating_point() else value
    if isinstance(value, list | tuple):
        return type(value)(_larger(one) for one in value)
    if isinstance(value, dict):
        return {key: _larger(one) for key, one in value.items()}
    return value * FACTOR if isinstance(value, float) else value
