"""The logit lens: what each layer would predict if it were the last."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import expect_close, expect_gradient, expect_unchanged
from autograder.exercises.protocol import Learner
from autograder.sandbox.makers import make
from autograder.sandbox.wire import Made

exercise = Exercise(
    name="logit_lens",
    points=6,
    exports=("logit_lens",),
    not_allowed=(),
    hints=(
        "What does the model itself do behind its last block? It normalises the stream, and "
        "multiplies with the unembedding. Do the same with the stream of every layer.",
        "`norm` works along the last axis and takes any axes before it: hand it all layers at "
        "once, or one after the other. The unembedding multiplies from the right, (D, V).",
    ),
    time_limit_s=5.0,
)

NORM = "course_lib.layers.layer_norm_from"


def _norm(draw: Draw, d_model: int, dtype: torch.dtype = torch.float32) -> Made:
    """Draw a LayerNorm whose gains and biases were learned."""
    gain, bias = draw.normal(d_model, dtype=dtype), draw.normal(d_model, dtype=dtype)
    return Made(NORM, {"gain": gain + 0.5, "bias": bias})


def _lens(hidden_states: Tensor, norm: Made, unembed: Tensor) -> Tensor:
    """Compute what is expected, layer by layer, on the judge's own copy of the norm."""
    apply = cast(Any, make(norm))
    return torch.stack([torch.einsum("td,dv->tv", apply(one), unembed) for one in hidden_states])


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Made, Tensor]:
    """Draw a stream that grows from layer to layer, as a model's does; all sizes differ."""
    n_layers, seq_len, d_model, vocab_size = draw.sizes(4)
    growth = torch.arange(1, n_layers + 1).reshape(-1, 1, 1)
    hidden_states = growth * (draw.normal(n_layers, seq_len, d_model, dtype=dtype) + 0.5)
    unembed = draw.normal(d_model, vocab_size, dtype=dtype)
    return hidden_states, _norm(draw, d_model, dtype), unembed


@exercise.item(
    "every layer is normalised, then read",
    points=3,
    sentence="The stream of each layer goes through the final norm and is multiplied with the "
    "unembedding: logits of shape (L, T, V).",
)
def _(learner: Learner, draw: Draw) -> None:
    hidden_states, norm, unembed = _inputs(draw)
    want = _lens(hidden_states, norm, unembed).detach()
    expect_close(learner.logit_lens(hidden_states, norm, unembed), want)
    plain = Made("course_lib.normalisation.RMSNorm", {"d_model": len(unembed), "eps": 0.1})
    want = _lens(hidden_states, plain, unembed).detach()
    expect_close(learner.logit_lens(hidden_states, plain, unembed), want)


@exercise.item(
    "as many layers and tokens as components",
    points=1,
    sentence="The norm runs along the components, the last axis, and the unembedding multiplies "
    "from the right, where L, T, D and V happen to be equal too.",
)
def _(learner: Learner, draw: Draw) -> None:
    (size,) = draw.sizes(1)
    hidden_states, unembed = draw.normal(size, size, size) + 0.5, draw.normal(size, size)
    norm = _norm(draw, size)
    want = _lens(hidden_states, norm, unembed).detach()
    expect_close(learner.logit_lens(hidden_states, norm, unembed), want)


@exercise.item(
    "one layer or many",
    points=1,
    sentence="The first layer is read as the last is: none is left out, none is normalised twice.",
)
def _(learner: Learner, draw: Draw) -> None:
    hidden_states, norm, unembed = _inputs(draw)
    want = _lens(hidden_states, norm, unembed).detach()
    for i in (0, len(hidden_states) - 1):
        got = learner.logit_lens(hidden_states[i : i + 1], norm, unembed)
        expect_close(got, want[i : i + 1])


@exercise.item(
    "everything learns",
    points=1,
    sentence="Gradients reach the hidden states and the unembedding; float64 stays float64, and "
    "the norm and the inputs are left as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    hidden_states, norm, unembed = _inputs(draw, torch.float64)
    own = hidden_states.clone().requires_grad_(), unembed.clone().requires_grad_()
    want = _lens(own[0], norm, own[1])
    cotangent = draw.normal(*want.shape, dtype=torch.float64)
    got, gradients = learner.logit_lens.vjp(
        cotangent, hidden_states.clone().requires_grad_(), norm, unembed.clone().requires_grad_()
    )
    expect_close(got, want)
    for gradient, expected in zip(
        gradients, torch.autograd.grad(want, own, cotangent), strict=True
    ):
        expect_gradient(gradient, expected)
    expect_unchanged(learner)


@exercise.misconception(
    "The final norm is left out. The unembedding has learned to read a normalised stream; without "
    "the norm large layers drown out everything."
)
def no_final_norm(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Read the stream as it is."""
    return hidden_states @ unembed


@exercise.misconception(
    "The norm runs over the layers. Each position of each layer is normalised on its own, along "
    "its D components: the last axis."
)
def norm_over_the_layers(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Turn the layers to the last axis."""
    return norm(hidden_states.transpose(0, -1)).transpose(0, -1) @ unembed


@exercise.misconception(
    "You multiply with the unembedding lying on its side. It is (D, V) here and multiplies from "
    "the right as it is; a table of embeddings, (V, D), would have to be turned."
)
def unembedding_turned(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Multiply with the transposed matrix."""
    return norm(hidden_states) @ unembed.T


@exercise.misconception(
    "The last layer is read without the norm. Some libraries hand out its stream already "
    "normalised; here all L are the stream as the blocks left it."
)
def last_layer_not_normalised(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Take the last stream for normalised."""
    return torch.cat([norm(hidden_states[:-1]), hidden_states[-1:]]) @ unembed


@exercise.misconception(
    "You give probabilities. The logit lens gives logits, before any softmax; whoever looks "
    "through it decides what to make of them."
)
def probabilities_given(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Go one step too far."""
    return (norm(hidden_states) @ unembed).softmax(dim=-1)


@exercise.misconception(
    "The layers are added up before they are read. The stream of a layer holds what all layers "
    "before it have added already: read each by itself."
)
def layers_added_up(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Take the streams for contributions."""
    return norm(hidden_states.cumsum(dim=0)) @ unembed


@exercise.alternative
def layer_by_layer(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Loop over the layers."""
    logits = []
    for stream in hidden_states:
        logits.append(torch.matmul(norm(stream), unembed))
    return torch.stack(logits, dim=0)


@exercise.alternative
def with_einsum(hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor) -> Tensor:
    """Name the axes."""
    return torch.einsum("ltd,dv->ltv", norm(hidden_states), unembed)


@exercise.alternative
def as_one_long_sequence(
    hidden_states: Tensor, norm: Callable[[Tensor], Tensor], unembed: Tensor
) -> Tensor:
    """Put all layers behind each other."""
    flat = hidden_states.reshape(-1, hidden_states.size(-1))
    read = torch.nn.functional.linear(norm(flat), unembed.t())
    return read.reshape(*hidden_states.shape[:2], unembed.size(1))
