"""Answers to the exercise about a whole training: mistakes, and other right ways."""

from autograder.exercises.capstone_mini_gpt.train_checks import exercise
from course_lib.own_gpt.parameters import new_state
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "The rate is the peak in every step. At the end it must fall to 0, so that the parameters "
    "settle: ask `parts.lr_at` in each step."
)
def always_the_peak(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Take the peak throughout."""
    state, losses = new_state(params), []
    for batch in batches:
        loss, params, state = parts.train_step(batch, params, state, peak, n_heads, parts)
        losses.append(loss)
    return params, losses


@exercise.misconception(
    "Each step begins with an empty memory. Then AdamW never learns how large gradients usually "
    "are: make the memory once, before the loop."
)
def memory_lost(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Make the memory anew."""
    losses = []
    for step, batch in enumerate(batches):
        lr = parts.lr_at(step, warmup, len(batches), peak, 0.0)
        loss, params, _ = parts.train_step(batch, params, new_state(params), lr, n_heads, parts)
        losses.append(loss)
    return params, losses


@exercise.misconception(
    "The steps are counted from 1. `parts.lr_at` counts from 0: so every step has the rate of the "
    "one after it."
)
def counted_from_one(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Begin with step 1."""
    state, losses = new_state(params), []
    for step, batch in enumerate(batches, start=1):
        lr = parts.lr_at(step, warmup, len(batches), peak, 0.0)
        loss, params, state = parts.train_step(batch, params, state, lr, n_heads, parts)
        losses.append(loss)
    return params, losses


@exercise.misconception(
    "Every step begins with the untrained parameters, and what it gives is thrown away. Go on from "
    "what the step before gave."
)
def always_from_the_start(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Forget what was learned."""
    state, losses, moved = new_state(params), [], params
    for step, batch in enumerate(batches):
        lr = parts.lr_at(step, warmup, len(batches), peak, 0.0)
        loss, moved, state = parts.train_step(batch, params, state, lr, n_heads, parts)
        losses.append(loss)
    return moved, losses


@exercise.alternative
def with_the_rates_first(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Make all rates, then walk along batches and rates together."""
    n_steps, losses = len(batches), []
    rates = [parts.lr_at(step, warmup, n_steps, peak, 0.0) for step in range(n_steps)]
    now = (dict(params), new_state(params))
    for batch, rate in zip(batches, rates, strict=True):
        loss, *now = parts.train_step(batch, *now, rate, n_heads, parts)
        losses += [loss]
    return now[0], losses


@exercise.alternative
def counted_by_hand(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Count the steps in a variable."""
    now, memory, told, step = params, new_state(params), [], 0
    n_steps = len(batches)
    while step < n_steps:
        rate = parts.lr_at(step, warmup, n_steps, peak, 0.0)
        loss, now, memory = parts.train_step(batches[step], now, memory, rate, n_heads, parts)
        told.append(loss)
        step += 1
    return now, told


@exercise.alternative
def step_as_a_function(
    batches: list, params: dict, n_heads: int, peak: float, warmup: int, parts: Parts
) -> tuple:
    """Keep what changes in a dict, and let a function take each step."""
    held = {"params": params, "state": new_state(params)}

    def take(step: int) -> float:
        lr = parts.lr_at(step, warmup, len(batches), peak, 0.0)
        loss, held["params"], held["state"] = parts.train_step(
            batches[step], held["params"], held["state"], lr, n_heads, parts
        )
        return loss

    losses = [take(step) for step in range(len(batches))]
    return held["params"], losses
