"""One update of AdamW, with all that it remembers handed in and handed back."""

import torch
from torch import Tensor

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_unchanged
from autograder.exercises.protocol import Learner

exercise = Exercise(
    name="adamw_step",
    points=14,
    exports=("adamw_step",),
    not_allowed=(
        "torch.optim.AdamW",
        "torch.optim.Adam",
        "course_lib.training.adamw.adamw_update",
        "course_lib.training.adamw.Moments",
    ),
    hints=(
        "Go through the five steps of the statement in their order, one line each. Count the "
        "update first: the corrections of the very first one divide by 1 − β₁ and 1 − β₂, not "
        "by 0. What goes back into the state are the means *before* they are corrected.",
        "Two terms are taken off the parameter, each times the learning rate, and neither knows "
        "of the other: the corrected mean over (the root of the corrected mean square, plus ε), "
        "and the weight decay times the parameter as it came in. The gradient is used as it is.",
    ),
    time_limit_s=5.0,
)

TINY_EPS = 1e-8  # far below every gradient that is drawn: where it stands makes no difference

State = tuple[Tensor, Tensor, int]
Hyper = tuple[float, float, float, float, float]


def _updated(
    param: Tensor, grad: Tensor, state: State, hyper: Hyper, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, State]:
    """Compute what is expected in float64."""
    mean, square, count = state[0].double(), state[1].double(), state[2] + 1
    lr, beta_1, beta_2, eps, decay = hyper
    mean = mean + (1 - beta_1) * (grad.double() - mean)
    square = square + (1 - beta_2) * (grad.double() ** 2 - square)
    size = (square / (1 - beta_2**count)) ** 0.5
    stride = mean / (1 - beta_1**count) / (size + eps)
    moved = (1 - lr * decay) * param.double() - lr * stride
    return moved.to(dtype), (mean.to(dtype), square.to(dtype), count)


def _away_from_zero(numbers: Tensor) -> Tensor:
    return numbers + 0.3 * torch.where(numbers < 0, -1.0, 1.0)


def _at_start(draw: Draw, *shape: int) -> tuple[Tensor, Tensor, State]:
    """Draw a parameter and a gradient that is nowhere 0; no update was made yet."""
    param, grad = draw.normal(*shape), _away_from_zero(draw.normal(*shape))
    return param, grad, (torch.zeros_like(param), torch.zeros_like(param), 0)


def _under_way(
    draw: Draw, *shape: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, State]:
    """Draw a parameter, a gradient, and what is remembered after some updates."""
    param, grad = draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype)
    mean = draw.normal(*shape, dtype=dtype)
    square = draw.normal(*shape, dtype=dtype) ** 2 + 0.5
    return param, grad, (mean, square, draw.integer(1, 4))


def _long_under_way(draw: Draw, *shape: int) -> tuple[Tensor, Tensor, State]:
    """Draw what `_under_way` does, after so many updates that corrections are over."""
    param, grad, (mean, square, _) = _under_way(draw, *shape)
    return param, grad, (mean, square, draw.integer(300, 500))


def _hyper(draw: Draw, *, eps: float = TINY_EPS, decay: float = 0.0) -> Hyper:
    beta_1, beta_2 = draw.choice((0.5, 0.6, 0.7)), draw.choice((0.8, 0.9, 0.95))
    return draw.choice((0.2, 0.4, 0.5)), beta_1, beta_2, eps, decay


def _parts(got: object) -> tuple[object, object]:
    """Take parameter and state out of a result."""
    if not isinstance(got, tuple) or len(got) != 2:
        raise CheckError("the result is not a pair (param, state)", got)
    return got


@exercise.item(
    "the running means",
    points=3,
    sentence="The new state holds β₁·m + (1 − β₁)·g, β₂·v + (1 − β₂)·g² and the number of updates "
    "with this one, in a tuple; the means are not corrected there.",
)
def _(learner: Learner, draw: Draw) -> None:
    param, grad, state = _under_way(draw, *draw.sizes(2))
    hyper = _hyper(draw)
    _, want = _updated(param, grad, state, hyper)
    expect_close(_parts(learner.adamw_step(param, grad, state, hyper))[1], want)


@exercise.item(
    "the first update",
    points=3,
    sentence="Both means began at 0 and are corrected for it: at the first update they are divided "
    "by 1 − β₁ and 1 − β₂. So the first step is as long as the learning rate, whatever the "
    "gradient.",
)
def _(learner: Learner, draw: Draw) -> None:
    param, grad, state = _at_start(draw, *draw.sizes(2))
    hyper = _hyper(draw)
    want, _ = _updated(param, grad, state, hyper)
    expect_close(_parts(learner.adamw_step(param, grad, state, hyper))[0], want)


@exercise.item(
    "later updates",
    points=2,
    sentence="At update number n, this one counted, the means are divided by 1 − β₁ⁿ and 1 − β₂ⁿ.",
)
def _(learner: Learner, draw: Draw) -> None:
    param, grad, state = _under_way(draw, *draw.sizes(2))
    hyper = _hyper(draw)
    want, _ = _updated(param, grad, state, hyper)
    expect_close(_parts(learner.adamw_step(param, grad, state, hyper))[0], want)


@exercise.item(
    "eps outside the root",
    points=2,
    sentence="ε is added to the root of the corrected mean square, last of all. A number whose "
    "gradients were all 0 stays where it is.",
)
def _(learner: Learner, draw: Draw) -> None:
    hyper = _hyper(draw, eps=draw.choice((0.2, 0.3)))
    param, grad, state = _at_start(draw, draw.sizes(1)[0])
    grad[0] = 0.0
    want, _ = _updated(param, grad, state, hyper)
    expect_close(_parts(learner.adamw_step(param, grad, state, hyper))[0], want)
    param, grad, state = _under_way(draw, *draw.sizes(2))
    want, _ = _updated(param, grad, state, hyper)
    expect_close(_parts(learner.adamw_step(param, grad, state, hyper))[0], want)


@exercise.item(
    "decay apart from the gradient",
    points=3,
    sentence="The decay is decoupled: the learning rate times the weight decay times the parameter "
    "as it came in is taken off, and neither m nor v hears of it.",
)
def _(learner: Learner, draw: Draw) -> None:
    hyper = _hyper(draw, decay=draw.choice((0.3, 0.4)))
    param, grad, state = _long_under_way(draw, *draw.sizes(2))
    want = _updated(param, grad, state, hyper)
    expect_close(learner.adamw_step(param, grad, state, hyper), want)
    # Without any gradient the decay is all that moves the parameter.
    still = torch.zeros_like(grad)
    state = (still, still, state[2])
    want = _updated(param, still, state, hyper)
    expect_close(learner.adamw_step(param, still, state, hyper), want)


@exercise.item(
    "any shape, float64, inputs unchanged",
    points=1,
    sentence="Parameters of any shape are moved, a single number too; float64 stays float64; "
    "parameter, gradient and state that were handed in are what they were.",
)
def _(learner: Learner, draw: Draw) -> None:
    for shape in ((), tuple(draw.sizes(3))):
        hyper = _hyper(draw, eps=0.1, decay=0.3)
        param, grad, state = _under_way(draw, *shape, dtype=torch.float64)
        want = _updated(param, grad, state, hyper, torch.float64)
        expect_close(learner.adamw_step(param, grad, state, hyper), want)
    expect_unchanged(learner)
