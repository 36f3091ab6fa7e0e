"""A whole training: a step for each batch, at a rate that rises and falls, down towards a floor."""

from functools import cache

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.capstone_mini_gpt.drawn import (
    draw_model,
    draw_texts,
    in_tuple,
    own,
    parts_for,
)
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner
from course_lib.data.markov import MarkovSource, make_markov_source
from course_lib.own_gpt.parameters import Params, Sizes, new_params, new_state, nothing_yet
from course_lib.own_gpt.reference_model import reference_gpt

exercise = Exercise(
    name="train",
    points=10,
    exports=("train",),
    not_allowed=(
        "course_lib.own_gpt.reference_training.reference_train",
        "course_lib.own_gpt.reference_training.reference_train_step",
        "course_lib.training.loop.train",
        "course_lib.own_gpt.stand_ins.reference_parts",
        "course_lib.own_gpt.stand_ins.parts_for",
    ),
    hints=(
        "AdamW's memory begins with `new_state(params)`, once. What a step gives back goes into "
        "the next one: parameters and memory alike.",
        "The number of steps is the number of batches. The first step is step 0, and its rate is "
        "`parts.lr_at(0, warmup, n_steps, peak, 0.0)`.",
    ),
    time_limit_s=20.0,
)

# A source of five symbols, whose entropy is known. A GPT of one block and 900 numbers comes within
# a twentieth of a nat of it in 150 steps, from whichever seed; an untrained one is half a nat off.
N_SYMBOLS, N_STEPS, PEAK, WARMUP = 5, 60, 0.03, 8
BATCH_SIZE, SEQ_LEN = 16, 12
MOST_ABOVE = 0.4
SIZES = Sizes(vocab_size=N_SYMBOLS + 1, d_model=12, n_heads=2, n_layers=1, d_ff=16)

Drawn = tuple[list[Tensor], Params, int, float, int]


@cache
def _source() -> MarkovSource:
    return make_markov_source(seed=3, n_symbols=N_SYMBOLS, spread=1.5)


def _drawn(draw: Draw) -> Drawn:
    """Draw batches of different sizes, parameters, the heads, a peak and a warm-up."""
    model = draw_model(draw, torch.float64, n_layers=1)
    n_batches = 3 if draw.small else 6
    batches = [draw_texts(draw, model, 1 + n % 2, 3 + n % 3) for n in range(n_batches)]
    return batches, model.params, model.n_heads, draw.integer(2, 6) / 100, 2


def _want(
    batches: list[Tensor],
    params: Params,
    n_heads: int,
    peak: float,
    warmup: int,
    altered: tuple[str, ...] = (),
) -> tuple[Params, list[float]]:
    parts = own(parts_for("train", altered))
    state, losses = new_state(params), []
    for step, batch in enumerate(batches):
        rate = parts.lr_at(step, warmup, len(batches), peak, 0.0)
        loss, params, state = parts.train_step(batch, params, state, rate, n_heads, parts)
        losses.append(loss)
    return params, losses


def _pair(got: object) -> tuple:
    return in_tuple(got, 2, "a pair (params, losses)")


def nats_above_entropy(params: Params) -> float:
    """Measure how far a model of the source lies above its entropy, without the luck of a draw.

    Raises:
        CheckError: These are no parameters of such a model.
    """
    texts = _source().draw(200, SEQ_LEN, torch.Generator().manual_seed(99))
    past = nothing_yet(params, len(texts), SIZES.n_heads)
    logits, _ = reference_gpt(texts + 1, params, past, SIZES.n_heads)
    return _source().excess(logits[..., 1:], texts).item()


@exercise.item(
    "the losses",
    points=2,
    sentence="There is one loss for each batch, in their order, as a list.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    _, losses = _pair(learner.train(*given, parts_for("train")))
    expect_close(losses, _want(*given)[1], rtol=1e-6)


@exercise.item(
    "the way of the rate",
    points=3,
    sentence="Each step takes its rate from `parts.lr_at`, and goes on from the parameters and the "
    "memory that the step before gave.",
)
def _(learner: Learner, draw: Draw) -> None:
    given = _drawn(draw)
    params, _ = _pair(learner.train(*given, parts_for("train")))
    expect_close(params, _want(*given)[0], rtol=1e-6, atol=1e-8)
    expect_unchanged(learner)


@exercise.item(
    "made of the parts",
    points=1,
    sentence="The rate and the step are taken from `parts`: where a part does something else, the "
    "training does.",
)
def _(learner: Learner, draw: Draw) -> None:
    given, used = _drawn(draw), ("lr_at", "train_step")
    got = _pair(learner.train(*given, parts_for("train", used)))
    expect_close(got, _want(*given, used), rtol=1e-6, atol=1e-8)


@exercise.item(
    "down to the floor",
    points=4,
    sentence="After 60 steps on a source whose entropy is known, the model lies less than 0.4 nats "
    "a symbol above it; untrained it lay more than one above.",
)
def _(learner: Learner, draw: Draw) -> None:
    generator = torch.Generator().manual_seed(draw.integer(0, 2**31 - 1))
    texts = _source().draw(BATCH_SIZE * N_STEPS, SEQ_LEN, generator) + 1
    batches = list(texts.split(BATCH_SIZE))
    start = new_params(SIZES, generator)
    params, _ = _pair(
        learner.train(batches, start, SIZES.n_heads, PEAK, WARMUP, parts_for("train"))
    )
    _expect_alike(params, start)
    above = nats_above_entropy(params)
    expect_true(
        above < MOST_ABOVE,
        f"the model lies {above:.2f} nats a symbol above the entropy, the least possible loss",
    )


def _expect_alike(params: object, start: Params) -> None:
    """Judge that parameters have the names, shapes and dtypes of others."""
    if type(params) is not dict or set(params) != set(start):
        raise CheckError("the parameters do not have the names that they had")
    for name, one in start.items():
        if type(params[name]) is not Tensor or params[name].shape != one.shape:
            raise CheckError(f"{name} is no longer a tensor of the shape {tuple(one.shape)}")
