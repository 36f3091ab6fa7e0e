"""How the loss falls with the size of a model: a law, how sure it is, and what it foretells.

Axes: N measurements, R repetitions with errors drawn again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.training.power_laws import EXPONENTS, fit_power_laws

N_COEFFICIENTS = 3


@dataclass(frozen=True, kw_only=True)
class ScalingLaw:
    """L(N) = E + A/N^α.

    Hoffmann et al. 2022 (arXiv:2203.15556), equation 2, with as much data as the model can use.

    Attributes:
        floor: The loss that no size takes away (E): the entropy of the text, if nothing else
            stands in the way.
        scale: What is above the floor for a model of one parameter (A).
        exponent: How fast that falls (α): ten times the parameters divide it by 10^α.
    """

    floor: float
    scale: float
    exponent: float

    def excess(self, n_parameters: int) -> float:
        """Return how far a model of this size stays above the floor."""
        return self.scale / n_parameters**self.exponent

    def loss(self, n_parameters: int) -> float:
        """Return the loss of a model of this size."""
        return self.floor + self.excess(n_parameters)


def fit_losses(n_parameters: Sequence[int], losses: Sequence[float]) -> ScalingLaw:
    """Find the law with the least relative error.

    Args:
        n_parameters: Sizes of the models; a size may come more than once, for several seeds.
        losses: The loss of each, trained as well as its size allows.

    Returns:
        The law.

    Raises:
        ValueError: The lists differ in length, a number is not above 0, there are fewer than three
            different sizes, or the losses do not fall as a power of the size.
    """
    sizes, measured = _checked(n_parameters, losses)
    fitted = fit_power_laws(sizes[None], measured[None])
    if fitted.scales.item() == 0 or fitted.at_the_end.item():
        raise ValueError(
            f"the losses do not fall as a power of the size: the exponent found is "
            f"{fitted.exponents.item():.3g}, looked for between {EXPONENTS[0]} and {EXPONENTS[1]}"
        )
    return ScalingLaw(
        floor=fitted.floors.item(),
        scale=fitted.scales.item(),
        exponent=fitted.exponents.item(),
    )


@dataclass(frozen=True)
class Interval:
    """Between two numbers.

    Attributes:
        low: The smaller one.
        high: The larger one.
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        """Judge whether a number lies between them, or is one of them."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class RepeatedFits:
    """The laws that came out when the errors were drawn again.

    Attributes:
        law: The law of the losses as they were measured.
        floors: E of each repetition.
        exponents: α of each repetition.
    """

    law: ScalingLaw
    floors: Float[Tensor, " R"]
    exponents: Float[Tensor, " R"]

    def floor_interval(self, level: float = 0.95) -> Interval:
        """Return the middle share `level` of the floors."""
        return _middle(self.floors, level)

    def exponent_interval(self, level: float = 0.95) -> Interval:
        """Return the middle share `level` of the exponents."""
        return _middle(self.exponents, level)


def bootstrap(
    n_parameters: Sequence[int],
    losses: Sequence[float],
    generator: torch.Generator,
    n_repetitions: int = 1000,
) -> RepeatedFits:
    """Fit again and again to losses whose errors are drawn anew from those that were seen.

    The sizes stay: they were chosen, not drawn. What is drawn, with replacement, is by which share
    a loss differs from the law (Efron and Tibshirani 1993, "An Introduction to the Bootstrap",
    chapter 9). Such differences are smaller than the errors behind them, because the law was fitted
    to them; they are stretched by the root of n/(n − 3) for its three numbers. With few
    measurements intervals still come out a little too narrow.

    Args:
        n_parameters: See `fit_losses`.
        losses: See `fit_losses`.
        generator: Source of the draws.
        n_repetitions: How often to fit.

    Returns:
        The law and those of the repetitions.

    Raises:
        ValueError: As in `fit_losses`; or there are only three measurements, which a law meets
            without any error.
    """
    law = fit_losses(n_parameters, losses)
    sizes, measured = _checked(n_parameters, losses)
    n = len(losses)
    if n <= N_COEFFICIENTS:
        raise ValueError(f"{n} losses leave no error to draw from; measure more")
    fitted = law.floor + law.scale * sizes**-law.exponent
    errors = (measured / fitted - 1.0) * math.sqrt(n / (n - N_COEFFICIENTS))
    drawn = errors[torch.randint(n, (n_repetitions, n), generator=generator)]  # R N
    repeated = fit_power_laws(sizes[None], fitted * (1.0 + drawn))
    return RepeatedFits(law, repeated.floors, repeated.exponents[:, 0])


@dataclass(frozen=True)
class Forecast:
    """What is foretold of a model that was not yet trained.

    Attributes:
        law: By the scaling law.
        no_change: By the loss of the largest model so far.
        straight_line: By a line through the losses on logarithmic axes: a law without a floor.
        floor: The floor of the scaling law.
    """

    law: float
    no_change: float
    straight_line: float
    floor: float

    def errors(self, measured: float) -> dict[str, float]:
        """Return by which share of the measured loss each is too high."""
        return {
            name: getattr(self, name) / measured - 1.0
            for name in ("law", "no_change", "straight_line")
        }

    def excess_error(self, measured: float, floor: float) -> float:
        """Return by which share of what is really above a floor the law is too high.

        Args:
            measured: The loss of the model, once trained.
            floor: A known floor, such as the entropy of a source.

        Raises:
            ValueError: The measured loss is not above the floor.
        """
        if measured <= floor:
            raise ValueError(f"{measured=} is not above {floor=}")
        return (self.law - floor) / (measured - floor) - 1.0


def forecast(n_parameters: Sequence[int], losses: Sequence[float], larger: int) -> Forecast:
    """Foretell the loss of a larger model by the law and by two simpler rules.

    Args:
        n_parameters: See `fit_losses`.
        losses: See `fit_losses`.
        larger: Parameters of the model that is asked about.

    Raises:
        ValueError: As in `fit_losses`; or the model is not larger than all others.
    """
    law = fit_losses(n_parameters, losses)
    sizes, measured = _checked(n_parameters, losses)
    if larger <= max(n_parameters):
        raise ValueError(f"{larger=} is not larger than the largest of {list(n_parameters)}")
    x, y = sizes.log(), measured.log()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    line = (y.mean() + slope * (math.log(larger) - x.mean())).exp()
    return Forecast(
        law=law.loss(larger),
        no_change=measured[sizes == sizes.max()].mean().item(),
        straight_line=line.item(),
        floor=law.floor,
    )


def _checked(
    n_parameters: Sequence[int], losses: Sequence[float]
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    if len(n_parameters) != len(losses):
        raise ValueError(f"there are {len(n_parameters)} sizes and {len(losses)} losses")
    numbers = [*n_parameters, *losses]
    if not all(0 < number < math.inf for number in numbers):
        raise ValueError(f"sizes and losses must be above 0 and finite, got {numbers}")
    if len(set(n_parameters)) < N_COEFFICIENTS:
        raise ValueError(f"a law has three numbers, and there are only sizes {set(n_parameters)}")
    as_tensor = torch.tensor([n_parameters, losses], dtype=torch.float64)
    return as_tensor[0], as_tensor[1]


def _middle(values: Float[Tensor, " R"], level: float) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"{level=} is not between 0 and 1")
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=values.dtype)
    low, high = values.quantile(ends).tolist()
    return Interval(low, high)
