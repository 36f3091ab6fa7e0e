"""One block of a GPT with a past, made from the parts."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    block_of,
    double,
    draw_model,
    draw_past,
    in_tuple,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.own_gpt.parameters import Params, params_of_block

exercise = Exercise(
    name="gpt_block",
    points=18,
    exports=("gpt_block",),
    not_allowed=(
        "course_lib.own_gpt.reference_model.reference_block",
        "course_lib.own_gpt.reference_model.reference_gpt",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
        "autograder.visible.given_model",
    ),
    hints=(
        "Two halves, each of the form `x = x + …(parts.rms_norm(x, …))`. In the first the new "
        "tokens make queries, keys and values; keys and values go behind the past, and only then "
        "do the queries look.",
        "The past has `past[0].shape[2]` tokens, so the new ones stand at that place and after. "
        "Turn queries and keys by these places before anything is joined: a key is kept turned, a "
        "value is never turned. `parts.causal_mask(n_queries, n_keys)` knows that the queries are "
        "the last of the keys. What may not be seen has the score −∞ before the softmax.",
    ),
    time_limit_s=5.0,
)

USED = (
    *("rms_norm", "split_heads", "apply_rope", "causal_mask"),
    *("stable_softmax", "merge_heads", "swiglu"),
)
Pair = tuple[Tensor, Tensor]


def _drawn(
    draw: Draw, n_past: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Params, Pair, int]:
    """Draw a stream, the parameters of a block, its past and the number of heads."""
    model = draw_model(draw, dtype, n_layers=1)
    n_texts, seq_len = (1, 2) if draw.small else (2, 5)
    x = draw.normal(n_texts, seq_len, model.n_heads * model.d_head, dtype=dtype)
    (past,) = draw_past(draw, model, n_texts, n_past)
    return x, params_of_block(model.params, 0), past, model.n_heads


def _want(
    x: Tensor, params: Params, past: Pair, n_heads: int, altered: tuple[str, ...] = ()
) -> tuple[Tensor, Pair]:
    parts = own(parts_for("gpt_block", altered))
    pair = past[0].double(), past[1].double()
    y, (k, v) = block_of(x.double(), double(params), pair, n_heads, parts)
    return y.to(x.dtype), (k.to(x.dtype), v.to(x.dtype))


def _halves(got: object) -> tuple:
    y, pair = in_tuple(got, 2, "a pair (x, (k, v))")
    return y, in_tuple(pair, 2, "a pair (x, (k, v))")


@exercise.item(
    "a text from its beginning",
    points=5,
    sentence="With an empty past each token sees itself and those before it; attention and the "
    "gated layer both read the normalised stream and add to it.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 0)
    y, _ = _halves(learner.gpt_block(*given, parts_for("gpt_block")))
    expect_close(y, _want(*given)[0])


@exercise.item(
    "a text that goes on",
    points=5,
    sentence="The new tokens stand behind those of the past, and see them all.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 1 if draw.small else 3)
    y, _ = _halves(learner.gpt_block(*given, parts_for("gpt_block")))
    expect_close(y, _want(*given)[0])


@exercise.item(
    "what is kept",
    points=3,
    sentence="The keys, turned, and the values, not turned, stand behind those of the past.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 1 if draw.small else 4)
    _, pair = _halves(learner.gpt_block(*given, parts_for("gpt_block")))
    expect_close(pair, _want(*given)[1])


@exercise.item(
    "made of the parts",
    points=3,
    sentence="Each step is taken from `parts`: where a part does something else, the block does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 1 if draw.small else 3)
    got = learner.gpt_block(*given, parts_for("gpt_block", USED))
    _halves(got)
    expect_close(got, _want(*given, USED))


@exercise.item(
    "float64, gradients, and nothing changed",
    points=2,
    sentence="The result has the dtype of the stream, gradients reach stream and parameters, and "
    "the arguments stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, params, past, n_heads = _drawn(draw, 2, torch.float64)
    slopes = draw.normal(*x.shape, dtype=torch.float64)
    x.requires_grad_()
    got, gradients = learner.gpt_block.vjp(
        (slopes,), x, params, past, n_heads, parts_for("gpt_block")
    )
    _halves(got)
    want = _want(x, params, past, n_heads)
    expect_close(got, want)
    (expected,) = torch.autograd.grad(want[0], (x,), slopes)
    expect_gradient(gradients[0], expected)
    expect_unchanged(learner)
