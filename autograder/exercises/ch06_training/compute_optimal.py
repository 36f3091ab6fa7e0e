"""Answers to the exercise about sharing a budget: mistakes, and other right ways."""

import math

import torch

from autograder.exercises.ch06_training.compute_optimal_checks import exercise

__all__ = ["exercise"]


@exercise.misconception(
    "The factor 6 is lost: size times tokens comes to the whole budget, and the training would "
    "cost six times as much as there is. Each parameter takes six operations a token."
)
def factor_of_six_lost(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Share out the budget itself."""
    _, A, B, alpha, beta = coefficients
    params = (alpha * A / (beta * B) * flops**beta) ** (1 / (alpha + beta))
    return params, flops / params


@exercise.misconception(
    "The tokens are the budget divided by the size, without the 6. The size is right; then the "
    "tokens are what is left of C = 6 N D."
)
def tokens_without_the_six(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Divide by 6 once, where it is needed twice."""
    _, A, B, alpha, beta = coefficients
    params = (alpha * A / (beta * B) * (flops / 6) ** beta) ** (1 / (alpha + beta))
    return params, flops / params


@exercise.misconception(
    "The exponents are exchanged: the size grows with the power α/(α + β) of the budget. It is "
    "β/(α + β). If the term of the tokens falls fast, few more of them are enough, and the size "
    "gets what is added."
)
def exponents_exchanged(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Let the size grow with its own exponent."""
    _, A, B, alpha, beta = coefficients
    balance = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    params = balance * (flops / 6) ** (alpha / (alpha + beta))
    return params, flops / (6 * params)


@exercise.misconception(
    "You make as many parameters as tokens. That is best only where both terms are alike; the "
    "coefficients say how far they are not."
)
def equal_split(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Take the root of the product for both."""
    even = math.sqrt(flops / 6)
    return even, even


@exercise.misconception(
    "Your split makes the two terms equal. At the best split it is not the terms that balance but "
    "what one per cent more takes off them: α times the one equals β times the other."
)
def terms_made_equal(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Forget what differentiation brings down."""
    _, A, B, alpha, beta = coefficients
    params = (A / B * (flops / 6) ** beta) ** (1 / (alpha + beta))
    return params, flops / (6 * params)


@exercise.misconception(
    "The balance of the two terms is upside down: a term that is larger should be met with more "
    "of what lowers it. α A stands above, β B below, where the size is computed."
)
def balance_upside_down(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Divide the pulls the wrong way round."""
    _, A, B, alpha, beta = coefficients
    params = (beta * B / (alpha * A) * (flops / 6) ** beta) ** (1 / (alpha + beta))
    return params, flops / (6 * params)


@exercise.misconception(
    "You take twenty tokens for each parameter. That rule was read off one law, at budgets of its "
    "time; here the coefficients are handed in, and they decide."
)
def twenty_tokens_each(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Know the answer by heart."""
    params = math.sqrt(flops / 6 / 20)
    return params, 20 * params


@exercise.misconception(
    "The two numbers are in the wrong order: first the parameters, then the tokens."
)
def tokens_first(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Return them the other way round."""
    _, A, B, alpha, beta = coefficients
    params = (alpha * A / (beta * B) * (flops / 6) ** beta) ** (1 / (alpha + beta))
    return flops / (6 * params), params


@exercise.alternative
def as_published(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Name the balance and the two powers, as the paper does."""
    _, size_scale, data_scale, alpha, beta = coefficients
    a, b = beta / (alpha + beta), alpha / (alpha + beta)
    balance = ((alpha * size_scale) / (beta * data_scale)) ** (1 / (alpha + beta))
    return balance * (flops / 6) ** a, (flops / 6) ** b / balance


@exercise.alternative
def in_logarithms(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Solve a linear equation for the logarithm of the size."""
    scale_1, scale_2, *slopes = coefficients[1:]
    log_product = math.log(flops) - math.log(6)
    pull = math.log(slopes[0] * scale_1) - math.log(slopes[1] * scale_2)
    log_params = (pull + slopes[1] * log_product) / sum(slopes)
    return math.exp(log_params), math.exp(log_product - log_params)


@exercise.alternative
def by_search(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Narrow down the logarithm of the size by thirds until the loss is lowest."""
    _, A, B, alpha, beta = coefficients

    def excess(log_params: float) -> float:
        tokens = flops / 6 / math.exp(log_params)
        return A * math.exp(-alpha * log_params) + B / tokens**beta

    low, high = -50.0, 120.0
    while high - low > 1e-9:
        third = (high - low) / 3
        if excess(low + third) < excess(high - third):
            high -= third
        else:
            low += third
    return math.exp(low), flops / 6 / math.exp(low)


@exercise.alternative
def by_newton_with_autograd(
    flops: float, coefficients: tuple[float, float, float, float, float]
) -> tuple[float, float]:
    """Let torch differentiate the logarithm of the excess, and step to where its slope is 0."""
    _, A, B, alpha, beta = (torch.tensor(one, dtype=torch.float64) for one in coefficients)
    log_product = math.log(flops / 6)
    u = torch.tensor(log_product / 2, dtype=torch.float64, requires_grad=True)
    for _ in range(100):
        terms = torch.stack([A.log() - alpha * u, B.log() - beta * (log_product - u)])
        (slope,) = torch.autograd.grad(terms.logsumexp(0), u, create_graph=True)
        (bend,) = torch.autograd.grad(slope, u)
        step = (slope / bend).clamp(-1.0, 1.0)
        u = (u - step).detach().requires_grad_()
    return math.exp(u.item()), math.exp(log_product - u.item())
