"""One move of every parameter: the gradient shortened, then AdamW."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import draw_state, in_tuple, own, parts_for
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.own_gpt.parameters import ADAMW, MAX_NORM, Params, State

exercise = Exercise(
    name="update",
    points=10,
    exports=("update",),
    not_allowed=(
        "torch.optim.AdamW",
        "torch.nn.utils.clip_grad_norm_",
        "course_lib.own_gpt.reference_training.reference_update",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
        "autograder.visible.given_model",
    ),
    hints=(
        "The gradients are shortened once, all of them together, before any parameter moves.",
        "`grads` has the order of `params`. For each name hand `parts.adamw_step` the parameter, "
        "its gradient, its own memory and `(lr, *ADAMW)`; it gives a pair. Two new dicts come "
        "back.",
    ),
    time_limit_s=5.0,
)

Drawn = tuple[Params, list[Tensor], State, float]


def _drawn(draw: Draw, length: float, dtype: torch.dtype = torch.float64) -> Drawn:
    """Draw parameters, gradients of a length, the memory and a learning rate."""
    shapes = {"one": (2, 3), "two": (4,), "three": (3, 1)}
    if draw.small:
        shapes = {"one": (2,), "two": (1,)}
    params = {name: draw.normal(*shape, dtype=dtype) for name, shape in shapes.items()}
    grads = [draw.normal(*shape, dtype=dtype) for shape in shapes.values()]
    now = sum(float(grad.square().sum()) for grad in grads) ** 0.5 or 1.0
    grads = [grad * (length / now) for grad in grads]
    return params, grads, draw_state(draw, params), draw.integer(2, 9) / 100


def _want(
    params: Params, grads: list[Tensor], state: State, lr: float, altered: tuple[str, ...] = ()
) -> tuple[Params, State]:
    parts = own(parts_for("update", altered))
    short = parts.clip_by_global_norm(grads, MAX_NORM)
    pairs = [
        parts.adamw_step(params[name], grad, state[name], (lr, *ADAMW))
        for name, grad in zip(params, short, strict=True)
    ]
    moved = {name: pair[0] for name, pair in zip(params, pairs, strict=True)}
    return moved, {name: pair[1] for name, pair in zip(params, pairs, strict=True)}


def _pair(got: object) -> tuple:
    return in_tuple(got, 2, "a pair (params, state)")


@exercise.item(
    "every parameter moves",
    points=4,
    sentence="Each parameter goes one step of AdamW along its own gradient, with its own memory.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 0.5)
    moved, _ = _pair(learner.update(*given, parts_for("update")))
    expect_close(moved, _want(*given)[0])


@exercise.item(
    "a long gradient is shortened",
    points=3,
    sentence="All gradients together are one vector; where it is longer than MAX_NORM, all of them "
    "shrink by the same factor.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 7.0)
    got = learner.update(*given, parts_for("update"))
    _pair(got)
    expect_close(got, _want(*given))


@exercise.item(
    "the memory goes on",
    points=1,
    sentence="The memory that comes back goes into the next update: two of them, one after the "
    "other, move each parameter on.",
)
def _(learner: Learner, draw: Draw) -> None:
    params, grads, state, lr = _drawn(draw, 0.5)
    moved, grown = _want(params, grads, state, lr)
    got = _pair(learner.update(params, grads, state, lr, parts_for("update")))
    again = _pair(learner.update(got[0], grads, got[1], lr, parts_for("update")))
    expect_close(again, _want(moved, grads, grown, lr))


@exercise.item(
    "made of the parts",
    points=1,
    sentence="Shortening and AdamW are taken from `parts`: where a part does something else, the "
    "update does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 7.0)
    used = ("clip_by_global_norm", "adamw_step")
    got = learner.update(*given, parts_for("update", used))
    _pair(got)
    expect_close(got, _want(*given, used))


@exercise.item(
    "float32, and nothing changed",
    points=1,
    sentence="The new parameters have the dtype of the old ones, which stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 0.5, torch.float32)
    got = learner.update(*given, parts_for("update"))
    _pair(got)
    expect_close(got, _want(*given), rtol=1e-4, atol=1e-5)
    expect_unchanged(learner)
