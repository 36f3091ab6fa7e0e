"""How the learning rate moves during training: up from nothing, then down to nothing.

A schedule is a function of the step that gives a factor between 0 and 1 on the optimiser's own
learning rate. `train` calls it before each step.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(step: int) -> float:
    """Leave the learning rate as it is at every step."""
    return 1.0


def linear_decay(n_steps: int, n_warmup: int = 0) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then fall in a straight line to 0.

    Args:
        n_steps: Length of the training; from this step on the factor is 0.
        n_warmup: Steps until the factor is 1. The first step already moves, by 1/`n_warmup`.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative or leaves no step to decay.
    """
    _check(n_steps, n_warmup)

    def factor(step: int) -> float:
        return _warmup(step, n_warmup) * (1.0 - _progress(step, n_steps, n_warmup))

    return factor


def cosine_decay(n_steps: int, n_warmup: int = 0) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then fall along half a cosine to 0.

    Implements Loshchilov and Hutter 2017 (arXiv:1608.03983), equation 5, without restarts.

    Args:
        n_steps: Length of the training; from this step on the factor is 0.
        n_warmup: Steps until the factor is 1. The first step already moves, by 1/`n_warmup`.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative or leaves no step to decay.
    """
    _check(n_steps, n_warmup)

    def factor(step: int) -> float:
        fall = (1.0 + math.cos(math.pi * _progress(step, n_steps, n_warmup))) / 2
        return _warmup(step, n_warmup) * fall

    return factor


def _warmup(step: int, n_warmup: int) -> float:
    """Return the share of the warm-up that `step` completes."""
    return min(1.0, (step + 1) / n_warmup) if n_warmup else 1.0


def _progress(step: int, n_steps: int, n_warmup: int) -> float:
    """Return the share of the decay that lies before `step`: 0 during the warm-up, 1 at the end."""
    return min(1.0, max(0, step - n_warmup) / (n_steps - n_warmup))


def _check(n_steps: int, n_warmup: int) -> None:
    if not 0 <= n_warmup < n_steps:
        raise ValueError(f"{n_warmup=} must be at least 0 and less than {n_steps=}")
