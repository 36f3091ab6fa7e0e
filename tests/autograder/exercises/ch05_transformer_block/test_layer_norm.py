import pytest
import torch

from autograder.exercises.ch05_transformer_block.layer_norm import exercise

from ..at_work import assert_right, assert_wrong_and_named, failed_items, names


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
        (lambda x, gamma, beta, eps: right(x, gamma, beta, 1e-5), ["eps is added to the variance"]),
        (lambda x, gamma, beta, eps: right(x, gamma, 0 * beta, eps), ["gain and bias"]),
        (lambda x, gamma, beta, eps: right(x.detach(), gamma, beta, eps), ["everything learns"]),
        (lambda x, gamma, beta, eps: right(x, gamma, beta, eps).float(), ["everything learns"]),
        (
            lambda x, gamma, beta, eps: right(x.half(), gamma, beta, eps).float(),
            ["each row has mean 0 and variance 1", "rows far from 0"],
        ),
    ],
    ids=["eps known by heart", "no bias", "cut off", "float32 always", "half precision"],
)
def test_another_mistake_loses_the_points_of_its_items(wrong, lost):
    assert {*lost} <= {*failed_items(exercise, wrong)}


def test_centring_in_place_changes_the_input():
    def in_place(x, gamma, beta, eps):
        with torch.no_grad():
            x -= x.mean(-1, keepdim=True)
        return right(x, gamma, beta, eps)

    assert failed_items(exercise, in_place) == ["everything learns"]
