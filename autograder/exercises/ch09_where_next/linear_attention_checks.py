"""Attention whose past is a state of fixed size: a sum of values, and a sum of keys."""

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
    name="linear_attention",
    points=14,
    exports=("linear_attention",),
    not_allowed=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
        "course_lib.linear_attention.mix_by_products",
        "course_lib.linear_attention.TableState",
        "course_lib.linear_attention.empty_table",
    ),
    hints=(
        "Begin with one position at a time. Its feature vectors are φ(q) and φ(k). Add the table "
        "of all products of a number of φ(k) with a number of v to S, and φ(k) itself to z. Only "
        "then read: φ(q) times S, divided by the number φ(q) · z.",
        "`F.elu(x) + 1` is φ. For all positions at once: the products of shape (B, H, T, Dh, Dv) "
        "by broadcasting, then `cumsum` along the positions, which gives S after each of them; z "
        "in the same way. An old state is added to all of them. The last ones are the new state.",
    ),
    time_limit_s=5.0,
)

State = tuple[Tensor, Tensor]
Qkv = tuple[Tensor, Tensor, Tensor]


def _phi(x: Tensor) -> Tensor:
    return torch.where(x > 0, x + 1, x.clamp(max=0).exp())


def _attend(q: Tensor, k: Tensor, v: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    """Compute what is expected in float64, by the weights of all positions and of the past."""
    dtype = q.dtype
    q, k, v = _phi(q.double()), _phi(k.double()), v.double()
    past = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril()
    weights = torch.where(past, q @ k.mT, 0.0)
    mixed, total = weights @ v, weights.sum(3, keepdim=True)
    sums, keys = k.mT @ v, k.sum(2)
    if state is not None:
        old_sums, old_keys = state[0].double(), state[1].double()
        mixed, total = mixed + q @ old_sums, total + q @ old_keys.unsqueeze(3)
        sums, keys = sums + old_sums, keys + old_keys
    return (mixed / total).to(dtype), (sums.to(dtype), keys.to(dtype))


def _qkv(draw: Draw, seq_len: int, dtype: torch.dtype = torch.float32) -> Qkv:
    """Draw queries, keys and values on both sides of 0; all other sizes differ."""
    batch_size, n_heads, d_head, d_value = (1, 1, 2, 1) if draw.small else (2, 3, 4, 5)
    q, k = (
        draw.normal(batch_size, n_heads, seq_len, d_head, scale=1.5, dtype=dtype) for _ in range(2)
    )
    return q, k, draw.normal(batch_size, n_heads, seq_len, d_value, scale=2.0, dtype=dtype)


def _length(draw: Draw) -> int:
    return 2 if draw.small else draw.integer(6, 8)


def _parts(got: object) -> tuple[Tensor, State]:
    """Take result and state apart."""
    if type(got) is not tuple or len(got) != 2:
        raise CheckError("the result is not a pair (y, state)", got)
    y, state = got
    if type(state) is not tuple or len(state) != 2:
        raise CheckError("the state is not a pair (S, z)", state)
    return y, state


@exercise.item(
    "weights that sum to one",
    points=3,
    sentence="The last position mixes all values with the weights φ(q) · φ(k), each over their "
    "sum; φ is elu + 1.",
)
def _(learner: Learner, draw: Draw) -> None:
    for seq_len in (1, _length(draw)):
        q, k, v = _qkv(draw, seq_len)
        y, _ = _parts(learner.linear_attention(q, k, v))
        expect_close(y[:, :, -1], _attend(q, k, v)[0][:, :, -1])


@exercise.item(
    "every position sees itself and its past",
    points=3,
    sentence="Position t mixes the values of 0 to t, its own among them, and is divided by the sum "
    "of *their* weights; what comes later changes nothing.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, _length(draw))
    y, _ = _parts(learner.linear_attention(q, k, v))
    expect_close(y, _attend(q, k, v)[0])


@exercise.item(
    "the state",
    points=3,
    sentence="The state holds S, the sum of all φ(k) times v, and z, the sum of all φ(k), with "
    "everything that was in the old state; the old state counts at every position.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, _length(draw))
    _, state = _parts(learner.linear_attention(q, k, v))
    expect_close(state, _attend(q, k, v)[1])
    # An old state of another text, which nothing here could have made.
    _, old = _attend(*_qkv(draw, _length(draw) + 1))
    got = learner.linear_attention(q, k, v, old)
    _parts(got)
    expect_close(got, _attend(q, k, v, old))


@exercise.item(
    "steps are the whole",
    points=3,
    sentence="Position by position, or piece by piece, each with the state of the one before: the "
    "same results as for the whole at once.",
)
def _(learner: Learner, draw: Draw) -> None:
    q, k, v = _qkv(draw, _length(draw))
    want, last = _attend(q, k, v)
    n_positions = q.shape[2]
    for ends in ([*range(1, n_positions + 1)], [1, n_positions]):
        state: State | None = None
        for start, end in zip([0, *ends], ends, strict=False):
            piece = (one[:, :, start:end] for one in (q, k, v))
            y, state = _parts(learner.linear_attention(*piece, state))
            expect_close(y, want[:, :, start:end])
        expect_close(state, last)


@exercise.item(
    "gradients, float64, nothing changed",
    points=2,
    sentence="Gradients flow to queries, keys and values; result and state have the dtype of q; "
    "inputs and the old state stay as they are.",
)
def _(learner: Learner, draw: Draw) -> None:
    _, old = _attend(*_qkv(draw, 3, torch.float64))
    leaves = _qkv(draw, _length(draw), torch.float64)
    slopes = draw.normal(*leaves[2].shape, dtype=torch.float64)
    theirs = [leaf.clone().requires_grad_() for leaf in leaves]
    got, gradients = learner.linear_attention.vjp((slopes,), *theirs, old)
    _parts(got)
    mine = [leaf.clone().requires_grad_() for leaf in leaves]
    y, state = _attend(mine[0], mine[1], mine[2], old)
    expect_close(got, (y.detach(), tuple(one.detach() for one in state)))
    expected = torch.autograd.grad(y, mine, slopes)
    for gradient, one in zip(gradients, expected, strict=True):
        expect_gradient(gradient, one)
    expect_unchanged(learner)
