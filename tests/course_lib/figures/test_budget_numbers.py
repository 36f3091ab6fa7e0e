"""What the compute budget computes."""

import numpy as np
import pytest

from course_lib.figures.budget_models import PUBLIC_TRAININGS, Training
from course_lib.figures.budget_numbers import axes_of, compared, numbers_of, split_at
from course_lib.training.compute_optimal import CHINCHILLA, CHINCHILLA_REFITTED, JointLaw

EVEN = JointLaw(floor=1.0, size_scale=8.0, data_scale=8.0, size_exponent=1.0, data_exponent=1.0)


class TestByHand:
    def test_a_size_off_the_best(self):
        # 600 operations pay for 100 products. Best: 10 · 10, a loss of 1 + 8/10 + 8/10. At 20
        # parameters 5 tokens are left: 1 + 8/20 + 8/5 = 3.
        now = numbers_of(EVEN, 600.0, 20.0, flops_per_s=150.0)
        assert now.best.loss == pytest.approx(2.6, rel=1e-12)
        assert now.chosen.n_tokens == 5
        assert now.chosen.loss == pytest.approx(3.0, rel=1e-12)
        assert now.lost == pytest.approx(0.4, rel=1e-12)
        assert now.ratio == pytest.approx(2.0, rel=1e-12)
        assert now.seconds == 4

    def test_without_a_size_the_best_is_chosen(self):
        now = numbers_of(EVEN, 600.0, None, flops_per_s=1.0)
        assert now.chosen == now.best
        assert (now.lost, now.ratio) == (0, 1)


class TestProperties:
    @pytest.mark.parametrize("law", [EVEN, CHINCHILLA, CHINCHILLA_REFITTED])
    @pytest.mark.parametrize("flops", [1e19, 3e23])
    def test_no_size_loses_less_than_nothing(self, law, flops):
        for size in np.geomspace(1e6, 1e13, 50).tolist():
            now = numbers_of(law, flops, size, flops_per_s=1.0)
            assert now.lost >= -1e-12
            assert 6 * now.chosen.n_parameters * now.chosen.n_tokens == pytest.approx(flops)
            assert now.chosen.loss == pytest.approx(law.loss(size, flops / 6 / size), rel=1e-12)

    def test_a_training_is_held_against_its_own_compute(self):
        for training in PUBLIC_TRAININGS:
            now = compared(CHINCHILLA_REFITTED, training)
            assert now.chosen.n_tokens == pytest.approx(training.n_tokens, rel=1e-12)
            assert now.best == CHINCHILLA_REFITTED.best_split(training.flops)

    def test_what_the_two_fits_say_of_chinchilla(self):
        chinchilla = Training(name="Chinchilla", n_parameters=70e9, n_tokens=1.4e12)
        assert compared(CHINCHILLA_REFITTED, chinchilla).ratio == pytest.approx(1, abs=0.05)
        assert compared(CHINCHILLA, chinchilla).ratio > 2


class TestAxes:
    @pytest.mark.parametrize("budgets", [(1e18, 1e26), (3e11, 4e15), (2.0, 5e3)])
    def test_every_best_split_has_room(self, budgets):
        laws = [EVEN, CHINCHILLA]
        axes = axes_of(laws, budgets)
        for law in laws:
            for flops in budgets:
                best = law.best_split(flops)
                assert 9 * axes.sizes[0] < best.n_parameters < axes.sizes[1] / 9
                assert axes.excess[0] <= best.loss - law.floor <= axes.excess[1] / 1.5

    def test_ends_are_round(self):
        assert axes_of([CHINCHILLA, CHINCHILLA_REFITTED], (1e18, 1e26)).sizes == (1e6, 1e13)
        assert axes_of([CHINCHILLA_REFITTED], (1e18, 1e26)).excess == (0.03, 3.0)


def test_split_at_keeps_the_size():
    assert split_at(EVEN, 600.0, 20.0).n_parameters == 20.0
