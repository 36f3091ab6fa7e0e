"""The whole model: vectors, blocks, a last normalisation, and the embedding once more."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    double,
    draw_model,
    draw_past,
    draw_texts,
    gpt_of,
    in_tuple,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.own_gpt.parameters import Params, Past

exercise = Exercise(
    name="gpt",
    points=10,
    exports=("gpt",),
    not_allowed=(
        "course_lib.own_gpt.reference_model.reference_gpt",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
        "autograder.visible.given_model",
    ),
    hints=(
        "`past` is a list of pairs, one for each block, and so is what comes back. "
        "`params_of_block(params, layer)` gives a block its parameters under their short names.",
        "`parts.embed` gives a pair; its second half holds the vectors. Behind the last block "
        "comes `final_norm`, and then a product with the table of embeddings, turned on its side.",
    ),
    time_limit_s=5.0,
)

USED = ("embed", "gpt_block", "rms_norm")
Drawn = tuple[Tensor, Params, Past, int]


def _drawn(draw: Draw, n_past: int, dtype: torch.dtype = torch.float32) -> Drawn:
    """Draw texts, the parameters of a model, its past and the number of heads."""
    model = draw_model(draw, dtype, n_layers=5)  # not as many as heads
    n_texts, seq_len = (1, 2) if draw.small else (2, 5)
    texts = draw_texts(draw, model, n_texts, seq_len)
    return texts, model.params, draw_past(draw, model, n_texts, n_past), model.n_heads


def _want(given: Drawn, altered: tuple[str, ...] = ()) -> tuple[Tensor, Past]:
    texts, params, past, n_heads = given
    parts, dtype = own(parts_for("gpt", altered)), params["embedding"].dtype
    before = [(k.double(), v.double()) for k, v in past]
    logits, grown = gpt_of(texts, double(params), before, n_heads, parts)
    return logits.to(dtype), [(k.to(dtype), v.to(dtype)) for k, v in grown]


def _halves(got: object) -> tuple:
    logits, grown = in_tuple(got, 2, "a pair (logits, past)")
    if type(grown) is not list:
        raise CheckError("the past is not a list of pairs", grown)
    return logits, grown


@exercise.item(
    "the scores",
    points=4,
    sentence="The vectors go through the blocks, one after the other, each with its own "
    "parameters; then come the last normalisation and a product with every row of the table.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 0)
    logits, _ = _halves(learner.gpt(*given, parts_for("gpt")))
    expect_close(logits, _want(given)[0])


@exercise.item(
    "the past",
    points=3,
    sentence="Each block is given its own past, and what comes back holds the new keys and values "
    "of every block, in their order, behind the old ones.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 1 if draw.small else 3)
    got = learner.gpt(*given, parts_for("gpt"))
    _halves(got)
    expect_close(got, _want(given))


@exercise.item(
    "made of the parts",
    points=2,
    sentence="Vectors, blocks and normalisation are taken from `parts`: where a part does "
    "something else, the model does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw, 1 if draw.small else 3)
    got = learner.gpt(*given, parts_for("gpt", USED))
    _halves(got)
    expect_close(got, _want(given, USED))


@exercise.item(
    "float64, gradients, and nothing changed",
    points=1,
    sentence="The scores have the dtype of the parameters and hang on them, so that gradients can "
    "flow, and the arguments, the list of the past too, stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    texts, params, past, n_heads = _drawn(draw, 2, torch.float64)
    params = {name: one.requires_grad_() for name, one in params.items()}
    got = learner.gpt(texts, params, past, n_heads, parts_for("gpt"))
    logits, _ = _halves(got)
    want = _want((texts, params, past, n_heads))
    expect_close(got, want)
    expect_true(logits.requires_grad, "the scores do not hang on the parameters: something cut off")
    expect_unchanged(learner)
