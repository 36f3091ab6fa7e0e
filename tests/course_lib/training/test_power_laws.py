import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from course_lib.training.power_laws import EXPONENTS, fit_power_laws
from tests.course_lib.training.chats import rand

SIZES = torch.tensor([[1e3, 3e3, 1e4, 4e4, 1e5, 7e5, 2e6]], dtype=torch.float64)
TOKENS = torch.tensor([[2e4, 5e3, 9e5, 1e5, 3e6, 4e4, 7e5]], dtype=torch.float64)


def noisy(seed):
    exact = 2.0 + 30 * SIZES[0] ** -0.4
    return exact * (1 + 0.002 * rand(7, seed=seed))


def by_scipy(quantities, losses):
    """The same squares, from many starting points, by a method that follows gradients."""
    relative = (quantities / quantities.amin(dim=1, keepdim=True)).numpy()
    n = len(relative)

    def residuals(theta):
        powers = relative ** -theta[1 + n :, None]
        return (theta[0] + theta[1 : 1 + n] @ powers) / losses.numpy() - 1

    bounds = [0] * (1 + n) + [EXPONENTS[0]] * n, [np.inf] * (1 + n) + [EXPONENTS[1]] * n
    kept = {"bounds": bounds, "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 2000}
    fits = [
        least_squares(residuals, [1.0] * (1 + n) + list(exponents), **kept)
        for exponents in itertools.product(np.geomspace(0.1, 2, 4), repeat=n)
    ]
    return min(fits, key=lambda fit: fit.cost)


def test_hand_worked_case():
    # 3 + 8/√N at 1, 4, 16, 64: 11, 7, 5, 4.
    sizes = torch.tensor([[1.0, 4.0, 16.0, 64.0]], dtype=torch.float64)
    losses = torch.tensor([[11.0, 7.0, 5.0, 4.0]], dtype=torch.float64)
    found = fit_power_laws(sizes, losses)
    numbers = [found.floors.item(), found.scales.item(), found.exponents.item()]
    # The exponent is found to 1e-8; see the module.
    assert numbers == pytest.approx([3, 8, 0.5], rel=1e-7)
    assert not found.at_the_end.any()


def test_two_quantities():
    losses = 1.5 + 20 * SIZES**-0.3 + 70 * TOKENS**-0.45
    found = fit_power_laws(torch.cat([SIZES, TOKENS]), losses)
    assert found.floors.item() == pytest.approx(1.5, rel=1e-5)
    assert found.scales[0].tolist() == pytest.approx([20, 70], rel=1e-5)
    assert found.exponents[0].tolist() == pytest.approx([0.3, 0.45], rel=1e-5)


@pytest.mark.parametrize("n", [1, 2])
def test_matches_scipy_on_noisy_losses(n):
    quantities = torch.cat([SIZES, TOKENS])[:n]
    exact = 2.0 + 30 * SIZES[0] ** -0.4 + (n - 1) * 20 * TOKENS[0] ** -0.3
    losses = torch.stack([exact * (1 + 0.002 * rand(7, seed=seed)) for seed in range(4)])
    found = fit_power_laws(quantities, losses)
    smallest = quantities.amin(dim=1)
    for row in range(4):
        theirs = by_scipy(quantities, losses[row])
        powers = quantities ** -found.exponents[row, :, None]
        fitted = found.floors[row] + found.scales[row] @ powers
        cost = (fitted / losses[row] - 1).square().sum().item() / 2
        # At a minimum, squares that agree to 1e-9 leave the place of it open to the root of that.
        assert cost <= theirs.cost * (1 + 1e-9)
        scales = found.scales[row] * smallest ** -found.exponents[row]
        ours = torch.cat([found.floors[row : row + 1], scales, found.exponents[row]])
        assert ours.tolist() == pytest.approx(theirs.x, rel=1e-4)


def test_series_do_not_see_each_other():
    both = fit_power_laws(SIZES, torch.stack([noisy(0), noisy(1)]))
    alone = fit_power_laws(SIZES, noisy(1)[None])
    torch.testing.assert_close(both.floors[1:], alone.floors, rtol=1e-7, atol=0)
    torch.testing.assert_close(both.exponents[1:], alone.exponents, rtol=1e-7, atol=0)


def test_units_change_the_scale_alone():
    metres = fit_power_laws(SIZES, noisy(0)[None])
    kilometres = fit_power_laws(SIZES / 1e3, noisy(0)[None])
    torch.testing.assert_close(kilometres.floors, metres.floors, rtol=1e-7, atol=0)
    expected = metres.scales * 1e3**-metres.exponents
    torch.testing.assert_close(kilometres.scales, expected, rtol=1e-6, atol=0)


def test_no_coefficient_is_negative():
    falling = 10 * SIZES**-0.1 - 1  # the best floor would be below 0
    found = fit_power_laws(SIZES, falling)
    assert found.floors.item() == 0
    _, scale, exponent = by_scipy(SIZES, falling[0]).x
    assert found.exponents.item() == pytest.approx(exponent, rel=1e-4)
    assert found.scales.item() * 1e3**-exponent == pytest.approx(scale, rel=1e-4)
    rising = fit_power_laws(SIZES, SIZES**0.1)
    assert rising.scales.item() == 0
    assert rising.floors.item() > 0


def test_an_exponent_at_the_end_is_reported():
    # One step, then nothing: the steeper, the better.
    losses = torch.tensor([[3.0, 1, 1, 1, 1, 1, 1]], dtype=torch.float64)
    found = fit_power_laws(SIZES, torch.cat([losses, noisy(0)[None]]))
    assert found.at_the_end.tolist() == [True, False]
    assert found.exponents[0].item() == pytest.approx(EXPONENTS[1], rel=1e-6)
    slow = fit_power_laws(SIZES, SIZES ** -(EXPONENTS[0] / 2))
    assert slow.at_the_end.item()
    assert slow.exponents.item() == pytest.approx(EXPONENTS[0], rel=1e-6)
