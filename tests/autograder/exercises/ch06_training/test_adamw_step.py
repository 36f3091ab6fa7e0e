import pytest
import torch

from autograder.exercises.ch06_training.adamw_step import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names

LAST = "any shape, float64, inputs unchanged"
"""The item that looks at everything at once."""


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_goes_where_torch_goes(answer):
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    theirs, mine = torch.nn.Parameter(start.clone()), start
    hyper = (0.05, 0.8, 0.95, 0.1, 0.3)
    optimizer = torch.optim.AdamW([theirs], lr=0.05, betas=(0.8, 0.95), eps=0.1, weight_decay=0.3)
    state = (torch.zeros_like(start), torch.zeros_like(start), 0)
    for _ in range(5):
        theirs.grad = torch.randn(3, 4, generator=generator, dtype=torch.float64)
        optimizer.step()
        mine, state = answer.function(mine, theirs.grad, state, hyper)
        torch.testing.assert_close(mine, theirs.detach(), rtol=1e-12, atol=1e-12)


def test_a_list_is_no_state():
    def lists(param, grad, state, hyper):
        param, state = exercise.alternatives[0].function(param, grad, state, hyper)
        return param, list(state)

    assert failed_items(exercise, lists) == [
        "the running means",
        "decay apart from the gradient",
        "any shape, float64, inputs unchanged",
    ]


def test_gradients_may_be_cut_off_or_flow():
    def cut_off(param, grad, state, hyper):
        with torch.no_grad():
            return exercise.alternatives[0].function(param, grad, state, hyper)

    assert failed_items(exercise, cut_off) == []


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("decay_through_the_gradient", ["decay apart from the gradient"]),
        ("no_bias_correction", ["the first update", "later updates", "eps outside the root"]),
        ("eps_inside", ["eps outside the root"]),
        ("corrected_means_kept", ["the running means"]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    failed = failed_items(exercise, answer.function)
    assert [item for item in failed if item != LAST] == items
