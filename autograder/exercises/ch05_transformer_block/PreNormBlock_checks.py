"""One block of a Transformer that normalises what goes into each part."""  # noqa: N999

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_equal,
    expect_gradient,
    expect_tensor,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner, LearnerInstance

exercise = Exercise(
    name="PreNormBlock",
    points=18,
    exports=("PreNormBlock",),
    classes={"PreNormBlock": ()},
    not_allowed=(
        "torch.nn.TransformerEncoderLayer",
        "torch.nn.TransformerDecoderLayer",
        "course_lib.blocks.PreNormBlock",
        "course_lib.blocks.PostNormBlock",
        "course_lib.blocks.SandwichNormBlock",
    ),
    hints=(
        "Follow the stream: it splits before each part and comes together behind it. What the "
        "part gets is normalised; what is carried past it is not.",
        "The attention layer gets `self.norm_1(x)` and the mask, and its result has the output "
        "under the name `.x`. Add that to x, and call the sum x. The second half is the same "
        "with `norm_2` and `feed_forward`, which knows no mask. Write `x = x + …`; `x += …` would "
        "change the caller's tensor.",
    ),
    time_limit_s=5.0,
)

State = dict[str, Tensor]
EPS = 1e-5  # of the given LayerNorm


def _state(draw: Draw, d_model: int, d_ff: int, dtype: torch.dtype = torch.float32) -> State:
    """Draw every parameter at random, gains and biases of the norms included."""

    def matrix(d_out: int, d_in: int) -> Tensor:
        return draw.normal(d_out, d_in, scale=1.2 / math.sqrt(d_in), dtype=dtype)

    def norm(name: str) -> State:
        gain, bias = draw.normal(d_model, dtype=dtype), draw.normal(d_model, dtype=dtype)
        return {f"{name}.gain": gain + 0.5, f"{name}.bias": bias}

    return {
        **norm("norm_1"),
        **{f"attention.to_{one}.weight": matrix(d_model, d_model) for one in ("q", "k", "v")},
        "attention.to_out.weight": matrix(d_model, d_model),
        **norm("norm_2"),
        "feed_forward.to_hidden.weight": matrix(d_ff, d_model),
        "feed_forward.to_hidden.bias": draw.normal(d_ff, dtype=dtype),
        "feed_forward.to_out.weight": matrix(d_model, d_ff),
        "feed_forward.to_out.bias": draw.normal(d_model, dtype=dtype),
    }


def _normed(x: Tensor, state: State, name: str) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], state[f"{name}.gain"], state[f"{name}.bias"], EPS)


def _attended(x: Tensor, state: State, n_heads: int, mask: Tensor | None) -> Tensor:
    """Compute the attention layer head by head."""
    q, k, v = ((x @ state[f"attention.to_{one}.weight"].T).chunk(n_heads, dim=-1) for one in "qkv")
    heads = []
    for own_q, own_k, own_v in zip(q, k, v, strict=True):
        scores = own_q @ own_k.mT / math.sqrt(own_q.shape[-1])
        if mask is not None:
            there = mask[:, 0] if mask.dim() > 2 else mask
            scores = scores.masked_fill(~there, -math.inf)
        blind = (scores == -math.inf).all(-1, keepdim=True)
        heads.append(scores.masked_fill(blind, 0.0).softmax(-1).masked_fill(blind, 0.0) @ own_v)
    return torch.cat(heads, -1) @ state["attention.to_out.weight"].T


def _transformed(x: Tensor, state: State) -> Tensor:
    """Compute the feed-forward layer."""
    hidden = F.linear(
        x, state["feed_forward.to_hidden.weight"], state["feed_forward.to_hidden.bias"]
    )
    weight, bias = state["feed_forward.to_out.weight"], state["feed_forward.to_out.bias"]
    return F.linear(F.gelu(hidden), weight, bias)


def _block(x: Tensor, state: State, n_heads: int, mask: Tensor | None = None) -> Tensor:
    """Compute what is expected, in float64, in the dtype of x."""
    state = {name: one.double() for name, one in state.items()}
    stream = x.double()
    stream = stream + _attended(_normed(stream, state, "norm_1"), state, n_heads, mask)
    stream = stream + _transformed(_normed(stream, state, "norm_2"), state)
    return stream.to(x.dtype)


