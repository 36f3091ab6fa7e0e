import pytest
import torch

from autograder.exercises.ch06_training.clip_by_global_norm import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names

LAST = "float64 to the last digit, inputs unchanged"
"""The item that looks at everything at once."""


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
@pytest.mark.parametrize("max_norm", [0.5, 3.0, 100.0])
def test_a_right_answer_is_as_long_as_torch_makes_it(answer, max_norm):
    generator = torch.Generator().manual_seed(5)
    grads = [
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((3, 4), (7,), ())
    ]
    parameters = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad.clone()
    torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    theirs = [parameter.grad for parameter in parameters]
    # Torch adds 1e-6 to a length of about 4.
    torch.testing.assert_close(answer.function(grads, max_norm), theirs, rtol=1e-6, atol=1e-12)


def test_a_tuple_is_no_list():
    def in_a_tuple(grads, max_norm):
        return tuple(exercise.alternatives[0].function(grads, max_norm))

    assert judge_function(exercise, in_a_tuple).points == 0


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("per_tensor", ["as one vector", "too long only together"]),
        ("always_rescales", ["short ones stay", "no gradient at all"]),
        ("changes_its_input", []),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert [item for item in failed if item != LAST] == items
