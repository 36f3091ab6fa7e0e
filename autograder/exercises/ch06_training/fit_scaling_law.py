"""Answers to the exercise about scaling laws: mistakes, and other right ways."""

import math

import numpy as np
import torch

from autograder.exercises.ch06_training.fit_scaling_law_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "There is no floor: you draw a straight line through log L over log N. Losses do not fall to "
    "0, and a law without E foretells too much of large models. Fit the line to log(L − E)."
)
def no_floor(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Fit a power law that goes to 0."""
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return 0.0, math.exp(height), float(-slope)


@exercise.misconception(
    "The smallest loss is taken for the floor. But the largest model is still above it: then every "
    "larger one would be foretold to be no better. Try floors *below* the smallest loss."
)
def floor_at_the_smallest_loss(
    sizes: list[float], losses: list[float]
) -> tuple[float, float, float]:
    """Take the best loss for the best possible one."""
    floor = min(losses)
    x = [math.log(size) for size, loss in zip(sizes, losses, strict=True) if loss > floor]
    y = [math.log(loss - floor) for loss in losses if loss > floor]
    slope, height = np.polyfit(x, y, 1)
    return floor, math.exp(height), float(-slope)


@exercise.misconception(
    "alpha has the sign of the slope. The line falls, and N^alpha stands below the fraction bar: "
    "alpha is *minus* the slope, a positive number."
)
def sign_of_alpha(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Return the slope."""
    x, loss = np.log(sizes), np.array(losses)
    floors = np.linspace(0, loss.min(), 1000, endpoint=False)
    lines, misfits, *_ = np.polyfit(x, np.log(loss[:, None] - floors), 1, full=True)
    best = misfits.argmin()
    return float(floors[best]), math.exp(lines[1, best]), float(lines[0, best])


@exercise.misconception(
    "What you give for A is its logarithm, the height of the line. Take the exponential of it."
)
def logarithm_of_scale(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Return the height of the line."""
    x, loss = np.log(sizes), np.array(losses)
    floors = np.linspace(0, loss.min(), 1000, endpoint=False)
    lines, misfits, *_ = np.polyfit(x, np.log(loss[:, None] - floors), 1, full=True)
    best = misfits.argmin()
    return float(floors[best]), float(lines[1, best]), float(-lines[0, best])


@exercise.misconception(
    "Two logarithms are mixed: the line was fitted with log₁₀, and A is taken as e to its height. "
    "With log₁₀, A is 10 to the height; alpha is the same with both."
)
def logarithms_mixed(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Fit with one base, undo with another."""
    x, loss = np.log10(sizes), np.array(losses)
    floors = np.linspace(0, loss.min(), 1000, endpoint=False)
    lines, misfits, *_ = np.polyfit(x, np.log10(loss[:, None] - floors), 1, full=True)
    best = misfits.argmin()
    return float(floors[best]), math.exp(lines[1, best]), float(-lines[0, best])


@exercise.misconception(
    "The three numbers come in another order. Return the floor E first, then A, then alpha."
)
def in_another_order(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Return what a fitted line gives, and the floor at the end."""
    x, loss = np.log(sizes), np.array(losses)
    floors = np.linspace(0, loss.min(), 1000, endpoint=False)
    lines, misfits, *_ = np.polyfit(x, np.log(loss[:, None] - floors), 1, full=True)
    best = misfits.argmin()
    return math.exp(lines[1, best]), float(-lines[0, best]), float(floors[best])


@exercise.misconception(
    "The exponent is not fitted: 1/√N is taken for granted. How fast losses fall is what is asked: "
    "alpha is one of the three numbers to find."
)
def exponent_of_a_half(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Fit a line over 1/√N."""
    slope, height = np.polyfit(np.array(sizes) ** -0.5, losses, 1)
    return float(height), float(slope), 0.5


@exercise.misconception(
    "You take the logarithm of the excess, but not of the sizes. That fits an exponential, which "
    "is over after the first sizes. A power law is straight over log N."
)
def exponential_fall(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Fit the excess over N itself."""
    loss = np.array(losses)
    floors = np.linspace(0, loss.min(), 1000, endpoint=False)
    lines, misfits, *_ = np.polyfit(sizes, np.log(loss[:, None] - floors), 1, full=True)
    best = misfits.argmin()
    return float(floors[best]), math.exp(lines[1, best]), float(-lines[0, best])


@exercise.misconception(
    "The floor is taken from the lowest loss less a little, and not fitted. A fixed share is too "
    "much for one set of losses and too little for another: look for the floor that makes the "
    "points straight."
)
def floor_a_little_lower(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Go one per cent below the smallest loss."""
    floor = 0.99 * min(losses)
    slope, height = np.polyfit(np.log(sizes), np.log(np.array(losses) - floor), 1)
    return floor, math.exp(height), float(-slope)


@exercise.alternative
def best_exponent(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Try exponents; for each, floor and scale are a linear problem."""
    n, loss = torch.tensor([sizes, losses], dtype=torch.float64)
    best = (math.inf, 0.0, 0.0, 0.0)
    for alpha in torch.arange(0.1, 1.0, 0.002, dtype=torch.float64).tolist():
        columns = torch.stack([torch.ones_like(n), (n / n.min()) ** -alpha], dim=1)
        found = torch.linalg.lstsq(columns, loss).solution
        misfit = (columns @ found / loss - 1).square().sum().item()
        scale = found[1].item() * n.min().item() ** alpha
        best = min(best, (misfit, found[0].item(), scale, alpha))
    return best[1:]


@exercise.alternative
def closing_in(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Close in on the floor by thirds, in plain Python."""
    x = [math.log(size) for size in sizes]
    mean_x = sum(x) / len(x)

    def line(floor: float) -> tuple[float, float, float]:
        y = [math.log(loss - floor) for loss in losses]
        mean_y = sum(y) / len(y)
        rise = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
        slope = rise / sum((a - mean_x) ** 2 for a in x)
        height = mean_y - slope * mean_x
        misfit = sum((height + slope * a - b) ** 2 for a, b in zip(x, y, strict=True))
        return misfit, height, slope

    low, high = 0.0, min(losses) * (1 - 1e-9)
    for _ in range(100):
        third = (high - low) / 3
        if line(low + third)[0] < line(high - third)[0]:
            high -= third
        else:
            low += third
    _, height, slope = line(low)
    return low, math.exp(height), -slope


@exercise.alternative
def downhill(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Lower the squared error of log L over log E, log A and alpha, by torch's optimiser."""
    n = torch.tensor(sizes, dtype=torch.float64).log()
    y, origin = torch.tensor(losses, dtype=torch.float64).log(), n.min()
    p = torch.stack([y.min() - 0.5, y.max() - 0.5, torch.full_like(origin, 0.3)])
    p.requires_grad_()
    optimizer = torch.optim.LBFGS([p], max_iter=500, tolerance_grad=1e-12, tolerance_change=0)

    def misfit() -> torch.Tensor:
        optimizer.zero_grad()
        log_loss = torch.logaddexp(p[0], p[1] - p[2] * (n - origin))
        error = (log_loss - y).square().sum()
        error.backward()
        return error

    optimizer.step(misfit)
    floor, scale, alpha = p.tolist()
    return math.exp(floor), math.exp(scale + alpha * origin.item()), alpha


@exercise.alternative
def two_grids(sizes: list[float], losses: list[float]) -> tuple[float, float, float]:
    """Look at all pairs of floor and exponent; the best scale of each has a formula."""
    n, loss = np.array(sizes), np.array(losses)
    floor = np.linspace(0, loss.min(), 400, endpoint=False)[:, None, None]
    alpha = np.linspace(0.1, 0.6, 251)[None, :, None]
    shape = (n / n[0]) ** -alpha / loss
    left = 1 - floor / loss
    scale = (shape * left).sum(-1) / (shape**2).sum(-1)
    misfit = ((scale[..., None] * shape - left) ** 2).sum(-1)
    i, j = np.unravel_index(misfit.argmin(), misfit.shape)
    exponent = float(alpha[0, j, 0])
    return float(floor[i, 0, 0]), float(scale[i, j] * n[0] ** exponent), exponent
