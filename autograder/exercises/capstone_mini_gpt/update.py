"""Answers to the exercise about moving all parameters: mistakes, and other right ways."""

from autograder.exercises.capstone_mini_gpt.update_checks import exercise
from course_lib.own_gpt.parameters import ADAMW, MAX_NORM
from course_lib.own_gpt.parts import Parts

__all__ = ["exercise"]


@exercise.misconception(
    "The gradient is followed at any length. One odd batch could throw the model far away: shorten "
    "first, with `parts.clip_by_global_norm`."
)
def never_shortened(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Leave the gradients as they are."""
    moved, kept = {}, {}
    for name, grad in zip(params, grads, strict=True):
        pair = parts.adamw_step(params[name], grad, state[name], (lr, *ADAMW))
        moved[name], kept[name] = pair
    return moved, kept


@exercise.misconception(
    "Each gradient is shortened by itself. Then long ones and short ones become equally long, and "
    "the step goes another way. All of them together are one vector."
)
def each_by_itself(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Shorten one at a time."""
    moved, kept = {}, {}
    for name, grad in zip(params, grads, strict=True):
        (short,) = parts.clip_by_global_norm([grad], MAX_NORM)
        moved[name], kept[name] = parts.adamw_step(params[name], short, state[name], (lr, *ADAMW))
    return moved, kept


@exercise.misconception(
    "The memory comes back as it went in. The next update would begin where this one did: hand "
    "back what `parts.adamw_step` gives."
)
def memory_stands_still(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Throw the new memory away."""
    short = parts.clip_by_global_norm(grads, MAX_NORM)
    moved = {}
    for name, grad in zip(params, short, strict=True):
        moved[name], _ = parts.adamw_step(params[name], grad, state[name], (lr, *ADAMW))
    return moved, state


@exercise.misconception(
    "Every update begins without a memory. What AdamW knows of a parameter stands in `state` under "
    "its name: hand it over."
)
def begins_anew(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Begin each parameter without a memory."""
    short = parts.clip_by_global_norm(grads, MAX_NORM)
    moved, kept = {}, {}
    for name, grad in zip(params, short, strict=True):
        nothing = (0 * grad, 0 * grad, 0)
        moved[name], kept[name] = parts.adamw_step(params[name], grad, nothing, (lr, *ADAMW))
    return moved, kept


@exercise.alternative
def in_comprehensions(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Make all pairs, then take them apart."""
    short = dict(zip(params.keys(), parts.clip_by_global_norm(list(grads), MAX_NORM), strict=True))
    hyper = (lr, *ADAMW)
    pairs = {n: parts.adamw_step(params[n], short[n], state[n], hyper) for n in params}
    return {n: pair[0] for n, pair in pairs.items()}, {n: pair[1] for n, pair in pairs.items()}


@exercise.alternative
def by_number(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Count the parameters, and look names and gradients up."""
    names, short = list(params), parts.clip_by_global_norm(grads, MAX_NORM)
    moved, memory = {}, {}
    for i in range(len(names)):
        pair = parts.adamw_step(params[names[i]], short[i], state[names[i]], (lr, *ADAMW))
        moved[names[i]], memory[names[i]] = pair
    return moved, memory


@exercise.alternative
def into_copies(params: dict, grads: list, state: dict, lr: float, parts: Parts) -> tuple:
    """Begin with copies of both dicts, and replace what stands in them."""
    moved, memory = dict(params), dict(state)
    for name, grad in zip(params, parts.clip_by_global_norm(grads, MAX_NORM), strict=True):
        after = parts.adamw_step(params[name], grad, state[name], (lr, *ADAMW))
        moved.update({name: after[0]})
        memory.update({name: after[1]})
    return moved, memory
