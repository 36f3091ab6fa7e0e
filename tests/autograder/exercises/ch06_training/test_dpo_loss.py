import pytest
import torch

from autograder.exercises.ch06_training.dpo_loss import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (lambda a, b, c, d, beta: right(a.detach(), b, c, d, beta), "far from the reference"),
        (
            lambda a, b, c, d, beta: right(a, b.detach(), c, d, beta),
            "the policy learns",
        ),
        (
            lambda a, b, c, d, beta: right(a, b, c, d, beta).float(),
            "the policy learns",
        ),
        (lambda a, b, c, d, beta: right(a, b, c, d, 0.1), "beta scales the margin"),
        (lambda a, b, c, d, beta: right(a, b, c, d, beta) - 0.01, "a policy that has not moved"),
        (
            lambda a, b, c, d, beta: right(a[:1], b[:1], c[:1], d[:1], beta),
            "the mean over the pairs",
        ),
        (lambda a, b, c, d, beta: right(a, d, c, b, beta), "measured against the reference"),
    ],
    ids=[
        "chosen cut off",
        "rejected cut off",
        "float32 always",
        "beta known by heart",
        "an offset",
        "first pair only",
        "rejected ones exchanged",
    ],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)


def test_a_gradient_of_zero_for_the_reference_is_as_good_as_none():
    class Blocked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return torch.zeros_like(gradient)

    def blocking(a, b, c, d, beta):
        cut = (Blocked.apply(c) - Blocked.apply(d)) * 1.0
        return torch.logaddexp(torch.zeros_like(a), -beta * (a - b - cut)).mean()

    assert judge_function(exercise, blocking).points == exercise.points


def test_forgetting_to_cut_the_reference_off_costs_one_point():
    wrong = next(one for one in exercise.misconceptions if one.name == "reference_learns")
    assert failed_items(exercise, wrong.function) == ["the reference does not learn"]
