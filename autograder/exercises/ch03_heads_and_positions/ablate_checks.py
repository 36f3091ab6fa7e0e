"""What one head is worth: silence it, and see by how much the loss rises."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made
from course_lib.decoder import Decoder

exercise = Exercise(
    name="ablate",
    points=8,
    exports=("ablate",),
    not_allowed=(
        "course_lib.analysis.head_ablation.losses_without_each_head",
        "torch.func.functional_call",
    ),
    hints=(
        "Everything that a head has to say passes `model.blocks[layer].attention.to_out`, whose "
        "input holds the heads side by side, D/H numbers each. Change that input on its way in: "
        "`register_forward_pre_hook` gives you the inputs before the layer sees them.",
        "The hook gets `(module, inputs)` and may return new inputs: clone the tensor, set the "
        "slice from head · D/H to (head + 1) · D/H to 0, return it in a tuple. Take the hook away "
        "with `handle.remove()` in a `finally`, whatever happens in between.",
    ),
    time_limit_s=10.0,
)

MAKER = "course_lib.decoder.build_decoder"


def _recipe(draw: Draw) -> tuple[Made, int, int]:
    """Draw a model, and say how many layers and heads it has; all its sizes differ."""
    n_layers, n_heads, d_head = 2, 3, 2 * draw.integer(2, 4)
    if not draw.small:
        n_layers, n_heads = draw.choice([(2, 4), (3, 2), (3, 4)])
    sizes = {
        "vocab_size": 17,
        "d_model": n_heads * d_head,
        "n_heads": n_heads,
        "n_layers": n_layers,
        "d_ff": 24,
        "seed": draw.integer(0, 10**6),
        "spread": 0.4,  # a model fresh from the press would hardly notice a silent head
    }
    return Made(MAKER, sizes), n_layers, n_heads


def _model(recipe: Made) -> Decoder:
    """Make the judge's own copy."""
    model = make(recipe)
    if not isinstance(model, Decoder):
        raise TypeError(f"{recipe} made a {type(model).__name__}")
    return model


def _tokens(draw: Draw) -> Tensor:
    return draw.integers(0, 16, draw.integer(2, 3), draw.integer(5, 8))


@torch.no_grad()
def _loss(model: Decoder, token_ids: Tensor) -> float:
    logits = model(token_ids[:, :-1]).logits.double()
    chosen = logits.log_softmax(-1).gather(-1, token_ids[:, 1:, None])
    return -chosen.mean().item()


@torch.no_grad()
def _rise(recipe: Made, token_ids: Tensor, layer: int, head: int) -> float:
    """Compute what is expected, with the columns that read the head set to 0."""
    model = _model(recipe)
    base, width = _loss(model, token_ids), model.cfg.d_head
    model.get_parameter(f"blocks.{layer}.attention.to_out.weight")[
        :, head * width : (head + 1) * width
    ] = 0
    return _loss(model, token_ids) - base


# Two losses near 3 are subtracted, each rounded to float32.
ATOL = 5e-5


@exercise.item(
    "the rise of the loss",
    points=4,
    sentence="The result is the loss with the head silenced minus the loss with all heads, a "
    "Python float: mean cross-entropy of each next token.",
)
def _(learner: Learner, draw: Draw) -> None:
    recipe, n_layers, n_heads = _recipe(draw)
    token_ids = _tokens(draw)
    layer, head = draw.integer(0, n_layers - 1), draw.integer(0, n_heads - 1)
    want = _rise(recipe, token_ids, layer, head)
    expect_close(learner.ablate(recipe, token_ids, layer, head), want, atol=ATOL)


@exercise.item(
    "the head that is asked for",
    points=3,
    sentence="Layers and heads are counted from 0; every head has a rise of its own.",
)
def _(learner: Learner, draw: Draw) -> None:
    recipe, n_layers, n_heads = _recipe(draw)
    token_ids = _tokens(draw)
    for layer, head in ((0, 0), (n_layers - 1, n_heads - 1), (0, n_heads - 1), (1, 0)):
        want = _rise(recipe, token_ids, layer, head)
        expect_close(learner.ablate(recipe, token_ids, layer, head), want, atol=ATOL)


@exercise.item(
    "the model stays as it is",
    points=1,
    sentence="Afterwards the model is what it was: no hook left installed, no weight changed, in "
    "the same mode. And the tokens are left alone.",
)
def _(learner: Learner, draw: Draw) -> None:
    recipe, n_layers, _ = _recipe(draw)
    token_ids = _tokens(draw)
    got = learner.ablate(recipe, token_ids, n_layers - 1, 0)
    expect_close(got, _rise(recipe, token_ids, n_layers - 1, 0), atol=ATOL)
    if any("0" in call.changed_arguments for call in learner.calls):
        raise CheckError("the model is no longer what it was: a hook, a weight or its mode", got)
    expect_unchanged(learner)
