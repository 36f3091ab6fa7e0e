"""One step towards what was preferred, by direct preference optimisation."""

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
from course_lib.own_gpt.parameters import Params, State, new_state

exercise = Exercise(
    name="align_step",
    points=8,
    exports=("align_step",),
    not_allowed=(
        "course_lib.own_gpt.reference_training.reference_align_step",
        "course_lib.training.preference_optimisation.prefer_directly",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
    ),
    hints=(
        "Four times `parts.answer_log_p`: the model that learns and the one that it began as, each "
        "on the chosen and on the rejected answers. The reference needs no gradient.",
        "From there on it is `train_step` again, with `parts.dpo_loss` for a loss: copies that "
        "require gradients, `torch.autograd.grad`, `parts.update`. `hyper` is (lr, beta).",
    ),
    time_limit_s=5.0,
)

Answers = tuple[Tensor, Tensor]
Drawn = tuple[Answers, Answers, Params, Params, State, tuple[float, float], int]


def _drawn(draw: Draw) -> Drawn:
    """Draw pairs of answers, a model, another that it began as, memory and rates."""
    model = draw_model(draw, torch.float64, n_layers=1)
    n_pairs, seq_len = (1, 4) if draw.small else (3, 6)
    chosen, rejected = (
        (
            draw_texts(draw, model, n_pairs, seq_len + longer),
            torch.arange(seq_len + longer) >= draw.integers(2, seq_len - 1, n_pairs, 1),
        )
        for longer in (0, 1)
    )
    reference = {
        name: one + draw.normal(*one.shape, scale=0.2, dtype=one.dtype)
        for name, one in model.params.items()
    }
    hyper = draw.integer(2, 9) / 100, draw.integer(3, 8) / 10
    state = draw_state(draw, model.params)
    return chosen, rejected, model.params, reference, state, hyper, model.n_heads


def _want(given: Drawn, altered: tuple[str, ...] = ()) -> tuple[float, Params, State]:
    chosen, rejected, params, reference, state, (lr, beta), n_heads = given
    parts = own(parts_for("align_step", altered))
    leaves = {name: one.clone().requires_grad_() for name, one in params.items()}
    log_p = {
        name: [parts.answer_log_p(*one, numbers, n_heads, parts) for one in (chosen, rejected)]
        for name, numbers in (("policy", leaves), ("reference", reference))
    }
    loss = parts.dpo_loss(*log_p["policy"], *log_p["reference"], beta)
    grads = list(torch.autograd.grad(loss, list(leaves.values())))
    return (loss.item(), *parts.update(params, grads, state, lr, parts))


def _three(got: object) -> tuple:
    return in_tuple(got, 3, "a tuple (loss, params, state)")


@exercise.item(
    "the loss",
    points=3,
    sentence="The loss compares how far the model has moved from the reference on the chosen and "
    "on the rejected answers, before the step: a Python float.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    loss, _, _ = _three(learner.align_step(*given, parts_for("align_step")))
    expect_close(loss, _want(given)[0], rtol=1e-9)


@exercise.item(
    "the step",
    points=2,
    sentence="Every parameter of the model, and none of the reference, moves along the gradient.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    _, moved, kept = _three(learner.align_step(*given, parts_for("align_step")))
    _, want, memory = _want(given)
    expect_close(moved, want, rtol=1e-6, atol=1e-8)
    expect_close(kept, memory, rtol=1e-6, atol=1e-8)


@exercise.item(
    "towards what was preferred",
    points=1,
    sentence="Step after step the loss falls: after eight of them it is lower than at the start.",
)
def _(learner: Learner, draw: Draw) -> None:
    chosen, rejected, _, reference, _, (_, beta), n_heads = _drawn(draw)
    # As every such training begins: at the reference, with nothing to remember.
    params, state, losses = reference, new_state(reference), []
    for _ in range(8):
        given = (chosen, rejected, params, reference, state, (0.01, beta), n_heads)
        loss, params, state = _three(learner.align_step(*given, parts_for("align_step")))
        losses.append(loss)
    expect_true(losses[-1] < losses[0], f"the loss went from {losses[0]:.3f} to {losses[-1]:.3f}")


@exercise.item(
    "made of the parts, nothing changed",
    points=2,
    sentence="Probabilities, loss and update are taken from `parts`; the arguments stay as they "
    "are, and the new parameters require no gradient.",
)
def _(learner: Learner, draw: Draw) -> None:
    given, used = _drawn(draw), ("answer_log_p", "dpo_loss", "update")
    got = _three(learner.align_step(*given, parts_for("align_step", used)))
    expect_close(got, _want(given, used), rtol=1e-6, atol=1e-8)
    expect_true(not any(one.requires_grad for one in got[1].values()), "parameters hang on")
    expect_unchanged(learner)
