"""One step of a network with long short-term memory."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    CheckError,
    expect_close,
    expect_gradient,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="lstm_step",
    points=12,
    exports=("lstm_step",),
    not_allowed=(
        "torch.nn.LSTM",
        "torch.nn.LSTMCell",
        "torch.lstm",
        "torch.lstm_cell",
        "course_lib.recurrent.lstm_step",
        "course_lib.recurrent.LSTM",
    ),
    hints=(
        "One sum holds all four gates side by side: `x_t @ W_x + h @ W_h + b`. Cut it into four "
        "with `.chunk(4, dim=-1)`; the order is input, forget, candidate, output.",
        "Three parts go through a sigmoid and say how much (0 to 1); the candidate goes through a "
        "tanh and says what. First the new cell: forget · c + input · candidate. Then, from the "
        "*new* cell, h = output · tanh(c).",
    ),
    time_limit_s=5.0,
)


def _parts(result: object) -> tuple[Tensor, Tensor]:
    """Take the answer apart, saying what is wrong when it is not a pair."""
    if type(result) is list:
        raise CheckError("you return a list; return a tuple: `return h, c`", result)
    if type(result) is not tuple or len(result) != 2:
        raise CheckError("give the new state as two things: `return h, c`", result)
    return result


def _step(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute what is expected gate by gate, in float64, in the dtype of x_t."""
    x, h, c, from_x, from_h, bias = (one.double() for one in (x_t, *state, W_x, W_h, b))
    width = h.shape[-1]

    def gate(number: int) -> Tensor:
        own = slice(number * width, (number + 1) * width)
        return x @ from_x[:, own] + h @ from_h[:, own] + bias[own]

    cell = gate(1).sigmoid() * c + gate(0).sigmoid() * gate(2).tanh()
    return (gate(3).sigmoid() * cell.tanh()).to(x_t.dtype), cell.to(x_t.dtype)


def _inputs(
    draw: Draw, *leading: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor, Tensor, Tensor]:
    """Draw an input, a state whose parts differ, and weights."""
    d_in, d_hidden = draw.sizes(2)
    state = (
        draw.normal(*leading, d_hidden, scale=0.7, dtype=dtype),
        draw.normal(*leading, d_hidden, scale=1.5, dtype=dtype),
    )
    return (
        draw.normal(*leading, d_in, dtype=dtype),
        state,
        draw.normal(d_in, 4 * d_hidden, scale=0.7, dtype=dtype),
        draw.normal(d_hidden, 4 * d_hidden, scale=0.7, dtype=dtype),
        draw.normal(4 * d_hidden, dtype=dtype),
    )


