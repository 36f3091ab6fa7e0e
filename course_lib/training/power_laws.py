"""Fit sums of falling power laws to losses: the search that the scaling laws share.

Once the exponents are chosen, the best floor and scales come from linear algebra. So only the
exponents are searched for, on a grid that closes in on the best of them: "variable projection",
Golub and Pereyra 1973, "The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems
Whose Variables Separate". There is no starting point that could be chosen badly.

Axes: R series of losses that are fitted at once, N measurements, K quantities that losses fall
with, P points of the grid, C columns of a linear problem.
"""

import itertools
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

EXPONENTS = (0.02, 5.0)
"""Where exponents are looked for: from hardly any fall to one that is over after one step."""

N_PER_AXIS = 25  # points of the grid for each exponent, in equal ratios
N_ROUNDS = 11  # each closes in sixfold; after these, a step is 1e-8, where squares of floats end
CLOSE = 1e-6  # of logarithms of exponents that are the same but for rounding


@dataclass(frozen=True)
class PowerLaws:
    """Sums of power laws, one for each series of losses.

    Attributes:
        floors: What no size takes away.
        scales: What each quantity adds where it has the value 1.
        exponents: How fast that falls as the quantity grows.
        at_the_end: Whether one of the exponents lies at an end of `EXPONENTS`.
    """

    floors: Float[Tensor, " R"]
    scales: Float[Tensor, "R K"]
    exponents: Float[Tensor, "R K"]
    at_the_end: Bool[Tensor, " R"]


def fit_power_laws(quantities: Float[Tensor, "K N"], losses: Float[Tensor, "R N"]) -> PowerLaws:
    """Find floors, scales and exponents with the least relative error, none of them negative.

    Args:
        quantities: What was varied, in each measurement: parameters, tokens.
        losses: What was measured, above 0; the sum of squares of fitted/measured − 1 is lowered.

    Returns:
        One sum of power laws for each series.
    """
    low, high = (torch.tensor(end, dtype=losses.dtype).log() for end in EXPONENTS)
    steps = torch.linspace(-1.0, 1.0, N_PER_AXIS, dtype=losses.dtype)
    offsets = torch.cartesian_prod(*[steps] * len(quantities)).reshape(-1, len(quantities))  # P K
    centre = ((low + high) / 2).expand(len(losses), len(quantities))  # R K
    # Relative to the smallest, so that the columns of the linear problem are between 0 and 1.
    units = quantities.amin(dim=1)
    relative = quantities / units[:, None]
    reach = (high - low) / 2
    for _ in range(N_ROUNDS):
        candidates = (centre[:, None] + reach * offsets).clamp(low, high)  # R P K
        _, errors = _least_squares(_columns(relative, candidates.exp(), losses))
        centre = candidates[torch.arange(len(losses)), errors.argmin(dim=1)]
        # Two steps to each side: the best mixture of two exponents may lie along a narrow valley.
        reach = reach * 4 / (N_PER_AXIS - 1)
    exponents = centre.exp()
    coefficients = _least_squares(_columns(relative, exponents[:, None], losses))[0][:, 0]  # R K+1
    return PowerLaws(
        floors=coefficients[:, 0],
        scales=coefficients[:, 1:] * units**exponents,
        exponents=exponents,
        at_the_end=((centre - low < CLOSE) | (high - centre < CLOSE)).any(dim=1),
    )


def _columns(
    quantities: Float[Tensor, "K N"],
    exponents: Float[Tensor, "R P K"],
    losses: Float[Tensor, "R N"],
) -> Float[Tensor, "R P N C"]:
    """Return what floor and scales are multiplied by, as shares of the losses."""
    powers = quantities.T ** -exponents[:, :, None]  # R P N K
    return torch.cat([torch.ones_like(powers[..., :1]), powers], -1) / losses[:, None, :, None]


def _least_squares(
    columns: Float[Tensor, "R P N C"],
) -> tuple[Float[Tensor, "R P C"], Float[Tensor, "R P"]]:
    """Mix the columns so that each row comes close to 1, with no negative coefficient.

    At the best mixture some coefficients are 0 and the others are those of plain least squares.
    There are few columns, so every choice of which to leave out is tried.
    """
    n_columns = columns.shape[-1]
    best = columns.new_zeros(*columns.shape[:2], n_columns)
    best_error = columns.new_full(columns.shape[:2], torch.inf)
    for n_kept in range(1, n_columns + 1):
        for kept in itertools.combinations(range(n_columns), n_kept):
            part = columns[..., list(kept)]
            gram, sums = part.mT @ part, part.sum(dim=-2)
            found = torch.linalg.solve_ex(gram, sums[..., None]).result  # R P n_kept 1
            error = ((part @ found).squeeze(-1) - 1.0).square().sum(dim=-1)
            # A comparison with nan is false: columns that are multiples of each other drop out.
            better = (found >= 0).all(dim=-2).squeeze(-1) & (error < best_error)
            spread = torch.zeros_like(best)
            spread[..., list(kept)] = found.squeeze(-1)
            best = torch.where(better[..., None], spread, best)
            best_error = torch.where(better, error, best_error)
    return best, best_error
