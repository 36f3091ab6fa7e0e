"""Gradient checkpointing: keep less of the forward pass, and compute it again on the way back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint


@contextmanager
def recomputed(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Let modules keep their input alone, and run a second time when their gradient is needed.

    The loss and its gradient stay what they are. What is kept shrinks to one input a module, and
    the forward pass is paid for twice (Chen et al. 2016, arXiv:1604.06174, section 4).

    Args:
        modules: Usually the blocks of a model. They are as before when the context ends; end it
            after the backward pass.
    """
    changed = list(modules)
    for module in changed:
        module.forward = _twice(module.forward)
    try:
        yield
    finally:
        for module in changed:
            del module.forward  # the method of the class comes to light again


def _twice(forward: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: object, **named: object) -> object:
        return checkpoint(partial(forward, **named), *arguments, use_reentrant=False)

    return run
