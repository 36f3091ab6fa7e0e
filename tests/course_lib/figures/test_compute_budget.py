"""The compute budget's Python side: what it holds, computes, says and refuses."""

import re

import pytest
import traitlets

from course_lib.figures.base import MAX_MODULE_BYTES
from course_lib.figures.compute_budget import (
    AS_PUBLISHED,
    FITTED_ANEW,
    PUBLISHED_LAWS,
    ComputeBudget,
    Training,
    situations,
)
from course_lib.training.compute_optimal import CHINCHILLA, CHINCHILLA_REFITTED, JointLaw

OURS = JointLaw(floor=1.1, size_scale=9.0, data_scale=20.0, size_exponent=0.4, data_exponent=0.5)


def own(**options):
    return ComputeBudget(
        {"our fit": OURS},
        **{
            "flops": 1e13,
            "budgets": (1e11, 1e15),
            "trainings": [Training(name="ours", n_parameters=1e4, n_tokens=2e6)],
        }
        | options,
    )


class TestNumbers:
    def test_they_follow_the_state(self):
        figure = ComputeBudget(flops=5.88e23)
        assert figure.law == CHINCHILLA_REFITTED
        now = figure.numbers()
        assert now.chosen == now.best == CHINCHILLA_REFITTED.best_split(5.88e23)
        figure.law_name, figure.at_optimum, figure.n_parameters = AS_PUBLISHED, False, 70e9
        now = figure.numbers()
        assert now.best == CHINCHILLA.best_split(5.88e23)
        assert now.chosen.n_tokens == pytest.approx(1.4e12, rel=1e-12)
        figure.teraflops, figure.utilisation = 100.0, 50
        assert figure.numbers().seconds == pytest.approx(5.88e23 / 5e13, rel=1e-12)

    def test_a_size_at_the_start_is_kept_and_the_best_one_followed(self):
        assert not own(n_parameters=1e4).at_optimum
        figure = own()
        figure.flops = 1e15
        assert figure.numbers().chosen == OURS.best_split(1e15)

    def test_trainings_are_held_against_their_own_compute(self):
        figure = own()
        (now,) = figure.beside().values()
        assert now.best == OURS.best_split(6 * 1e4 * 2e6)
        assert now.chosen.loss == OURS.loss(1e4, 2e6)


class TestState:
    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("law_name", "Kaplan", "no law 'Kaplan'; there are: our fit"),
            ("flops", 1e10, r"flops 1e\+10 is out of reach: choose 1e\+11 to 1e\+15"),
            ("n_parameters", 1.0, "n_parameters 1 is out of reach"),
            ("utilisation", 0, "utilisation"),
            ("teraflops", 0.0, "teraflops"),
        ],
    )
    def test_what_is_out_of_reach_is_refused(self, name, value, message):
        figure = own()
        before = getattr(figure, name)
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(figure, name, value)
        assert getattr(figure, name) == before

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"laws": {}}, ValueError, "at least one law"),
            ({"budgets": (1e15, 1e11)}, ValueError, "must rise from above 0"),
            ({"budgets": (0.0, 1e11)}, ValueError, "must rise from above 0"),
            ({"budgets": (1e14, 1e15)}, traitlets.TraitError, "flops"),
            ({"flop": 1e13}, TypeError, "no setting flop"),
        ],
    )
    def test_what_does_not_fit_is_refused_at_the_start(self, options, error, message):
        with pytest.raises(error, match=message):
            ComputeBudget(**{"laws": {"our fit": OURS}, "flops": 1e13} | options)

    def test_the_situations_are_the_public_trainings(self):
        figure = ComputeBudget(flops=1e22, presets=situations())
        trainings = {each["name"]: Training(**each) for each in figure.trainings}
        for preset, name in zip(
            figure.presets[1:], ("GPT-3", "Chinchilla", "LLaMA 3 8B"), strict=True
        ):
            values = preset["values"]
            assert values["n_parameters"] == trainings[name].n_parameters
            # Four digits, as the figure's field writes it.
            assert values["flops"] == pytest.approx(trainings[name].flops, rel=1e-3)
            assert preset["asks"]
            each = trainings[name].n_tokens / trainings[name].n_parameters
            if name != "Chinchilla":
                assert f"{each:,.4g}"[:4] in preset["see"]

    def test_the_first_law_is_the_corrected_one(self):
        assert {FITTED_ANEW: CHINCHILLA_REFITTED, AS_PUBLISHED: CHINCHILLA} == PUBLISHED_LAWS
        assert next(iter(PUBLISHED_LAWS)) == FITTED_ANEW


class TestModule:
    def test_it_stands_alone_and_is_small(self):
        assert len(ComputeBudget._esm.encode()) < MAX_MODULE_BYTES
        assert not re.search(r"^\s*import\b|\bimport\(|\bfetch\(", ComputeBudget._esm, re.M)
        assert not re.search(r"https?:|url\((?!#)", ComputeBudget._css)


class TestWords:
    def test_the_text_alternative_has_split_time_and_trainings(self):
        figure = ComputeBudget(flops=5.88e23, title="T", description="D.")
        first, second, third, fourth = figure.text_alternative().splitlines()
        assert first == "T. D."
        assert second == figure.summary()
        assert third == figure.time()
        assert fourth == (
            "Loss above the best for the same compute: GPT-3 0.0162; Gopher 0.0214; "
            "Chinchilla 0.0000; LLaMA 2 7B 0.0268; LLaMA 3 8B 0.0536."
        )

    def test_without_trainings_none_are_said(self):
        assert len(own(trainings=()).text_alternative().splitlines()) == 3
