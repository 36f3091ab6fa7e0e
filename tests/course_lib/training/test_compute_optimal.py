import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import huber, logsumexp

from course_lib.training.compute_optimal import (
    CHINCHILLA,
    CHINCHILLA_REFITTED,
    JointLaw,
    fit_joint_law,
)
from tests.course_lib.training.chats import rand

LAW = JointLaw(floor=1.8, size_scale=60.0, data_scale=300.0, size_exponent=0.4, data_exponent=0.5)
RUNS = list(itertools.product([2_000, 9_000, 50_000, 300_000], [30_000, 200_000, 1_500_000]))
SIZES, TOKENS = ([run[axis] for run in RUNS] for axis in (0, 1))


def measured(spread=0.0):
    errors = rand(len(RUNS)).tolist()
    return [LAW.loss(*run) * (1 + spread * e) for run, e in zip(RUNS, errors, strict=True)]


def coefficients(law):
    return [law.floor, law.size_scale, law.data_scale, law.size_exponent, law.data_exponent]


def published_loss(theta, losses):
    """Equation 3 of Hoffmann et al., in the logarithms of E, A and B."""
    e, a, b, alpha, beta = theta
    terms = [np.full(len(losses), e), a - alpha * np.log(SIZES), b - beta * np.log(TOKENS)]
    return huber(1e-3, logsumexp(terms, axis=0) - np.log(losses)).sum()


class TestSplit:
    def test_hand_worked_case(self):
        # With equal scales and exponents the split is even. 600 flops are 100 products of a
        # parameter and a token: 10 of each, and a loss of 1 + 8/10 + 8/10.
        even = JointLaw(
            floor=1.0, size_scale=8.0, data_scale=8.0, size_exponent=1.0, data_exponent=1.0
        )
        split = even.best_split(600.0)
        assert split.n_parameters == pytest.approx(10, rel=1e-12)
        assert split.n_tokens == pytest.approx(10, rel=1e-12)
        assert split.loss == pytest.approx(2.6, rel=1e-12)

    @pytest.mark.parametrize("law", [LAW, CHINCHILLA, CHINCHILLA_REFITTED])
    @pytest.mark.parametrize("flops", [1e12, 5.76e23])
    def test_no_other_split_of_the_budget_is_better(self, law, flops):
        split = law.best_split(flops)
        assert 6 * split.n_parameters * split.n_tokens == pytest.approx(flops, rel=1e-12)
        best = minimize_scalar(
            lambda log_n: law.loss(math.exp(log_n), flops / 6 / math.exp(log_n)),
            bounds=(0, math.log(flops / 6)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        # At a minimum the loss is flat: its place is found to the root of the accuracy of floats.
        assert math.log(split.n_parameters) == pytest.approx(best.x, abs=1e-5)
        assert split.loss == pytest.approx(best.fun, rel=1e-12)

    def test_both_grow_as_powers_of_the_budget(self):
        small, large = LAW.best_split(1e12), LAW.best_split(1e14)
        assert large.n_parameters / small.n_parameters == pytest.approx(100 ** (5 / 9), rel=1e-12)
        assert large.n_tokens / small.n_tokens == pytest.approx(100 ** (4 / 9), rel=1e-12)

    def test_the_published_laws(self):
        assert coefficients(CHINCHILLA) == [1.69, 406.4, 410.7, 0.34, 0.28]
        assert coefficients(CHINCHILLA_REFITTED) == [1.8172, 482.01, 2085.43, 0.3478, 0.3658]
        # Table 2 of Hoffmann et al.: 0.46 and 0.54, from coefficients that are not rounded.
        growth = CHINCHILLA.best_split(1e21), CHINCHILLA.best_split(1e22)
        exponent = math.log10(growth[1].n_parameters / growth[0].n_parameters)
        assert exponent == pytest.approx(0.46, abs=0.01)

    @pytest.mark.parametrize("flops", [0.0, -1.0, math.inf, math.nan])
    def test_a_budget_must_be_positive(self, flops):
        with pytest.raises(ValueError, match=r"must be above 0 and finite"):
            LAW.best_split(flops)


class TestFit:
    def test_losses_without_errors_give_the_law_back(self):
        found = fit_joint_law(SIZES, TOKENS, measured())
        assert coefficients(found) == pytest.approx(coefficients(LAW), rel=1e-4)

    def test_matches_scipy_on_the_published_loss(self):
        losses = measured(spread=0.002)
        ours = coefficients(fit_joint_law(SIZES, TOKENS, losses))
        theta = [*np.log(ours[:3]), *ours[3:]]
        truth = [*np.log(coefficients(LAW)[:3]), *coefficients(LAW)[3:]]
        settings = {"maxiter": 40_000, "maxfev": 40_000, "xatol": 1e-10, "fatol": 1e-16}
        theirs = minimize(
            published_loss, truth, args=(losses,), method="Nelder-Mead", options=settings
        )
        assert published_loss(theta, losses) <= theirs.fun * (1 + 1e-6)

    def test_one_outlier_hardly_matters(self):
        losses = measured(spread=0.0005)
        spoilt = [*losses[:5], losses[5] * 1.3, *losses[6:]]
        plain, robust = (fit_joint_law(SIZES, TOKENS, each) for each in (losses, spoilt))
        assert robust.loss(10**6, 10**7) == pytest.approx(plain.loss(10**6, 10**7), rel=0.01)

    def test_no_floor_is_found_where_there_is_none(self):
        law = JointLaw(
            floor=1e-9, size_scale=60.0, data_scale=300.0, size_exponent=0.2, data_exponent=0.3
        )
        found = fit_joint_law(SIZES, TOKENS, [law.loss(*run) for run in RUNS])
        assert found.floor < 0.05
        assert found.size_exponent == pytest.approx(0.2, abs=0.01)

    @pytest.mark.parametrize(
        ("sizes", "tokens", "losses", "message"),
        [
            (SIZES[:-1], TOKENS, measured(), "11 sizes, 12 numbers of tokens and 12 losses"),
            (SIZES, TOKENS, [math.nan, *measured()[1:]], "above 0 and finite"),
            (SIZES[:4], TOKENS[:4], measured()[:4], "4 trainings of 2 sizes on 3 numbers"),
            ([5] * 12, TOKENS, measured(), "12 trainings of 1 sizes on 3 numbers"),
            (SIZES, [5] * 12, measured(), "12 trainings of 4 sizes on 1 numbers"),
            (SIZES, TOKENS, [1 + n / 1e6 for n in SIZES], "do not fall as powers of size and data"),
        ],
    )
    def test_trainings_without_a_law_are_refused(self, sizes, tokens, losses, message):
        with pytest.raises(ValueError, match=message):
            fit_joint_law(sizes, tokens, losses)