@exercise.item(
    "the new cell",
    points=4,
    sentence="The cell keeps a share of itself (forget gate) and takes in a share of the candidate "
    "(input gate); the candidate lies between −1 and 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    _, cell = _parts(learner.lstm_step(*inputs))
    expect_close(cell, _step(*inputs)[1])


@exercise.item(
    "the new hidden state",
    points=3,
    sentence="The hidden state is the output gate times the tanh of the *new* cell.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    hidden, _ = _parts(learner.lstm_step(*inputs))
    expect_close(hidden, _step(*inputs)[0])


@exercise.item(
    "a gate that is shut and one that is open",
    points=2,
    sentence="With the forget gate open and the input gate shut the cell stays as it was, however "
    "many steps are taken; the gates stand in the order input, forget, candidate, output.",
)
def _(learner: Learner, draw: Draw) -> None:
    x_t, (h, c), W_x, W_h, b = _inputs(draw)
    width = h.shape[-1]
    b = torch.zeros_like(b)
    b[:width], b[width : 2 * width] = -200.0, 200.0  # input shut, forget open
    kept = _parts(learner.lstm_step(x_t, (h, c), W_x, W_h, b))
    expect_close(kept, _step(x_t, (h, c), W_x, W_h, b))
    expect_close(kept[1], c)
    b[:width], b[width : 2 * width] = 200.0, -200.0  # all is new
    expect_close(
        _parts(learner.lstm_step(x_t, (h, c), W_x, W_h, b)), _step(x_t, (h, c), W_x, W_h, b)
    )


@exercise.item(
    "many sequences at once",
    points=2,
    sentence="Input and state may have any number of axes in front; each row is worked on alone.",
)
def _(learner: Learner, draw: Draw) -> None:
    for leading in ((draw.integer(2, 4),), (2, 3)):
        inputs = _inputs(draw, *leading)
        expect_close(_parts(learner.lstm_step(*inputs)), _step(*inputs))


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Gradients reach the input, the weights and the bias through both parts of the new "
    "state; float64 stays float64, and the arguments are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    x_t, state, W_x, W_h, b = _inputs(draw, 3, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in (x_t, W_x, W_h, b)]
    want = _step(own[0], state, *own[1:])
    cotangent = tuple(draw.normal(*one.shape, dtype=torch.float64) for one in want)
    given = [one.clone().requires_grad_() for one in (x_t, W_x, W_h, b)]
    got, gradients = learner.lstm_step.vjp(cotangent, given[0], state, *given[1:])
    expect_close(_parts(got), want)
    for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "The gates are read in another order. Here they stand as in torch: input, forget, candidate, "
    "output. Others write input, forget, output, candidate; always look it up."
)
def candidate_last(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Read the gates in the order i, f, o, g."""
    h, c = state
    i, f, o, g = (x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@exercise.misconception(
    "Input and forget gate are exchanged. The first quarter says how much of the new to take in, "
    "the second how much of the old to keep."
)
def input_and_forget_exchanged(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Read the gates in the order f, i, g, o."""
    h, c = state
    f, i, g, o = (x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@exercise.misconception(
    "The candidate goes through a sigmoid. It is no gate but what is written, and has to lie "
    "between −1 and 1: tanh. With a sigmoid the cell could only ever grow."
)
def sigmoid_on_the_candidate(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Treat all four quarters as gates."""
    h, c = state
    i, f, g, o = torch.sigmoid(x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    c = f * c + i * g
    return o * torch.tanh(c), c


@exercise.misconception(
    "The hidden state is made from the old cell. What was just written has to be readable at once: "
    "compute the new cell first, then h from it."
)
def output_from_the_old_cell(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Make the output before the cell is renewed."""
    h, c = state
    i, f, g, o = (x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), new


@exercise.misconception(
    "The cell leaves without its tanh. The hidden state is output gate · tanh(c): the cell may "
    "grow large, what it shows may not."
)
def cell_shown_as_it_is(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Leave out the last tanh."""
    h, c = state
    i, f, g, o = (x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * c, c


@exercise.misconception(
    "State and cell are exchanged: `state` is (h, c), and so is what you give back."
)
def state_and_cell_exchanged(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Take the pair the other way round."""
    c, h = state
    i, f, g, o = (x_t @ W_x + h @ W_h + b).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return c, torch.sigmoid(o) * torch.tanh(c)


@exercise.alternative
def with_slices(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Cut the gates by their places."""
    h, c = state
    width = h.shape[-1]
    total = x_t @ W_x + h @ W_h + b
    take_in, keep = total[..., :width].sigmoid(), total[..., width : 2 * width].sigmoid()
    candidate, show = total[..., 2 * width : 3 * width].tanh(), total[..., 3 * width :].sigmoid()
    cell = keep.mul(c).add(take_in.mul(candidate))
    return show * cell.tanh(), cell


@exercise.alternative
def gate_by_gate(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Give every gate matrices of its own."""
    h, c = state
    sums = [
        x_t @ from_x + h @ from_h + bias
        for from_x, from_h, bias in zip(W_x.chunk(4, 1), W_h.chunk(4, 1), b.chunk(4), strict=True)
    ]
    i, f, o = (torch.sigmoid(sums[number]) for number in (0, 1, 3))
    new = f * c + i * torch.tanh(sums[2])
    return (o * torch.tanh(new), new)


@exercise.alternative
def with_an_axis_of_gates(
    x_t: Tensor, state: tuple[Tensor, Tensor], W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Fold the gates into an axis of four, and write the sigmoid out."""
    h, c = state
    joined = torch.cat([x_t, h], dim=-1) @ torch.cat([W_x, W_h])
    i, f, g, o = (joined + b).unflatten(-1, (4, h.shape[-1])).unbind(-2)
    cell = c / (1 + torch.exp(-f)) + g.tanh() / (1 + torch.exp(-i))
    return cell.tanh() / (1 + torch.exp(-o)), cell
