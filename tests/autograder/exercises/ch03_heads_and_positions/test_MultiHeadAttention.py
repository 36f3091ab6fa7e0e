# ruff: noqa: N999 - named as the exercise is
import pytest
from torch import nn

from autograder.exercises.ch03_heads_and_positions.MultiHeadAttention import exercise

from ..at_work import assert_right, assert_wrong_and_named, judge_function, names


@pytest.mark.parametrize("answer", exercise.alternatives, ids=names(exercise.alternatives))
def test_a_right_answer_gets_all_points(answer):
    assert_right(exercise, answer)


@pytest.mark.parametrize("answer", exercise.misconceptions, ids=names(exercise.misconceptions))
def test_a_misconception_fails_and_is_named(answer):
    assert_wrong_and_named(exercise, answer)


right = exercise.alternatives[0].function


class WithOneBias(right):
    def __init__(self, d_model, n_heads):
        super().__init__(d_model, n_heads)
        self.to_out = nn.Linear(d_model, d_model)


class WithAnotherName(right):
    def __init__(self, d_model, n_heads):
        super().__init__(d_model, n_heads)
        self.project = nn.Linear(d_model, d_model, bias=False)


def test_a_bias_is_told_in_words_that_are_not_torchs():
    item = judge_function(exercise, WithOneBias).items[0]
    assert item.message == "the four layers have no bias: `nn.Linear(…, bias=False)`"
    assert item.example.got == "raised RuntimeError"


def test_another_fault_of_the_weights_keeps_torchs_words():
    assert "project.weight" in judge_function(exercise, WithAnotherName).items[0].message
