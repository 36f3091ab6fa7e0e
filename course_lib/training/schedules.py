"""How the learning rate moves during training: up from nothing, then down to little or nothing.

A schedule is a function of the step that gives a factor between 0 and 1 on the optimiser's own
learning rate. `train` calls it before each step. A warm-up of `n_warmup` steps moves at once: the
first step has the factor 1/`n_warmup`, and the last of them 1.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(step: int) -> float:
    """Leave the learning rate as it is at every step."""
    return 1.0


def constant_after_warmup(n_warmup: int) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then stay.

    Args:
        n_warmup: Steps until the factor is 1.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative.
    """
    _check_warmup(n_warmup)
    return lambda step: _warmup(step, n_warmup)


def linear_decay(n_steps: int, n_warmup: int = 0, *, floor: float = 0.0) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then fall in a straight line to the floor.

    Args:
        n_steps: Length of the training; from this step on the factor is `floor`.
        n_warmup: Steps until the factor is 1.
        floor: The factor at the end, from 0 to 1.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative or leaves no step to decay, or the floor is no share.
    """
    _check(n_steps, n_warmup, floor)

    def factor(step: int) -> float:
        fall = 1.0 - _progress(step, n_steps, n_warmup)
        return _warmup(step, n_warmup) * (floor + (1.0 - floor) * fall)

    return factor


def cosine_decay(n_steps: int, n_warmup: int = 0, *, floor: float = 0.0) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then fall along half a cosine to the floor.

    Implements Loshchilov and Hutter 2017 (arXiv:1608.03983), equation 5, without restarts.

    Args:
        n_steps: Length of the training; from this step on the factor is `floor`.
        n_warmup: Steps until the factor is 1.
        floor: The factor at the end, from 0 to 1.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative or leaves no step to decay, or the floor is no share.
    """
    _check(n_steps, n_warmup, floor)

    def factor(step: int) -> float:
        fall = (1.0 + math.cos(math.pi * _progress(step, n_steps, n_warmup))) / 2
        return _warmup(step, n_warmup) * (floor + (1.0 - floor) * fall)

    return factor


def inverse_root_decay(n_warmup: int) -> Schedule:
    """Rise in a straight line for `n_warmup` steps, then fall with the root of the steps done.

    Implements Vaswani et al. 2017 (arXiv:1706.03762), equation 3, divided by its largest value. It
    knows no end: four times the warm-up halves the factor, sixteen times quarters it.

    Args:
        n_warmup: Steps until the factor is 1. Without any, the first step is the highest.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative.
    """
    _check_warmup(n_warmup)
    top = max(1, n_warmup)  # the paper counts steps from 1
    return lambda step: min((step + 1) / top, math.sqrt(top / (step + 1)))


def stable_then_decay(n_steps: int, n_warmup: int, n_decay: int, *, floor: float = 0.0) -> Schedule:
    """Rise in a straight line, stay, and fall in a straight line over the last `n_decay` steps.

    "Warm-up, stable, decay" of Hu et al. 2024 (arXiv:2404.06395), whose fall is exponential; a
    straight line is one of those that Hägele et al. 2024 (arXiv:2405.18392) compare.

    Args:
        n_steps: Length of the training; from this step on the factor is `floor`.
        n_warmup: Steps until the factor is 1.
        n_decay: Steps of the fall.
        floor: The factor at the end, from 0 to 1.

    Returns:
        The factor as a function of the step, counted from 0.

    Raises:
        ValueError: The warm-up is negative, there is no step to decay, both together are longer
            than the training, or the floor is no share.
    """
    _check(n_steps, n_warmup, floor)
    if not 0 < n_decay <= n_steps - n_warmup:
        raise ValueError(f"{n_decay=} must be above 0 and leave room for {n_warmup=} in {n_steps=}")

    def factor(step: int) -> float:
        fall = 1.0 - _progress(step, n_steps, n_steps - n_decay)
        return _warmup(step, n_warmup) * (floor + (1.0 - floor) * fall)

    return factor


def _warmup(step: int, n_warmup: int) -> float:
    """Return the share of the warm-up that `step` completes."""
    return min(1.0, (step + 1) / n_warmup) if n_warmup else 1.0


def _progress(step: int, n_steps: int, n_before: int) -> float:
    """Return the share of the decay that lies before `step`: 0 until it begins, 1 at the end."""
    return min(1.0, max(0, step - n_before) / (n_steps - n_before))


def _check(n_steps: int, n_warmup: int, floor: float) -> None:
    if not 0 <= n_warmup < n_steps:
        raise ValueError(f"{n_warmup=} must be at least 0 and less than {n_steps=}")
    if not 0 <= floor <= 1:
        raise ValueError(f"{floor=} must be a share of the peak, from 0 to 1")


def _check_warmup(n_warmup: int) -> None:
    if n_warmup < 0:
        raise ValueError(f"{n_warmup=} must be at least 0")