def _layer(learner: Learner, state: State, n_heads: int) -> LearnerInstance:
    """Make the learner's block with given parameters."""
    d_ff, d_model = state["feed_forward.to_hidden.weight"].shape
    layer = learner.PreNormBlock(d_model, n_heads, d_ff)
    if state["norm_1.gain"].dtype == torch.float64:
        layer.double()
    layer.load_state_dict(state)
    return layer


def _inputs(draw: Draw, dtype: torch.dtype = torch.float32) -> tuple[Tensor, State, int]:
    """Draw a batch and parameters; the sizes of all axes differ, the width of a head too."""
    batch_size, seq_len, n_heads, d_head = draw.sizes(4)
    d_model = n_heads * d_head
    # Far from mean 0 and variance 1, so that it shows where a norm is missing or one too many.
    x = 2 * draw.normal(batch_size, seq_len, d_model, dtype=dtype) + 1
    return x, _state(draw, d_model, d_model + draw.integer(2, 5), dtype), n_heads


# Some two hundred products are added, then normalised and bent: more than the usual rounding.
CLOSE = {"rtol": 1e-3, "atol": 1e-4}


def _without(state: State, *parts: str) -> State:
    """Let parts add nothing: what they project back with is 0."""
    silent = tuple(f"{part}.to_out" for part in parts)
    return {
        name: torch.zeros_like(one) if name.startswith(silent) else one
        for name, one in state.items()
    }


@exercise.item(
    "both parts, one after the other",
    points=6,
    sentence="First x + attention(norm_1(x)); then the feed-forward layer does the same with "
    "norm_2 on that sum.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, state, n_heads = _inputs(draw)
    expect_close(_layer(learner, state, n_heads)(x), _block(x, state, n_heads), **CLOSE)


@exercise.item(
    "what passes by is left alone",
    points=4,
    sentence="What is carried past a part is the stream as it was, not its normalised copy: where "
    "both parts add nothing, the block gives back x.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, state, n_heads = _inputs(draw)
    silent = _without(state, "attention", "feed_forward")
    expect_close(_layer(learner, silent, n_heads)(x), x)


@exercise.item(
    "each part has a norm of its own",
    points=3,
    sentence="norm_1 stands before the attention, norm_2 before the feed-forward layer; where one "
    "part adds nothing, the block is x plus the other.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, state, n_heads = _inputs(draw)
    for part in ("attention", "feed_forward"):
        alone = _without(state, part)
        expect_close(_layer(learner, alone, n_heads)(x), _block(x, alone, n_heads), **CLOSE)


@exercise.item(
    "the mask reaches the attention",
    points=3,
    sentence="The mask is handed to the attention: True means may look, (T, T) holds for all, "
    "(B, 1, T, T) for each sentence. What is hidden changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, state, n_heads = _inputs(draw)
    batch_size, seq_len, _ = x.shape
    causal = torch.ones(seq_len, seq_len, dtype=torch.bool).tril()
    layer = _layer(learner, state, n_heads)
    want = _block(x, state, n_heads, causal)
    expect_close(layer(x, causal), want, **CLOSE)
    future = x.clone()
    future[:, -1] += 5.0
    got = expect_tensor(layer(future, mask=causal), tuple(x.shape), torch.float32)
    expect_close(got[:, :-1], want[:, :-1], **CLOSE)
    own = draw.mask(batch_size, 1, seq_len, seq_len)
    own[0, 0, 0] = False  # one position that may look at nothing
    expect_close(layer(x, own), _block(x, state, n_heads, own), **CLOSE)


@exercise.item(
    "everything learns",
    points=2,
    sentence="Gradients reach x by both ways, past the parts and through them; a block turned to "
    "float64 computes in float64, and x is left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x, state, n_heads = _inputs(draw, torch.float64)
    own = x.clone().requires_grad_()
    want = _block(own, state, n_heads)
    cotangent = draw.normal(*x.shape, dtype=torch.float64)
    layer = _layer(learner, state, n_heads)
    got, gradients = layer.vjp(cotangent, x.clone().requires_grad_())
    expect_close(got, want)
    expect_gradient(gradients[0], torch.autograd.grad(want, own, cotangent)[0])
    expect_equal(layer(x), got.detach())
    expect_unchanged(learner)
