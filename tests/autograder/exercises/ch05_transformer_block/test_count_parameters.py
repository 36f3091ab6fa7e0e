import pytest

from autograder.exercises.ch05_transformer_block.count_parameters import exercise

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
        (lambda config: float(right(config)), "without biases"),
        (lambda config: right(config) + config.d_model, "without biases"),
        (lambda config: right(config) + config.bias * config.d_ff, "with biases"),
        (lambda config: right(config) - (not config.tied), "the output head"),
        (lambda config: right(config) + (right(config) > 2**53), "sizes of today"),
    ],
    ids=["a float", "a norm too many", "a bias too many", "one less", "beyond a float"],
)
def test_another_mistake_loses_the_points_of_its_item(wrong, lost):
    assert lost in failed_items(exercise, wrong)
