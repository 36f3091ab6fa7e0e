import pytest
import torch

from autograder.exercises.ch06_training.compute_optimal import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


@pytest.mark.parametrize(
    "wrong",
    [
        lambda flops, coefficients: list(right(flops, coefficients)),
        lambda flops, coefficients: tuple(map(torch.tensor, right(flops, coefficients))),
        lambda flops, coefficients: tuple(map(round, right(flops, coefficients))),
        lambda flops, coefficients: (float("nan"), 1.0),
        lambda flops, coefficients: (-1.0, -flops / 6),
    ],
    ids=["a list", "tensors", "whole numbers", "nan", "below 0"],
)
def test_what_is_no_pair_of_sizes_gets_no_points_for_the_budget(wrong):
    assert "the whole budget is spent" in failed_items(exercise, wrong)


@pytest.mark.parametrize(
    ("wrong", "lost"),
    [
        (
            lambda flops, coefficients: tuple(1.01 * one for one in right(flops, coefficients)),
            "the whole budget is spent",
        ),
        (
            lambda flops, coefficients: (
                1.01 * right(flops, coefficients)[0],
                right(flops, coefficients)[1] / 1.01,
            ),
            "no other split of the budget is better",
        ),
        (
            lambda flops, coefficients: right(min(flops, 1e20), coefficients),
            "a larger budget goes where the loss falls more slowly",
        ),
        (
            lambda flops, coefficients: right(coefficients[0] * flops, coefficients),
            "terms of one shape share evenly",
        ),
    ],
    ids=["overspent", "near the best", "never large", "the floor takes part"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
