"""What the compute budget computes: the best size, the chosen one, and what lies between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.figures.budget_models import Training
from course_lib.training.compute_optimal import FLOPS_PER_PARAMETER_AND_TOKEN, JointLaw, Split

TERA = 10**12
# Room beside the best models of the smallest and the largest budget.
_SIZE_ROOM = 30
_LOSS_ROOM = 1.5
# Where an axis of losses may end.
_ONES_AND_THREES = tuple(float(f"{digit}e{power}") for power in range(-30, 31) for digit in (1, 3))


@dataclass(frozen=True, kw_only=True)
class BudgetNumbers:
    """All that the figure shows; losses in the unit of the law, nats a token.

    Attributes:
        best: The split of the budget with the lowest loss.
        chosen: The split with the size that the reader chose.
        seconds: How long one accelerator works for it.
    """

    best: Split
    chosen: Split
    seconds: float

    @property
    def lost(self) -> float:
        """How much higher the chosen split's loss is than the best one's."""
        return self.chosen.loss - self.best.loss

    @property
    def ratio(self) -> float:
        """How many times the best size the chosen one is."""
        return self.chosen.n_parameters / self.best.n_parameters


def numbers_of(
    law: JointLaw, flops: float, n_parameters: float | None, flops_per_s: float
) -> BudgetNumbers:
    """Compute what the figure shows.

    Args:
        law: The law of size and data.
        flops: The budget (C).
        n_parameters: The chosen size (N). None takes the best one.
        flops_per_s: What the accelerator really does in a second.
    """
    best = law.best_split(flops)
    chosen = best if n_parameters is None else split_at(law, flops, n_parameters)
    return BudgetNumbers(best=best, chosen=chosen, seconds=flops / flops_per_s)


def split_at(law: JointLaw, flops: float, n_parameters: float) -> Split:
    """Spend a budget on a model of a size: the tokens that are left for it, and its loss."""
    n_tokens = flops / (FLOPS_PER_PARAMETER_AND_TOKEN * n_parameters)
    return Split(n_parameters, n_tokens, law.loss(n_parameters, n_tokens))


def compared(law: JointLaw, training: Training) -> BudgetNumbers:
    """Hold a training against the best one that its own compute would have paid for."""
    return numbers_of(law, training.flops, training.n_parameters, flops_per_s=1.0)


@dataclass(frozen=True, kw_only=True)
class Axes:
    """The ends of the axes.

    Attributes:
        sizes: Of the parameters, powers of ten.
        excess: Of the loss above the floor, 1 or 3 times a power of ten.
    """

    sizes: tuple[float, float]
    excess: tuple[float, float]


def axes_of(laws: Sequence[JointLaw], budgets: tuple[float, float]) -> Axes:
    """Return axes on which the best splits of all budgets have room, whichever the law."""
    small, large = ([law.best_split(budget) for law in laws] for budget in budgets)
    worst = max(split.loss - law.floor for law, split in zip(laws, small, strict=True))
    least = min(split.loss - law.floor for law, split in zip(laws, large, strict=True))
    return Axes(
        sizes=(
            _power_of_ten(min(split.n_parameters for split in small) / _SIZE_ROOM),
            _power_of_ten(max(split.n_parameters for split in large) * _SIZE_ROOM),
        ),
        excess=(
            max(step for step in _ONES_AND_THREES if step <= least),
            min(step for step in _ONES_AND_THREES if step >= worst * _LOSS_ROOM),
        ),
    )


def _power_of_ten(near: float) -> float:
    return float(f"1e{round(math.log10(near))}")
