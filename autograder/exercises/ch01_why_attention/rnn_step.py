"""One step of a plain recurrent network."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import (
    expect_close,
    expect_gradient,
    expect_tensor,
    expect_true,
    expect_unchanged,
)
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="rnn_step",
    points=8,
    exports=("rnn_step",),
    not_allowed=(
        "torch.nn.RNN",
        "torch.nn.RNNCell",
        "torch.rnn_tanh",
        "torch.rnn_tanh_cell",
        "course_lib.recurrent.rnn_step",
        "course_lib.recurrent.RNN",
    ),
    hints=(
        "Three things are added up: what the input says, what the state says, and the bias. Two of "
        "them are products with a matrix, and the weights stand on the right.",
        "`x_t @ W_xh` has one row a sentence and as many columns as the state; so has "
        "`h_prev @ W_hh`. The bias is added to every row by itself. `torch.tanh` bends the sum.",
    ),
    time_limit_s=5.0,
)


def _step(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Compute what is expected, in float64, in the dtype of x_t."""
    x, h, from_x, from_h, bias = (one.double() for one in (x_t, h_prev, W_xh, W_hh, b))
    total = torch.einsum("...i,io->...o", x, from_x) + torch.einsum("...h,ho->...o", h, from_h)
    return (total + bias).tanh().to(x_t.dtype)


def _inputs(
    draw: Draw, *leading: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Draw an input, a state and weights of different widths, kept out of tanh's flat ends."""
    d_in, d_hidden = draw.sizes(2)
    return (
        draw.normal(*leading, d_in, dtype=dtype),
        draw.normal(*leading, d_hidden, scale=0.7, dtype=dtype),
        draw.normal(d_in, d_hidden, scale=0.5, dtype=dtype),
        draw.normal(d_hidden, d_hidden, scale=0.5, dtype=dtype),
        draw.normal(d_hidden, scale=0.5, dtype=dtype),
    )


@exercise.item(
    "tanh of input, state and bias",
    points=3,
    sentence="The new state is the tanh of the input times W_xh, plus the old state times W_hh, "
    "plus the bias.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw)
    expect_close(learner.rnn_step(*inputs), _step(*inputs))


@exercise.item(
    "the past counts",
    points=2,
    sentence="Two different pasts with the same input lead to two different states: the old state "
    "reaches the new one through W_hh.",
)
def _(learner: Learner, draw: Draw) -> None:
    x_t, h_prev, W_xh, W_hh, b = _inputs(draw)
    first = expect_tensor(learner.rnn_step(x_t, h_prev, W_xh, W_hh, b), b.shape, torch.float32)
    got = learner.rnn_step(x_t, -h_prev, W_xh, W_hh, b)
    second = expect_tensor(got, b.shape, torch.float32)
    expect_true(not torch.allclose(first, second), "another past gave the same state", got)
    expect_close(got, _step(x_t, -h_prev, W_xh, W_hh, b))


@exercise.item(
    "many sequences at once",
    points=2,
    sentence="Inputs and states may have any number of axes in front, such as a batch; each row is "
    "worked on alone.",
)
def _(learner: Learner, draw: Draw) -> None:
    for leading in ((draw.integer(2, 4),), (2, 3)):
        inputs = _inputs(draw, *leading)
        expect_close(learner.rnn_step(*inputs), _step(*inputs))


@exercise.item(
    "gradients flow",
    points=1,
    sentence="Gradients reach the input, the state, both matrices and the bias; float64 stays "
    "float64, and the arguments are left unchanged.",
)
def _(learner: Learner, draw: Draw) -> None:
    inputs = _inputs(draw, 3, dtype=torch.float64)
    own = [one.clone().requires_grad_() for one in inputs]
    want = _step(*own)
    cotangent = draw.normal(*want.shape, dtype=torch.float64)
    got, gradients = learner.rnn_step.vjp(cotangent, *(one.requires_grad_() for one in inputs))
    expect_close(got, want)
    for gradient, one in zip(gradients, torch.autograd.grad(want, own, cotangent), strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)


@exercise.misconception(
    "Nothing bends the sum. Without tanh every step is a product with a matrix, and a hundred of "
    "them are one product with one matrix: the network could compute nothing else."
)
def no_tanh(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Leave the sum as it is."""
    return x_t @ W_xh + h_prev @ W_hh + b


@exercise.misconception(
    "W_hh is transposed. Both of its axes are as wide as the state, so that nothing fails; but the "
    "weights stand on the right: `h_prev @ W_hh`."
)
def state_weights_transposed(
    x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor
) -> Tensor:
    """Multiply as `nn.Linear` stores its weights."""
    return torch.tanh(x_t @ W_xh + h_prev @ W_hh.mT + b)


@exercise.misconception(
    "The previous state is left out: this network has no past. Add `h_prev @ W_hh` before the tanh."
)
def previous_state_left_out(
    x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor
) -> Tensor:
    """Look at the input alone."""
    return torch.tanh(x_t @ W_xh + b)


@exercise.misconception(
    "The previous state is added as it is, after the tanh. It is multiplied with W_hh and bent "
    "together with the rest; otherwise it grows with every step."
)
def state_added_outside(
    x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor
) -> Tensor:
    """Add the state outside, as a residual connection would."""
    return h_prev + torch.tanh(x_t @ W_xh + b)


@exercise.misconception("The bias is left out: with a zero input and a zero state it is all.")
def bias_left_out(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Forget the bias."""
    return torch.tanh(x_t @ W_xh + h_prev @ W_hh)


@exercise.misconception(
    "You bend with a sigmoid. A state that lies between 0 and 1 cannot say the opposite of "
    "anything; tanh lies between −1 and 1."
)
def sigmoid_for_tanh(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Take the bend of a gate."""
    return torch.sigmoid(x_t @ W_xh + h_prev @ W_hh + b)


@exercise.alternative
def with_one_product(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Put input and state side by side, and the matrices one below the other."""
    return torch.tanh(torch.cat([x_t, h_prev], dim=-1) @ torch.cat([W_xh, W_hh]) + b)


@exercise.alternative
def with_functional_linear(
    x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor
) -> Tensor:
    """Let torch add the bias."""
    from_x = torch.nn.functional.linear(x_t, W_xh.mT, b)
    return (from_x + torch.nn.functional.linear(h_prev, W_hh.mT)).tanh()


@exercise.alternative
def with_exponentials(x_t: Tensor, h_prev: Tensor, W_xh: Tensor, W_hh: Tensor, b: Tensor) -> Tensor:
    """Write tanh out, and both products as sums over an axis."""
    total = (x_t.unsqueeze(-1) * W_xh).sum(-2) + (h_prev.unsqueeze(-1) * W_hh).sum(-2) + b
    return 1 - 2 / (torch.exp(2 * total) + 1)
