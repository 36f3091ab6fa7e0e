import pytest
import torch

from autograder.exercises.ch05_transformer_block.swiglu import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


def test_relu_in_the_place_of_the_gate_fails():
    def with_relu(x, W_gate, W_up, W_down):
        return (torch.relu(x @ W_gate) * (x @ W_up)) @ W_down

    assert "one projection is the gate of the other" in failed_items(exercise, with_relu)


def test_a_gate_that_is_kept_from_overflowing_by_a_limit_is_right():
    def with_a_limit(x, W_gate, W_up, W_down):
        z = x @ W_gate
        return (z / (1 + torch.exp(-z.clamp(-60, 60))) * (x @ W_up)) @ W_down

    assert failed_items(exercise, with_a_limit) == []


def test_a_matrix_that_gets_no_gradient_costs_the_items_about_gradients():
    def frozen(x, W_gate, W_up, W_down):
        return right(x, W_gate, W_up.detach(), W_down)

    assert failed_items(exercise, frozen) == ["gates far from 0", "everything learns"]
