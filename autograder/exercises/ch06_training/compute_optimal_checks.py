"""How large a model a budget of arithmetic should train, and on how much text."""

import math

from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_close, expect_true
from autograder.exercises.protocol import Learner

Coefficients = tuple[float, float, float, float, float]

exercise = Exercise(
    name="compute_optimal",
    points=8,
    exports=("compute_optimal",),
    not_allowed=(
        "course_lib.training.compute_optimal.JointLaw",
        "course_lib.training.compute_optimal.fit_joint_law",
    ),
    hints=(
        "The budget leaves one choice: once the size is settled, the tokens are what is left. At "
        "the best split nothing is gained by moving: one per cent more parameters, and so one per "
        "cent fewer tokens, take as much off one term as they add to the other. One per cent more "
        "parameters make the term A/N^α smaller by α per cent of it.",
        "So α times the first term equals β times the second. Put C/(6N) there for D and gather "
        "the powers of N on one side: their exponent is α + β, so that the size is a root of "
        "that order. E takes no part.",
    ),
    time_limit_s=5.0,
)


def _flops(draw: Draw) -> float:
    return 600.0 * draw.integer(2, 9) if draw.small else draw.integer(2, 9) * 10.0**18


def _coefficients(draw: Draw) -> Coefficients:
    """Draw a law whose two terms have different scales and exponents, either the larger."""
    if draw.small:
        size_scale, data_scale = draw.choice(((2.0, 9.0), (8.0, 3.0)))
        alpha, beta = draw.choice(((0.5, 1.0), (1.0, 0.5)))
        return 1.0, size_scale, data_scale, alpha, beta
    low, high = draw.integer(20, 27) / 100, draw.integer(35, 44) / 100
    alpha, beta = draw.choice(((low, high), (high, low)))
    small, large = draw.integer(50, 90) * 1.0, draw.integer(300, 600) * 1.0
    size_scale, data_scale = draw.choice(((small, large), (large, small)))
    return draw.integer(11, 29) / 10, size_scale, data_scale, alpha, beta


def _best(flops: float, coefficients: Coefficients) -> tuple[float, float]:
    """Compute what is expected, by halving the interval in which the size must lie."""
    _, size_scale, data_scale, alpha, beta = coefficients
    product = flops / 6
    low, high = -200.0, 200.0  # natural logarithms of the size
    for _ in range(200):
        middle = (low + high) / 2
        pull_of_size = alpha * size_scale * math.exp(-alpha * middle)
        pull_of_data = beta * data_scale * (math.exp(middle) / product) ** beta
        low, high = (middle, high) if pull_of_size > pull_of_data else (low, middle)
    params = math.exp((low + high) / 2)
    return params, product / params


def _split(got: object) -> tuple[float, float]:
    """Judge that a result is two floats above 0."""
    if type(got) is not tuple or [type(one) for one in got] != [float, float]:
        raise CheckError("the result is no tuple of two Python floats: (params, tokens)", got)
    expect_true(all(0 < one < math.inf for one in got), "a number is not above 0 and finite", got)
    return got


def _excess(params: float, tokens: float, coefficients: Coefficients) -> float:
    """Compute what the law adds to its floor."""
    _, size_scale, data_scale, alpha, beta = coefficients
    return size_scale / params**alpha + data_scale / tokens**beta


@exercise.item(
    "the whole budget is spent",
    points=2,
    sentence="Parameters and tokens, two floats in this order, cost the whole budget: 6 times "
    "their product is C.",
)
def _(learner: Learner, draw: Draw) -> None:
    flops = _flops(draw)
    got = learner.compute_optimal(flops, _coefficients(draw))
    params, tokens = _split(got)
    expect_true(
        math.isclose(6 * params * tokens, flops, rel_tol=1e-6),
        f"6 · params · tokens is {6 * params * tokens:.4g}, the budget is {flops:.4g}",
        got,
    )


@exercise.item(
    "no other split of the budget is better",
    points=3,
    sentence="At the best split both a larger model on less text and a smaller one on more text "
    "have a higher loss by the law.",
)
def _(learner: Learner, draw: Draw) -> None:
    flops, coefficients = _flops(draw), _coefficients(draw)
    got = learner.compute_optimal(flops, coefficients)
    params, tokens = _split(got)
    here = _excess(params, tokens, coefficients)
    for factor, what in ((1.1, "a larger model on less text"), (1 / 1.1, "a smaller model")):
        other = flops / (6 * params * factor)
        is_worse = _excess(params * factor, other, coefficients) > here
        expect_true(is_worse, f"{what} for the same budget has a lower loss", got)
    expect_close(got, _best(flops, coefficients))


@exercise.item(
    "a larger budget goes where the loss falls more slowly",
    points=2,
    sentence="How size and tokens grow with the budget is set by the exponents: the part whose "
    "term falls more slowly gets more of what is added.",
)
def _(learner: Learner, draw: Draw) -> None:
    coefficients, flops = _coefficients(draw), _flops(draw)
    for factor in (1.0, 1e3, 1e6):
        got = learner.compute_optimal(factor * flops, coefficients)
        expect_close(got, _best(factor * flops, coefficients))


@exercise.item(
    "terms of one shape share evenly",
    points=1,
    sentence="Where both terms have the same scale and the same exponent there are as many tokens "
    "as parameters, whatever the floor E.",
)
def _(learner: Learner, draw: Draw) -> None:
    flops, scale, exponent = _flops(draw), draw.integer(2, 9) * 10.0, draw.choice((0.25, 0.5))
    for floor in (0.5, draw.integer(2, 5) * 1.0):
        got = learner.compute_optimal(flops, (floor, scale, scale, exponent, exponent))
        even = math.sqrt(flops / 6)
        expect_close(got, (even, even))
