"""How the loss falls with the size of a model, from a handful of measurements.

The laws are drawn, and so is the noise; where it happens to hide a law from a careful fit, it is
drawn again. So a right answer has far more room than it needs, by whatever method.
"""

import math
from dataclasses import dataclass, replace

import torch

from autograder.compare import difference
from autograder.exercises.base import Exercise
from autograder.exercises.draw import Draw
from autograder.exercises.expect import CheckError, expect_true, expect_unchanged
from autograder.exercises.protocol import Learner
from course_lib.training.scaling_law import fit_losses

exercise = Exercise(
    name="fit_scaling_law",
    points=12,
    exports=("fit_scaling_law",),
    not_allowed=(
        "course_lib.training.scaling_law.fit_losses",
        "course_lib.training.scaling_law.bootstrap",
        "course_lib.training.scaling_law.forecast",
        "course_lib.training.power_laws.fit_power_laws",
    ),
    hints=(
        "If you knew E, the rest would be a straight line: log(L − E) = log A − α · log N. Lines "
        "are easy to fit (least squares has a formula, and `numpy.polyfit` knows it). So which E "
        "makes the points lie best on a line?",
        "Try a thousand values of E, from 0 to just below the smallest loss. For each, fit a line "
        "to log(L − E) over log N and note how far the points are from it; keep the best. Its "
        "slope is −α, and its height where log N = 0 is log A, in natural logarithms. NumPy's "
        "numbers become Python's with `.item()`.",
    ),
    time_limit_s=10.0,
)

NOISE = 0.002  # of the loss: what another seed changes when a training is long
MAX_REFERENCE_ERROR = 0.03  # where a careful fit is further off, the noise hides the law
MAX_ERROR = 0.1
MAX_MISFIT = 0.01
MAX_FORECAST_ERROR = 0.03
N_PARTS = 3


@dataclass(frozen=True)
class Measured:
    """Sizes and losses, and the law behind them."""

    floor: float
    scale: float
    exponent: float
    sizes: list[float]
    losses: list[float]

    def loss(self, size: float) -> float:
        """Give the loss without noise."""
        return self.floor + self.scale * size**-self.exponent


def draw_exact(draw: Draw, low: int = 10, high: int = 30) -> Measured:
    """Draw a law and its losses at sizes over more than three decades.

    Args:
        draw: Source of the numbers.
        low: Least floor, in tenths.
        high: Greatest floor, in tenths.
    """
    n = 6 if draw.small else draw.integer(7, 9)
    smallest = 10 ** draw.integer(3, 5) * draw.integer(1, 9)
    sizes = [round(smallest * 10 ** (3.2 * i / (n - 1))) for i in range(n)]
    floor, exponent = draw.integer(low, high) / 10, draw.choice((0.25, 0.28, 0.32, 0.36, 0.4))
    excess = floor * draw.choice((0.2, 0.25, 0.3, 0.35))  # of the largest
    law = Measured(floor, excess * sizes[-1] ** exponent, exponent, [*map(float, sizes)], [])
    return replace(law, losses=[law.loss(size) for size in law.sizes])


def draw_noisy(draw: Draw, low: int = 10, high: int = 30) -> Measured:
    """Draw a law as `draw_exact` does, and losses with noise that does not hide it."""
    exact = draw_exact(draw, low, high)
    while True:
        noise = draw.normal(len(exact.sizes), dtype=torch.float64).mul(NOISE).tolist()
        losses = [loss * (1 + one) for loss, one in zip(exact.losses, noise, strict=True)]
        found = fit_losses([*map(int, exact.sizes)], losses)
        if abs(found.exponent / exact.exponent - 1) < MAX_REFERENCE_ERROR:
            return replace(exact, losses=losses)


def _law(got: object) -> tuple[float, float, float]:
    """Take the three numbers out of a result."""
    if not isinstance(got, tuple) or len(got) != N_PARTS:
        raise CheckError("the result is not a tuple (E, A, alpha)", got)
    for name, one in zip(("E", "A", "alpha"), got, strict=True):
        if type(one) is not float:
            raise CheckError((difference(one, 0.0) or "").replace("the result", name), got)
        if not math.isfinite(one):
            raise CheckError(f"{name} is {one}, expected a finite number", got)
    return got


def _expect_near(what: str, got: float, want: float) -> None:
    expect_true(
        abs(got / want - 1) < MAX_ERROR,
        f"{what} is {got:.4g}, but the losses were made with {want:.4g}: more than 10 % off",
    )


def _expect_law(got: object, measured: Measured) -> None:
    floor, _, exponent = _law(got)
    _expect_near("alpha", exponent, measured.exponent)
    _expect_near("E", floor, measured.floor)


@exercise.item(
    "exact losses",
    points=3,
    sentence="From losses without noise, alpha and E are found within 10 %.",
)
def _(learner: Learner, draw: Draw) -> None:
    measured = draw_exact(draw)
    _expect_law(learner.fit_scaling_law(measured.sizes, measured.losses), measured)


@exercise.item(
    "losses with noise",
    points=4,
    sentence="With noise of 0.2 % on every loss, alpha and E are still found within 10 %.",
)
def _(learner: Learner, draw: Draw) -> None:
    for low, high in ((10, 30),) if draw.small else ((10, 30), (4, 8), (31, 60)):
        measured = draw_noisy(draw, low, high)
        _expect_law(learner.fit_scaling_law(measured.sizes, measured.losses), measured)


@exercise.item(
    "the law foretells",
    points=3,
    sentence="E + A / N^alpha goes through the losses within 1 %, and foretells that of a model "
    "ten times larger within 3 %: E, A and alpha belong together.",
)
def _(learner: Learner, draw: Draw) -> None:
    measured = draw_noisy(draw)
    floor, scale, exponent = _law(learner.fit_scaling_law(measured.sizes, measured.losses))
    larger = 10 * measured.sizes[-1]
    for size in (*measured.sizes, larger):
        allowed = MAX_FORECAST_ERROR if size == larger else MAX_MISFIT
        # At most to the power 1: with a wrong sign the number could be too large for a float.
        found, want = floor + scale * size ** min(-exponent, 1.0), measured.loss(size)
        expect_true(
            abs(found / want - 1) < allowed,
            f"at N = {size:.4g} the law gives a loss of {found:.4g}, expected {want:.4g} within "
            f"{100 * allowed:.0f} %",
        )


@exercise.item(
    "any order and unit",
    points=2,
    sentence="Sizes come in any order and in any unit, such as millions; A belongs to that unit. "
    "The lists that were handed in are what they were.",
)
def _(learner: Learner, draw: Draw) -> None:
    measured = draw_noisy(draw)
    # The logarithm of an A near 1 is near 0 in every base: it would not show which one was undone.
    while 0.8 < measured.scale / 1e6**measured.exponent < 1.25:
        measured = draw_noisy(draw)
    order = draw.order(len(measured.sizes)).tolist()
    sizes = [measured.sizes[i] / 1e6 for i in order]
    losses = [measured.losses[i] for i in order]
    got = learner.fit_scaling_law(sizes, losses)
    _expect_law(got, measured)
    floor, scale, exponent = _law(got)
    for size in sizes:
        found, want = floor + scale * size**-exponent, measured.loss(1e6 * size)
        expect_true(
            abs(found / want - 1) < MAX_MISFIT,
            f"at N = {size:.4g} million the law gives a loss of {found:.4g}, expected {want:.4g} "
            f"within {100 * MAX_MISFIT:.0f} %; A belongs to the unit of the sizes",
        )
    expect_unchanged(learner)
