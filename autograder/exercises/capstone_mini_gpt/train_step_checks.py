"""One step of training on a batch of texts."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    draw_model,
    draw_state,
    draw_texts,
    in_tuple,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.own_gpt.parameters import Params, State, nothing_yet
from course_lib.own_gpt.tales import PAD

exercise = Exercise(
    name="train_step",
    points=10,
    exports=("train_step",),
    not_allowed=(
        "course_lib.own_gpt.reference_training.reference_train_step",
        "course_lib.own_gpt.reference_training.reference_train",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
        "autograder.visible.given_model",
    ),
    hints=(
        "Forward, loss, gradients, update. The loss is that of `parts.next_token_loss`, which can "
        "ignore one token: the padding says nothing about language.",
        "Gradients are asked for by parameters that require them: make a copy of each with "
        "`.detach().requires_grad_()`, under the same names. `torch.autograd.grad(loss, list(…))` "
        "gives one gradient a parameter, in this order.",
    ),
    time_limit_s=5.0,
)

Drawn = tuple[Tensor, Params, State, float, int]


def _drawn(draw: Draw) -> Drawn:
    """Draw texts, of which one is shorter, parameters, memory, a learning rate and the heads."""
    model = draw_model(draw, torch.float64, n_layers=2)
    n_texts, seq_len = (3, 3) if draw.small else (4, 6)  # not as many texts as heads
    texts = draw_texts(draw, model, n_texts, seq_len)
    texts[0, -(1 if draw.small else 3) :] = PAD
    state = draw_state(draw, model.params)
    return texts, model.params, state, draw.integer(2, 9) / 100, model.n_heads


def _want(
    texts: Tensor,
    params: Params,
    state: State,
    lr: float,
    n_heads: int,
    altered: tuple[str, ...] = (),
) -> tuple[float, Params, State]:
    parts = own(parts_for("train_step", altered))
    leaves = {name: one.clone().requires_grad_() for name, one in params.items()}
    past = nothing_yet(leaves, len(texts), n_heads)
    loss = parts.next_token_loss(parts.gpt(texts, leaves, past, n_heads, parts)[0], texts, PAD)
    grads = list(torch.autograd.grad(loss, [leaves[name] for name in leaves]))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


def _three(got: object) -> tuple:
    return in_tuple(got, 3, "a tuple (loss, params, state)")


@exercise.item(
    "the loss",
    points=3,
    sentence="The loss is the mean surprise at each next token before the step, padding left out: "
    "a Python float.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    loss, _, _ = _three(learner.train_step(*given, parts_for("train_step")))
    expect_close(loss, _want(*given)[0], rtol=1e-9)


@exercise.item(
    "the step",
    points=4,
    sentence="Every parameter is moved along the gradient of this loss, by `parts.update`, with "
    "the learning rate and the memory that were handed over.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    _, moved, kept = _three(learner.train_step(*given, parts_for("train_step")))
    _, want, memory = _want(*given)
    expect_close(moved, want, rtol=1e-6, atol=1e-8)
    expect_close(kept, memory, rtol=1e-6, atol=1e-8)


@exercise.item(
    "made of the parts",
    points=2,
    sentence="Model, loss and update are taken from `parts`: where a part does something else, the "
    "step does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    used = ("gpt", "next_token_loss", "update")
    got = _three(learner.train_step(*given, parts_for("train_step", used)))
    expect_close(got, _want(*given, used), rtol=1e-6, atol=1e-8)


@exercise.item(
    "nothing hangs on, nothing changed",
    points=1,
    sentence="The new parameters remember no computation (they require no gradient), and the old "
    "ones and their memory stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    _, moved, _ = _three(learner.train_step(*given, parts_for("train_step")))
    expect_close(moved, _want(*given)[1], rtol=1e-6, atol=1e-8)
    hanging = [name for name, one in moved.items() if one.requires_grad]
    expect_true(not hanging, f"{', '.join(hanging[:2])} … require a gradient")
    expect_unchanged(learner)
