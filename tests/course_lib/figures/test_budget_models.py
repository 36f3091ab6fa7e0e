"""The public trainings: their compute, and sizes that agree with the library's."""

import pytest

from course_lib.figures.budget_models import PUBLIC_TRAININGS, Training
from course_lib.figures.calculator_models import public_models


def named(name):
    return next(each for each in PUBLIC_TRAININGS if each.name == name)


def test_compute_is_six_operations_a_parameter_and_token():
    # 6 · 7 · 11
    assert Training(name="small", n_parameters=7.0, n_tokens=11.0).flops == 462
    # Brown et al. 2020, table D.1, count 3.14e23 for GPT-3 with 174.6 billion parameters.
    assert named("GPT-3").flops == pytest.approx(3.14e23, rel=0.005)


def test_chinchilla_took_the_compute_of_gopher():
    # The paper gave both the same budget; 6 N D leaves them within a fifth.
    assert named("Chinchilla").flops == pytest.approx(named("Gopher").flops, rel=0.2)


@pytest.mark.parametrize(
    ("training", "model"), [("LLaMA 2 7B", "LLaMA 2 7B"), ("LLaMA 3 8B", "LLaMA 3.1 8B")]
)
def test_sizes_are_those_of_the_library_s_models(training, model):
    shape = public_models()[model]
    counted = shape.parameters.total(
        n_layers=shape.n_layers, n_kv_heads=shape.n_kv_heads, d_head=shape.d_head
    )
    assert named(training).n_parameters == pytest.approx(counted, rel=1e-3)


def test_all_of_it_goes_to_the_page():
    assert named("GPT-3").for_the_page() == {
        "name": "GPT-3",
        "n_parameters": 175e9,
        "n_tokens": 300e9,
    }
