import pytest
import torch

from autograder.exercises.ch09_where_next.diffusion_noise import exercise
from autograder.judge import judge_exercise
from autograder.sandbox.agent import Agent

from ..at_work import assert_right, assert_wrong_and_named, judge_cell, names

SHARES, TIMES, ZERO, BACK, LAST = [item.name for item in exercise.items]


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_the_example_worked_by_hand(answer):
    add_noise, predict_x0 = answer.function()
    # √0.64 = 0.8 and √0.36 = 0.6; at the second time it is the other way round.
    alpha_bar = torch.tensor([0.64, 0.36], dtype=torch.float64)
    x0, noise = torch.full((2, 1), 10.0).double(), torch.full((2, 1), 5.0).double()
    x_t, t = torch.tensor([[11.0], [10.0]], dtype=torch.float64), torch.tensor([0, 1])
    torch.testing.assert_close(add_noise(x0, t, noise, alpha_bar), x_t)
    torch.testing.assert_close(predict_x0(x_t, t, noise, alpha_bar), x0)


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_many_small_steps_are_one_large_one(answer):
    """What a right answer adds at once has the mean and the variance of a chain of steps."""
    add_noise, _ = answer.function()
    betas = torch.tensor([0.1, 0.3, 0.2], dtype=torch.float64)
    alpha_bar = (1 - betas).cumprod(0)
    mean, variance = torch.ones((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    one, none = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    for step, beta in enumerate(betas):
        mean, variance = (1 - beta).sqrt() * mean, (1 - beta) * variance + beta
        t = torch.tensor([step])
        torch.testing.assert_close(add_noise(one, t, none, alpha_bar), mean[None])
        torch.testing.assert_close(add_noise(none, t, one, alpha_bar), variance.sqrt()[None])


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_there_and_back_with_memory_that_does_not_lie_in_order(answer):
    add_noise, predict_x0 = answer.function()
    generator = torch.Generator().manual_seed(5)
    x0, noise = (
        torch.randn(3, 6, 5, 4, generator=generator, dtype=torch.float64).permute(3, 0, 2, 1)
        for _ in range(2)
    )
    alpha_bar, t = torch.linspace(0.9, 0.1, 7, dtype=torch.float64), torch.tensor([6, 0, 3, 3])
    x_t = add_noise(x0, t, noise, alpha_bar)
    torch.testing.assert_close(predict_x0(x_t, t, noise, alpha_bar), x0, rtol=1e-12, atol=1e-12)


def failed_items(add_noise, predict_x0):
    functions = {"add_noise": add_noise, "predict_x0": predict_x0}
    verdict = judge_exercise(exercise, Agent(functions).answer, 1)
    return [item.name for item in verdict.items if not item.passed]


there, back = exercise.alternatives[0].function()


def test_each_function_is_judged_for_itself():
    def nothing(*given):
        return None

    assert failed_items(there, nothing) == [ZERO, BACK, LAST]
    assert failed_items(nothing, back) == [SHARES, TIMES, ZERO, LAST]


@pytest.mark.parametrize("cut", [lambda x: x.detach(), lambda x: x.float()])
def test_results_cut_off_or_rounded_lose_the_points_of_that_alone(cut):
    assert failed_items(lambda *given: cut(there(*given)), back) == [LAST]
    assert failed_items(there, lambda *given: cut(back(*given))) == [LAST]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("no_roots", [SHARES, TIMES, ZERO, BACK, LAST]),
        ("one_less_the_root", [SHARES, TIMES, ZERO, BACK, LAST]),
        ("one_time_for_all", [TIMES, BACK, LAST]),
        ("not_divided", [BACK, LAST]),
        ("counted_from_one", [SHARES, TIMES, ZERO, BACK, LAST]),
    ],
)
def test_a_mistake_costs_the_points_of_what_it_is_about(name, items):
    (answer,) = (one for one in exercise.misconceptions if one.name == name)
    verdict = judge_cell(exercise, answer.as_cell(exercise.exports))
    assert [item.name for item in verdict.items if not item.passed] == items
